package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"pushstream/internal/share"
)

// Bounds of a password, in characters.
const (
	MinPassword = 12
	MaxPassword = 256
)

// ErrPassword is a password that can't be one.
var ErrPassword = fmt.Errorf("a password is %d to %d characters, and not the user's name", MinPassword, MaxPassword)

// Cost is what a look at a password costs, by argon2id.
type Cost struct {
	MemoryKiB uint32
	Time      uint32 // passes over the memory
	Threads   uint8
}

// DefaultCost is OWASP's: 25 ms of a core here.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
var DefaultCost = Cost{MemoryKiB: 19 << 10, Time: 2, Threads: 1}

// checkPassword says whether a text may be the password of a user.
func checkPassword(name, password string) error {
	n := utf8.RuneCountInString(password)
	if n < MinPassword || n > MaxPassword || !utf8.ValidString(password) || strings.EqualFold(password, name) {
		return ErrPassword
	}
	return nil
}

// hasher hashes passwords, a few at the same time.
type hasher struct {
	params *argon2id.Params
	line   *share.Line // of who waits for it
	nobody string      // what the password of an unknown user is held against
}

func newHasher(c Cost, places int) *hasher {
	return &hasher{
		params: &argon2id.Params{Memory: c.MemoryKiB, Iterations: c.Time, Parallelism: c.Threads, SaltLength: 16, KeyLength: 32},
		line:   share.NewLine(share.LineOptions{Places: places, Waiting: maxWaiting, Whole: true}),
		nobody: fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", c.MemoryKiB, c.Time, c.Threads, strings.Repeat("A", 22), strings.Repeat("A", 43)),
	}
}

// hash is for whoever has a place.
func (h *hasher) hash(password string) (string, error) {
	return argon2id.CreateHash(password, h.params)
}

// check reports whether a password is the hashed one, and whether that was hashed at
// another cost than ours. It is for whoever has a place.
func (h *hasher) check(password, hashed string) (ok, outdated bool, err error) {
	p, _, _, err := argon2id.DecodeHash(hashed)
	if err != nil {
		return false, false, err
	}
	if p.Iterations < 1 || p.Iterations > 100 || p.Parallelism < 1 || p.Memory > 1<<20 || p.SaltLength < 8 || p.KeyLength < 16 {
		return false, false, errors.New("a cost out of bounds") // argon2 would panic, or never end
	}
	ok, err = argon2id.ComparePasswordAndHash(password, hashed)
	return ok, *p != *h.params, err
}

// hashPassword checks a new password of a user, and hashes it.
func (s *Store) hashPassword(ctx context.Context, name, password string) (string, error) {
	if err := checkPassword(name, password); err != nil {
		return "", err
	}
	leave, err := queue(ctx, s.hasher.line, share.Who{Party: name, Ahead: true})
	if err != nil {
		return "", err
	}
	defer leave()
	return s.hasher.hash(password)
}
