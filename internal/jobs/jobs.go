package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
	"pushstream/internal/stream"
)

const (
	maxOpen  = 10
	maxJobs  = 200                // that are remembered
	life     = 7 * 24 * time.Hour // of one that has ended; of one on which no process works, too
	listLife = 2 * life
	lease    = 10 * time.Second // after which another process goes on
)

// Engine orders jobs, tells how far they are, and, while Run runs, works on them.
type Engine struct {
	rdb      redis.UniversalClient
	keys     pushlog.Keys
	log      *pushlog.Log
	changers map[Kind]Changer
	name     string // of this process
	lease    time.Duration
	logger   *zap.Logger

	// Of Run.
	failing map[failed]int // failures of a job in a partition in a row
	adopted time.Time      // when it looked for jobs of the version before
	trouble struct {
		sync.Mutex
		last time.Time
	}
}

// New returns the engine of the keys in rdb. name is that of the process, as
// stream.NewName makes it; it works on jobs while Run runs.
func New(rdb redis.UniversalClient, keys pushlog.Keys, name string, logger *zap.Logger) *Engine {
	control := stream.NewControl(rdb, keys)
	return &Engine{rdb: rdb, keys: keys, log: pushlog.New(rdb, keys), name: name, lease: lease, failing: map[failed]int{},
		logger: logger.Named("jobs"), changers: map[Kind]Changer{
			Redrive: changer(control.RedriveAs),
			Cancel: changer(func(ctx context.Context, _ string, ids ...string) ([]stream.Change, error) {
				return control.Cancel(ctx, ids...)
			}),
		}}
}

// validID is what an id of a job looks like.
var validID = regexp.MustCompile(`^[0-9a-f]{12}$`)

// ValidID reports whether a text may be the id of a job.
func ValidID(id string) bool { return validID.MatchString(id) }

// newID is an id that no other job has.
func newID() string {
	b := make([]byte, 6)
	rand.Read(b) // never fails: crypto/rand
	return hex.EncodeToString(b)
}

// Order orders a job. pushlog.ErrFilter if its filter makes no sense, ErrTooMany if there
// are too many already, ErrDiffers if there is one of its id that does something else.
func (e *Engine) Order(ctx context.Context, o Order) (*Job, error) {
	if err := o.Kind.check(o.Filter); err != nil {
		return nil, err
	}
	filter, err := json.Marshal(newFilter(o.Filter))
	if err != nil {
		return nil, fmt.Errorf("write the filter: %w", err)
	}
	newest, err := newestAccepted(ctx, e.rdb, e.keys)
	if err != nil {
		return nil, err
	}
	id := cmp.Or(o.ID, newID())
	answer, err := orderScript.Run(ctx, e.rdb, e.keysOf(id),
		jobKey(e.keys, ""), id, maxOpen, maxJobs, life.Milliseconds(), listLife.Milliseconds(), newest, e.keys.Partitions,
		"kind", string(o.Kind), "filter", string(filter), "by", o.By, "reason", o.Reason, "of", o.Of, "oldest", o.Oldest)
	if err != nil {
		return nil, fmt.Errorf("order a job: %w", err)
	}
	if answer != int64(1) {
		return nil, ErrTooMany
	}
	j, err := e.Get(ctx, id)
	if err == nil && (j.Kind != o.Kind || j.ordered != string(filter)) {
		return nil, ErrDiffers
	}
	return j, err
}

// Get returns a job; ErrNone if there is none.
func (e *Engine) Get(ctx context.Context, id string) (*Job, error) {
	jobs, err := e.read(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(jobs) == 0 {
		return nil, ErrNone
	}
	return &jobs[0], nil
}

// List returns all jobs that are remembered, the newest first.
func (e *Engine) List(ctx context.Context) ([]Job, error) {
	ids, err := e.rdb.ZRangeArgs(ctx, redis.ZRangeArgs{Key: listKey(e.keys), Stop: maxJobs - 1, Start: 0, Rev: true}).Result()
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return e.read(ctx, ids...)
}

// read reads those of some jobs that there are.
func (e *Engine) read(ctx context.Context, ids ...string) ([]Job, error) {
	jobs := []Job{}
	if len(ids) == 0 {
		return jobs, nil
	}
	now, err := redisclock.Time(ctx, e.rdb, listKey(e.keys))
	if err != nil {
		return nil, err
	}
	pipe := e.rdb.Pipeline()
	hashes := make([]*redis.MapStringStringCmd, len(ids))
	for i, id := range ids {
		hashes[i] = pipe.HGetAll(ctx, jobKey(e.keys, id))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	for i, id := range ids {
		h := hashes[i].Val()
		if h["state"] == "" {
			continue
		}
		j := parse(id, h)
		if j.State == Running && !e.leased(h["lease_ms"], now) {
			j.State = Interrupted
		}
		jobs = append(jobs, *j)
	}
	return jobs, nil
}

// leased reports whether a lease that ends at a time in ms has not ended. One that ends
// later than it may has: Redis's clock was set back.
func (e *Engine) leased(ms string, now time.Time) bool {
	left := time.UnixMilli(number(ms)).Sub(now)
	return left > 0 && left <= e.lease+time.Second
}

// Cancel ends a job with the steps that are planned. What it has changed stays so.
// ErrNone if there is none, ErrEnded if it has ended.
func (e *Engine) Cancel(ctx context.Context, id, by string) (*Job, error) {
	before, err := e.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !before.State.Open() {
		return nil, ErrEnded
	}
	if err := e.stop(ctx, id, Cancelled, by); err != nil {
		return nil, err
	}
	j, err := e.Get(ctx, id)
	if err == nil && j.CancelledAt == "" { // it ended meanwhile
		return nil, ErrEnded
	}
	return j, err
}

// keysOf are the keys of a job that every script takes.
func (e *Engine) keysOf(id string) []string {
	return []string{listKey(e.keys), openKey(e.keys), jobKey(e.keys, id)}
}

func (e *Engine) stop(ctx context.Context, id string, state State, why string) error {
	_, err := stopScript.Run(ctx, e.rdb, e.keysOf(id), string(state), why, id, life.Milliseconds(), listLife.Milliseconds())
	if err != nil {
		return fmt.Errorf("end a job: %w", err)
	}
	return nil
}
