package stream

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

// ErrNoWorker says that no worker has a name, and none of that name is paused.
var ErrNoWorker = errors.New("no such worker")

// Control is what people do to a running pushstream: pause and resume its
// workers, end a hold, redrive and cancel pushes, restore suppressed tokens. All of it
// is written to Redis, where the consumers find it.
type Control struct {
	rdb  redis.UniversalClient
	keys pushlog.Keys
}

// NewControl returns the control of the keys in rdb.
func NewControl(rdb redis.UniversalClient, keys pushlog.Keys) *Control {
	return &Control{rdb: rdb, keys: keys}
}

// Pause has a worker (by its instance's name), or all of them if name is empty,
// read and start nothing more; Resume ends that. They obey within a second. What
// is in flight finishes, the rest is released. The order stays in Redis until
// it is taken back, whatever restarts meanwhile. A worker goes on only if neither
// it nor everyone is paused. ErrNoWorker if there is no such worker.
func (c *Control) Pause(ctx context.Context, name string) error { return c.desire(ctx, name, true) }

// Resume: see Pause.
func (c *Control) Resume(ctx context.Context, name string) error { return c.desire(ctx, name, false) }

func (c *Control) desire(ctx context.Context, name string, pause bool) error {
	if name != "" {
		workers, err := c.Workers(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(workers, func(w Worker) bool { return w.Name == name }) {
			return ErrNoWorker
		}
	}
	field := cmp.Or(name, everyone)
	var err error
	if pause {
		err = c.rdb.HSet(ctx, controlKey(c.keys), field, paused).Err()
	} else {
		err = c.rdb.HDel(ctx, controlKey(c.keys), field).Err()
	}
	if err != nil {
		return fmt.Errorf("write control: %w", err)
	}
	return nil
}

// PausedAll reports whether all workers are to pause.
func (c *Control) PausedAll(ctx context.Context) (bool, error) {
	is, err := c.rdb.HExists(ctx, controlKey(c.keys), everyone).Result()
	if err != nil {
		return false, fmt.Errorf("read control: %w", err)
	}
	return is, nil
}

// Holds returns why sending is held, for each project that consumers have sent to within a day.
func (c *Control) Holds(ctx context.Context) ([]Hold, error) {
	projects, err := c.projects(ctx)
	if err != nil {
		return nil, err
	}
	holds := []Hold{}
	for _, project := range projects {
		h, err := readHold(ctx, c.rdb, c.keys, project)
		if err != nil {
			return nil, err
		}
		if h != nil {
			holds = append(holds, *h)
		}
	}
	return holds, nil
}

// EndHold ends the hold of a project by hand; sending begins slowly. It reports
// whether there was one. If FCM's trouble goes on, so will the hold.
func (c *Control) EndHold(ctx context.Context, project string) (bool, error) {
	h, err := readHold(ctx, c.rdb, c.keys, project)
	if err != nil || h == nil {
		return false, err
	}
	return endHold(ctx, c.rdb, c.keys, project, DefaultRampUp, oneHold)
}

// projects are those that consumers have sent to of late.
func (c *Control) projects(ctx context.Context) ([]string, error) {
	projects, err := c.rdb.ZRange(ctx, projectsKey(c.keys), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	slices.Sort(projects)
	return projects, nil
}

// Change is what redrive or cancel made of one push.
type Change string

// The changes, and why there was none. A push that has ended otherwise is
// answered with its state.
const (
	ChangeQueued     Change = "queued"     // redriven, or sent at once
	ChangeScheduled  Change = "scheduled"  // moved to another time
	ChangeCancelled  Change = "cancelled"  // cancelled, now or before
	ChangeMissing    Change = "missing"    // no such push
	ChangeInFlight   Change = "in_hand"    // too late to cancel: some consumer may be sending it
	ChangeWaiting    Change = "waiting"    // queued already: nothing to redrive
	ChangeUnsendable Change = "unsendable" // it never was a job that could be read
)

var redriveScript = library.Load("redrive", redisscript.Adds, redisscript.Names{Keys: "jobs urgent events index", Args: "K events_cap default_ttl operation", Each: "id"})

// Redrive queues pushes that failed, expired or were cancelled once more, each
// with its whole ttl, and says for each what became of it. A push that was sent,
// or that has not ended, stays as it is.
func (c *Control) Redrive(ctx context.Context, ids ...string) ([]Change, error) {
	return c.RedriveAs(ctx, operation(), ids...)
}

// RedriveAs is Redrive in the name of an operation, which redrives no push twice.
func (c *Control) RedriveAs(ctx context.Context, op string, ids ...string) ([]Change, error) {
	return c.change(ctx, ids, func(p pushlog.Partition) redisscript.Call {
		return redriveScript.Call([]string{jobsKey(p), urgentKey(p), eventsKey(p), p.Index()},
			p.Base, eventsCap, push.DefaultTTL, op)
	})
}

var cancelScript = library.Load("cancel", redisscript.Writes, redisscript.Names{Keys: "jobs urgent due events index", Args: "K group unassigned events_cap", Each: "id"})

// Cancel ends pushes that are waiting and not in flight, and says for each what
// became of it.
func (c *Control) Cancel(ctx context.Context, ids ...string) ([]Change, error) {
	return c.change(ctx, ids, func(p pushlog.Partition) redisscript.Call {
		return cancelScript.Call([]string{jobsKey(p), urgentKey(p), dueKey(p), eventsKey(p), p.Index()},
			p.Base, Group, unassigned, eventsCap)
	})
}

// change runs a script over ids; head is the call without them.
func (c *Control) change(ctx context.Context, ids []string, head func(pushlog.Partition) redisscript.Call) ([]Change, error) {
	var b redisscript.Batch[int]
	for i, id := range ids {
		b.Add(head(c.keys.Of(id)), i, id)
	}
	err := b.Run(ctx, c.rdb)
	if isExhausted(err) { // it has changed nothing; what others have changed they answer again
		if err = fixAllIDs(ctx, c.rdb, c.keys, zap.NewNop()); err == nil {
			err = b.Run(ctx, c.rdb)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("change pushes: %w", err)
	}
	changes := make([]Change, len(ids))
	for i, answer := range b.Answers() {
		text, ok := answer.(string)
		if !ok {
			return nil, fmt.Errorf("change pushes: unexpected answer %T", answer)
		}
		changes[i] = Change(text)
	}
	return changes, nil
}

// operation is a name for one operation, so that a script that is run twice can
// tell.
func operation() string {
	b := make([]byte, 6)
	rand.Read(b) // never fails: crypto/rand
	return hex.EncodeToString(b)
}
