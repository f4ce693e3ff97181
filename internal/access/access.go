package access

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/share"
)

// Errors of this package; see also ThrottledError and LoginError.
var (
	ErrName        = errors.New("a name is 1 to 64 characters of A-Z a-z 0-9 . _ @ -")
	ErrRole        = errors.New("a role is viewer, operator or admin")
	ErrUserExists  = errors.New("there is a user of that name")
	ErrNoUser      = errors.New("unknown user")
	ErrLastAdmin   = errors.New("this is the last enabled administrator")
	ErrOIDCUser    = errors.New("this user comes from single sign-on, and has neither password nor role here")
	ErrFull        = errors.New("there are too many")
	ErrNoSession   = errors.New("unknown session, or it has ended")
	ErrTokenExists = errors.New("there is a token of that name")
	ErrNoToken     = errors.New("unknown token, or it has expired")
	ErrStopped     = fmt.Errorf("%w: the user who owns it is disabled; an administrator can give it another owner", ErrNoToken)
	ErrDisabled    = errors.New("this user is disabled")
	ErrExpired     = fmt.Errorf("%w: it has expired; make a new one", ErrNoToken)
	ErrScope       = errors.New("scopes are one or more of read, export, change, send, control, audit, settings, submit")
	ErrExpires     = errors.New("a token must expire, in at most 400 days; with the scope submit alone, it need not, or expires in at most 10 years")
)

// Options tune a Store; what is zero takes its default.
type Options struct {
	Now      func() time.Time // time.Now; and Redis's clock for the throttle of logins
	Cost     Cost             // DefaultCost
	Hashes   int              // passwords looked at in the same moment, each with its memory; 2
	Idle     time.Duration    // after which an unused session ends; 30 min
	Absolute time.Duration    // after which every session ends; 12 h
}

// Store keeps users, sessions and tokens.
type Store struct {
	admin  atomic.Value // name of the administrator whom CheckAdmin found last
	rdb    redis.UniversalClient
	keys   keys
	oldKey string // the hash with producer keys
	opt    Options
	hasher *hasher
	asking *share.Line // of who asks whether they may try a password
	redis  bool        // Redis's clock decides how long to wait
}

// New returns the store below a key prefix.
func New(rdb redis.UniversalClient, prefix string, opt Options) *Store {
	own := opt.Now == nil
	if own {
		opt.Now = time.Now
	}
	opt.Cost = cmp.Or(opt.Cost, DefaultCost)
	opt.Hashes = cmp.Or(opt.Hashes, 2)
	opt.Idle = cmp.Or(opt.Idle, 30*time.Minute)
	opt.Absolute = cmp.Or(opt.Absolute, 12*time.Hour)
	return &Store{rdb: rdb, keys: newKeys(prefix), oldKey: oldKeys(prefix), opt: opt, hasher: newHasher(opt.Cost, opt.Hashes), redis: own,
		asking: share.NewLine(share.LineOptions{Places: maxAsking, Waiting: maxWaiting, Whole: true})}
}

func (s *Store) now() int64 { return s.opt.Now().UnixMilli() }

// moment is now for the scripts of the throttle: empty, so that Redis's clock decides.
func (s *Store) moment() any {
	if s.redis {
		return ""
	}
	return s.now()
}

// noteEvery is how often at most the use of a session or token is noted.
const noteEvery = time.Minute

var validName = regexp.MustCompile(`^[a-z0-9._@-]{1,64}$`)

// canonical is a name as it is kept, or ErrName.
func canonical(name string) (string, error) {
	if len(name) > 64 {
		return "", ErrName
	}
	for i := range len(name) { // strings.ToLower knows letters beyond ASCII that become ASCII
		if name[i] > unicode.MaxASCII {
			return "", ErrName
		}
	}
	if name = strings.ToLower(name); !validName.MatchString(name) {
		return "", ErrName
	}
	return name, nil
}

// Canonical is a name as it is kept; one that can't be a name stays as it is.
func Canonical(name string) string {
	if kept, err := canonical(name); err == nil {
		return kept
	}
	return name
}

const secretLength = 43

// newSecret is 32 random bytes as text of secretLength.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// clip makes a text of somebody else's one that can be kept and shown: printable,
// and of at most n characters.
func clip(s string, n int) string {
	if len(s) > 4*n {
		s = s[:4*n]
	}
	r := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s))
	return string(r[:min(n, len(r))])
}

// msTime reads milliseconds since 1970; what is none is the zero time.
func msTime(s string) time.Time {
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// flag is a bool as it is kept.
func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// Idle is how long a session lives without being used.
func (s *Store) Idle() time.Duration { return s.opt.Idle }
