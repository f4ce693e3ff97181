package audit

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redisscript"
)

//go:embed lua/*.lua
var lua embed.FS

// See the head of each file for its contract.
var (
	beginScript = load("begin", redisscript.Names{Keys: "entries", Args: "operation", Rest: "field value"})
	endScript   = load("end", redisscript.Names{Keys: "entries outcomes", Args: "id outcome"})
	trimScript  = load("trim", redisscript.Names{Keys: "entries outcomes", Args: "keep_ms most"})
)

// library has the scripts of the folder lua.
var library = redisscript.New("audit", nil, lua)

// load: when Redis is out of memory, what mends that must be possible, and so audited.
func load(name string, names redisscript.Names) *redisscript.Script {
	return library.Load(name, redisscript.Writes, names)
}

// Errors of this package.
var (
	ErrNoEntry = errors.New("no such entry in the audit log")
	ErrEnded   = errors.New("the entry has another outcome already")
	ErrCursor  = errors.New("a cursor is the id of an entry")
)

// Options tune a Log; what is zero takes its default.
type Options struct {
	Keep time.Duration // how long an entry stays; 731 days
}

// Log is the audit log.
type Log struct {
	rdb  redis.UniversalClient
	keys keys
	opt  Options
}

// New returns the log below a key prefix.
func New(rdb redis.UniversalClient, prefix string, opt Options) *Log {
	opt.Keep = cmp.Or(opt.Keep, 731*24*time.Hour)
	return &Log{rdb: rdb, keys: newKeys(prefix), opt: opt}
}

// Begin writes an entry and returns its id. If it fails, the action must not happen.
// ID, At and the outcome are not the caller's.
func (l *Log) Begin(ctx context.Context, e Entry) (id string, err error) {
	fields, err := e.fields()
	if err != nil {
		return "", fmt.Errorf("audit: %w", err)
	}
	answer, err := beginScript.Run(ctx, l.rdb, []string{l.keys.entries()}, append([]any{rand.Text()}, fields...)...)
	id, _ = answer.(string)
	if err != nil {
		return "", fmt.Errorf("write to the audit log: %w", err)
	}
	return id, nil
}

// endTimeout bounds End, which does not end with its caller's context.
const endTimeout = 5 * time.Second

// End writes down what came of an entry's action, once, also if ctx has ended:
// ErrNoEntry, ErrEnded.
func (l *Log) End(ctx context.Context, id string, outcome Outcome, result map[string]string) error {
	if !validID.MatchString(id) {
		return ErrNoEntry
	}
	if outcome == Unknown || !slices.Contains(Outcomes(), outcome) {
		return fmt.Errorf("audit: unknown outcome %.80q", outcome) // a bug of the caller
	}
	details, err := writeDetails(result)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	answer, err := endScript.Run(ctx, l.rdb, []string{l.keys.entries(), l.keys.outcomes()}, id, string(outcome)+" "+details)
	if err != nil {
		return fmt.Errorf("write to the audit log: %w", err)
	}
	word, _ := answer.(string)
	return map[string]error{"unknown": ErrNoEntry, "other": ErrEnded}[word]
}

// validID is an id as Redis writes it: it reads 1-01 as well, which is no field of the
// outcomes.
var validID = regexp.MustCompile(`^[1-9][0-9]{0,14}-(0|[1-9][0-9]{0,14})$`)

// ValidID reports whether a text can be the id of an entry.
func ValidID(id string) bool { return validID.MatchString(id) }
