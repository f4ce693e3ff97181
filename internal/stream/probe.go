package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

// probeLife is how long the key of a probe lives.
const probeLife = time.Minute

var (
	rightsScript = library.Load("rights", redisscript.Reads, redisscript.Names{Keys: "jobs", Args: "number", Rest: "name"})
	probeNames   = redisscript.Names{Keys: "probe jobs", Args: "K life_ms"}
	// The probe of a process that only adds, which a full Redis refuses; and of one whose
	// work goes on then.
	probeAddScript = library.Load("probe", redisscript.Adds, probeNames)
	probeScript    = library.Load("probe", redisscript.Writes, probeNames)
)

// ErrRights says that the Redis user may not do what a process needs; the error around
// it names commands and keys.
var ErrRights = errors.New("the Redis user lacks rights")

// ErrKeyType says that shared keys hold other types than they should; the error around
// it names them.
var ErrKeyType = errors.New("keys hold the wrong type")

// Role is a kind of process, by what it needs of Redis.
type Role int

// The roles.
const (
	RoleProducer Role = iota
	RoleConsumer
	RoleAdmin
)

// Commands that are called beside the scripts of this package, by internal/logkeep too. docs/operations.md lists
// all of a role; tests run everything with exactly these, and look for others in the code.
var (
	everyCommand = []string{"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "INFO", "PING", "TIME", "GET", "SET", "EXISTS", "UNLINK", "TYPE", "XGROUP CREATE", "XINFO GROUPS", "XLEN",
		"HGET", "HGETALL", "HMGET", "HKEYS", "ZSCORE", "ZMSCORE", "ZRANGE", "ZRANGEBYSCORE", "ZCARD", "ZCOUNT", "XPENDING", "XRANGE"}
	consumerCommand = []string{"XREADGROUP", "XINFO CONSUMERS", "MULTI", "EXEC", "MGET", "PTTL", "ZADD", "ZREM", "ZREMRANGEBYSCORE", "HSET", "HDEL", "HLEN", "DEL", "EXPIRE", "PEXPIRE"}
	adminCommand    = []string{"WATCH", "UNWATCH", "XREVRANGE", "XREAD", "HEXISTS", "HVALS", "HSETNX", "ZREVRANGE", "ZSCAN"}
	peopleCommand   = []string{"ZPOPMIN", "ZREMRANGEBYRANK"} // of the scripts of users, tokens and the audit log
)

// Commands are the commands that a role needs to be allowed, in upper case; a subcommand
// follows its command after a space.
func (r Role) Commands() []string {
	all := slices.Concat(everyCommand, library.Commands("accept"), library.Commands("probe"))
	if r != RoleProducer {
		all = slices.Concat(all, consumerCommand)
		for _, script := range library.Scripts() {
			all = slices.Concat(all, library.Commands(script))
		}
	}
	if r == RoleAdmin {
		all = slices.Concat(all, adminCommand, peopleCommand)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// reads comes before a key or pattern of what is only read, as in Redis's ACL.
const reads = "%R~"

// Rules are the least rights of a role's Redis user, as rules of ACL SETUSER: patterns of
// keys, and commands. No channel is among them, since nothing is published.
func (r Role) Rules(keys pushlog.Keys) []string {
	var rules []string
	under := func(before string, names ...string) {
		for _, name := range names {
			rules = append(rules, before+keys.Prefix+":"+name)
		}
	}
	switch r {
	case RoleProducer:
		under("~", "{[0-9]*}:*", "partitions", "{access}:used:*")
		under(reads, "workers", "worker:*", "control", "projects", "hold:*", "rate:*", "keys", "{access}:user:*", "{access}:token:*", "{access}:tokens")
	case RoleConsumer:
		under("~", "{[0-9]*}:*", "partitions", "project", "workers", "worker:*", "control", "projects", "flush", "{bulk}:*", "hold:*", "rate:*", "evidence:*",
			"waits:*", "suppressed:*", "{dead}:*")
	case RoleAdmin:
		under("~", "*")
	}
	for _, command := range r.Commands() {
		rules = append(rules, "+"+strings.ReplaceAll(strings.ToLower(command), " ", "|"))
	}
	return rules
}

// keysOf are one key of each kind that a role reads and writes; reads is before those
// that it only reads.
func (r Role) keysOf(keys pushlog.Keys) []string {
	all := []string{partitionsKey(keys)}
	for _, p := range []pushlog.Partition{keys.All()[0], keys.All()[keys.Partitions-1]} {
		all = append(all, jobsKey(p), urgentKey(p), dueKey(p), p.Index(), probeKey(p), redisscript.Guarded(jobsKey(p)))
		for _, sample := range samples {
			all = append(all, p.Base+sample)
		}
		if r != RoleProducer {
			all = append(all, p.Sealing(), p.Retaining(), flushingKey(p), flushedKey(p), sweepKey(p))
		}
	}
	if r != RoleProducer {
		all = append(all, projectKey(keys), workersKey(keys), workerKey(keys, "x"), controlKey(keys), projectsKey(keys), flushKey(keys),
			holdKey(keys, "x"), rateKey(keys, "x"), evidenceKey(keys, "x"), waitsKey(keys, "x"), suppressedKey(keys, "x"), suppressedWhyKey(keys, "x"), oldSuppressedKey(keys), keys.Prefix+":{bulk}:jobs")
	}
	if r == RoleProducer {
		all = append(all, reads+workersKey(keys), reads+workerKey(keys, "x"), reads+controlKey(keys), reads+projectsKey(keys), reads+holdKey(keys, "x"),
			reads+rateKey(keys, "x"), reads+keys.Prefix+":{access}:user:x", reads+keys.Prefix+":keys",
			reads+keys.Prefix+":{access}:tokens", reads+keys.Prefix+":{access}:token:x", keys.Prefix+":{access}:used:x")
	}
	if r == RoleAdmin {
		all = append(all, keys.Prefix+":keys", keys.Prefix+":{access}:users", keys.Prefix+":{audit}:entries", keys.Prefix+":{audit}:once:x", keys.Prefix+":search:x", keys.Prefix+":searches:x")
	}
	return slices.Compact(all)
}

// CheckRights asks Redis whether its user may do all that a role needs; the error is
// ErrRights with all that is missing. Nothing is written.
func CheckRights(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, role Role) error {
	commands := role.Commands()
	args := []any{len(commands)}
	for _, c := range commands {
		args = append(args, c)
	}
	for _, k := range role.keysOf(keys) {
		args = append(args, k)
	}
	answer, err := rightsScript.Run(ctx, rdb, []string{jobsKey(keys.All()[0])}, args...)
	if err != nil {
		return fmt.Errorf("check rights: %w", err)
	}
	if missing := texts(answer); len(missing) > 0 {
		return fmt.Errorf("%w: %s", ErrRights, strings.Join(missing, ", "))
	}
	return nil
}

// Probe makes a small write in every partition, as a push needs one, and looks at what
// the keys hold that all pushes share; ErrKeyType names those of another type.
func Probe(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, role Role) error {
	script := probeScript
	if role == RoleProducer {
		script = probeAddScript
	}
	var calls []redisscript.Call
	for _, p := range keys.All() {
		calls = append(calls, script.Call([]string{probeKey(p), jobsKey(p)}, p.Base, probeLife.Milliseconds()))
	}
	answers, err := redisscript.Run(ctx, rdb, calls...)
	if err != nil {
		return err
	}
	var wrong []string
	for _, a := range answers {
		wrong = append(wrong, texts(a)...)
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("%w: %s", ErrKeyType, strings.Join(wrong[:min(len(wrong), 10)], ", "))
	}
	return nil
}

// texts reads a script's list of texts.
func texts(answer any) []string {
	list, _ := answer.([]any)
	all := make([]string, 0, len(list))
	for _, one := range list {
		if s, ok := one.(string); ok {
			all = append(all, s)
		}
	}
	return all
}
