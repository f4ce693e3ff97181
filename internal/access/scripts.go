package access

import (
	"context"
	"embed"

	"pushstream/internal/redisscript"
)

//go:embed lua/*.lua lua/include/*.lua
var lua embed.FS

// See the head of each file for its contract.
var (
	addUserScript     = load("add_user", names{Keys: "users user", Args: "name role reveal password created_by now_ms most only_first"})
	setRoleScript     = load("set_role", names{Keys: "users user", Args: "K name role reveal"})
	setDisabledScript = load("set_disabled", names{Keys: "users user", Args: "K name disabled"})
	setPasswordScript = load("set_password", names{Keys: "user", Args: "K name password now_ms"})
	tryScript         = load("try", names{Keys: "known devices failed_pair failed_user failed_address failed", Args: "K now_ms network life_ms known_ms most pair_free pair_ms device_free device_ms address_free address_ms early_burst early_each early_queue late_burst late_each late_queue", Rest: "device"})
	judgeScript       = load("judge", names{Keys: "known failed_pair failed_user failed_address failed", Args: "K now_ms network what device lane each_ms address is_known life_ms most known_ms most_known free longest_ms"})
	rememberScript    = load("remember", names{Keys: "session devices", Args: "now_ms life_ms most new_id", Rest: "claimed"})
	startScript       = load("start", names{Keys: "user session sessions", Args: "K id name how password new_hash address user_agent now_ms longest_ms idle_ms most"})
	sessionScript     = load("session", sessionNames)
	endScript         = load("end", names{Keys: "key", Args: "K name id"})
	addTokenScript    = load("add_token", names{Keys: "tokens token", Args: "K id name scopes created_by created_ms now_ms expires_ms shown_ms most owner most_owned"})
	tokenScript       = load("token", tokenNames)
	removeTokenScript = load("remove_token", names{Keys: "tokens", Args: "K name"})
	giveTokenScript   = load("give_token", names{Keys: "tokens user", Args: "K name owner"})
	admitScript       = load("admit", names{Keys: "users user", Args: "name subject role reveal now_ms most"})
	askScript         = load("ask", names{Keys: "asked alarm", Args: "now_ms kind word way few most_near window_ms most_minute most_hour most_words life_ms alarm_ms"})
)

// library has the scripts of the folder lua, which compute names of keys of these kinds.
var library = redisscript.New("access", []string{":users", ":user:x", ":session:x", ":sessions:x", ":token:x"}, lua)

type names = redisscript.Names

// load: when Redis is out of memory, an administrator must still be able to log in.
func load(name string, n names) *redisscript.Script { return library.Load(name, redisscript.Writes, n) }

// verdict runs a script that answers with a word, and returns the error that it
// stands for; bad are those words.
func (s *Store) verdict(ctx context.Context, script *redisscript.Script, bad map[string]error, keys []string, args ...any) error {
	answer, err := script.Run(ctx, s.rdb, keys, args...)
	if err != nil {
		return err
	}
	if word, ok := answer.(string); ok {
		return bad[word]
	}
	return nil
}
