package stream

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
)

// A bulk job redrives or cancels all pushes that a filter means, in the background. It
// is ordered by somebody, and done by the admins, whichever has time: see bulkworker.go.
//
//	           seize             advance
//	waiting ─────────▶ running ──────────▶ done
//	   │                │  ▲ │
//	   │   lease is over│  │ │quit, then advance
//	   │                ▼  │ ▼
//	   └─────quit──▶ interrupted ─▶ cancelled, failed
//
// Interrupted is no state of its own in Redis: the lease of a running job is over, and
// nobody has seized it yet.

const (
	maxOpenBulks = 10
	maxBulks     = 200                // that are remembered
	bulkLife     = 7 * 24 * time.Hour // of one that has ended; of one that nobody works on, too
	bulkListLife = 2 * bulkLife
	bulkLease    = 10 * time.Second // after which another goes on
)

// BulkKind is what a bulk job does.
type BulkKind string

// The kinds.
const (
	BulkRedrive BulkKind = "redrive"
	BulkCancel  BulkKind = "cancel"
)

// BulkKinds returns every kind.
func BulkKinds() []BulkKind { return []BulkKind{BulkRedrive, BulkCancel} }

// States returns the states that a push can be in for a bulk job of this kind to
// change it.
func (k BulkKind) States() []push.Status {
	switch k {
	case BulkRedrive:
		return push.StatusesFor(push.Redrive)
	case BulkCancel:
		return push.StatusesFor(push.Cancel)
	}
	return nil
}

// BulkState is how a bulk job is getting on.
type BulkState string

// The states of a bulk job.
const (
	BulkWaiting     BulkState = "waiting" // nobody has begun
	BulkRunning     BulkState = "running"
	BulkInterrupted BulkState = "interrupted" // who worked on it is gone; another will go on
	BulkDone        BulkState = "done"
	BulkCancelled   BulkState = "cancelled" // before it was done
	BulkFailed      BulkState = "failed"    // Redis refuses
)

// BulkStates returns every state.
func BulkStates() []BulkState {
	return []BulkState{BulkWaiting, BulkRunning, BulkInterrupted, BulkDone, BulkCancelled, BulkFailed}
}

var (
	// ErrTooManyBulks says that too many bulk jobs are not done yet.
	ErrTooManyBulks = errors.New("too many jobs are not done yet")
	// ErrNoBulk says that there is no such bulk job, or no longer.
	ErrNoBulk = errors.New("no such job")
	// ErrBulkEnded says that a bulk job can't be cancelled.
	ErrBulkEnded = errors.New("the job has ended")
	// ErrBulkDiffers says that there is another bulk job of the same id.
	ErrBulkDiffers = errors.New("another job was ordered so")
)

// BulkOrder is a bulk job as it is ordered.
type BulkOrder struct {
	ID     string // ordered twice, it is one job; empty: a new one
	Kind   BulkKind
	Filter pushlog.Filter // with some of the kind's states
	By     string         // whom to show as its author
	Reason string
	Of     int64  // pushes that it selects, as they were counted; -1: they were not
	Oldest string // accepted_at of the oldest of them, if it is known
}

// BulkJob is a bulk job: what is meant, and how far it has come.
type BulkJob struct {
	ID          string           `json:"id"`
	Kind        BulkKind         `json:"kind"`
	State       BulkState        `json:"state"`
	Filter      FlushFilter      `json:"filter"`
	By          string           `json:"by"`
	Reason      string           `json:"reason"`
	OrderedAt   string           `json:"ordered_at"` // RFC 3339, UTC; pushes that were accepted before it are meant
	StartedAt   string           `json:"started_at,omitempty"`
	EndedAt     string           `json:"ended_at,omitempty"`
	CancelledAt string           `json:"cancelled_at,omitempty"` // it ends with the step that it is at
	CancelledBy string           `json:"cancelled_by,omitempty"`
	Worker      string           `json:"worker,omitempty"`
	Of          int64            `json:"of"`               // pushes that were meant when it was ordered; -1: not counted
	Oldest      string           `json:"oldest,omitempty"` // accepted_at of the oldest of them, if it was found
	Looked      int64            `json:"looked"`           // pushes that it looked at
	Matched     int64            `json:"matched"`          // those of them that it meant
	Changes     map[Change]int64 `json:"changes"`          // and what became of those
	Error       string           `json:"error,omitempty"`

	ordered string // its filter as it was ordered
	number  int64  // pushes that were accepted before this time in ms are meant
	step    int64
	plan    bulkPlan
}

// Bulk is the bulk jobs of a pushstream.
type Bulk struct {
	rdb     redis.UniversalClient
	keys    pushlog.Keys
	control *Control
	log     *pushlog.Log
	name    string // of this worker
	lease   time.Duration
	failing map[string]int // failures of each job in a row; of Run
	logger  *zap.Logger
	trouble *trouble
}

// NewBulk returns the bulk jobs of the keys in rdb. name is that of the process, as
// NewName makes it; it works on them while Run runs.
func NewBulk(rdb redis.UniversalClient, keys pushlog.Keys, name string, logger *zap.Logger) *Bulk {
	logger = logger.Named("bulk")
	return &Bulk{rdb: rdb, keys: keys, control: NewControl(rdb, keys), log: pushlog.New(rdb, keys), name: name, lease: bulkLease,
		failing: map[string]int{}, logger: logger, trouble: &trouble{log: logger}}
}

// validBulk is what an id of a bulk job looks like.
var validBulk = regexp.MustCompile(`^[0-9a-f]{12}$`)

// ValidBulkID reports whether a text may be the id of a bulk job.
func ValidBulkID(id string) bool { return validBulk.MatchString(id) }

// check says what is wrong with what is to be done, as pushlog.ErrFilter.
func (k BulkKind) check(f pushlog.Filter) error {
	if err := f.Validate(); err != nil {
		return err
	}
	states := k.States()
	if states == nil {
		return fmt.Errorf("%w: kind must be one of %v", pushlog.ErrFilter, BulkKinds())
	}
	if len(f.Statuses) == 0 || slices.ContainsFunc(f.Statuses, func(s push.Status) bool { return !slices.Contains(states, s) }) {
		return fmt.Errorf("%w: status must be one of %v, or several", pushlog.ErrFilter, states)
	}
	return nil
}

// Order orders a bulk job. pushlog.ErrFilter if its filter makes no sense,
// ErrTooManyBulks if there are too many already, ErrBulkDiffers if there is one of its
// id that does something else.
func (b *Bulk) Order(ctx context.Context, o BulkOrder) (*BulkJob, error) {
	if err := o.Kind.check(o.Filter); err != nil {
		return nil, err
	}
	filter, err := json.Marshal(newFlushFilter(o.Filter))
	if err != nil {
		return nil, fmt.Errorf("write the filter: %w", err)
	}
	newest, err := newestAccepted(ctx, b.rdb, b.keys)
	if err != nil {
		return nil, err
	}
	id := cmp.Or(o.ID, operation())
	answers, err := run(ctx, b.rdb, call{orderScript, []string{bulksKey(b.keys), bulkKey(b.keys, id)},
		[]any{bulkKey(b.keys, ""), id, maxOpenBulks, maxBulks, bulkLife.Milliseconds(), bulkListLife.Milliseconds(), newest,
			"kind", string(o.Kind), "filter", string(filter), "by", o.By, "reason", o.Reason, "of", o.Of, "oldest", o.Oldest}})
	if err != nil {
		return nil, fmt.Errorf("order a job: %w", err)
	}
	if answers[0] != int64(1) {
		return nil, ErrTooManyBulks
	}
	j, err := b.Get(ctx, id)
	if err == nil && (j.Kind != o.Kind || j.ordered != string(filter)) {
		return nil, ErrBulkDiffers
	}
	return j, err
}

// Get returns a bulk job; ErrNoBulk if there is none.
func (b *Bulk) Get(ctx context.Context, id string) (*BulkJob, error) {
	jobs, err := b.read(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(jobs) == 0 {
		return nil, ErrNoBulk
	}
	return &jobs[0], nil
}

// List returns all bulk jobs that are remembered, the newest first.
func (b *Bulk) List(ctx context.Context) ([]BulkJob, error) {
	ids, err := b.rdb.ZRevRange(ctx, bulksKey(b.keys), 0, maxBulks-1).Result()
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return b.read(ctx, ids...)
}

// read reads those of some jobs that there are.
func (b *Bulk) read(ctx context.Context, ids ...string) ([]BulkJob, error) {
	jobs := []BulkJob{}
	if len(ids) == 0 {
		return jobs, nil
	}
	now, err := redisclock.Time(ctx, b.rdb, bulksKey(b.keys))
	if err != nil {
		return nil, err
	}
	pipe := b.rdb.Pipeline()
	hashes := make([]*redis.MapStringStringCmd, len(ids))
	for i, id := range ids {
		hashes[i] = pipe.HGetAll(ctx, bulkKey(b.keys, id))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read jobs: %w", err)
	}
	for i, id := range ids {
		h := hashes[i].Val()
		if h["state"] == "" {
			continue
		}
		j := parseBulk(id, h)
		left := time.UnixMilli(number(h["lease_ms"])).Sub(now)
		if j.State == BulkRunning && (left <= 0 || left > b.lease+time.Second) { // or it ends later than it may: the clock was set back
			j.State = BulkInterrupted
		}
		jobs = append(jobs, *j)
	}
	return jobs, nil
}

// Cancel ends a bulk job with the step that it is at. What it has changed stays so.
// ErrNoBulk if there is none, ErrBulkEnded if it has ended.
func (b *Bulk) Cancel(ctx context.Context, id, by string) (*BulkJob, error) {
	before, err := b.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !before.open() {
		return nil, ErrBulkEnded
	}
	if _, err := b.quit(ctx, id, BulkCancelled, by); err != nil {
		return nil, err
	}
	j, err := b.Get(ctx, id)
	if err == nil && j.CancelledAt == "" { // it ended meanwhile
		return nil, ErrBulkEnded
	}
	return j, err
}

func (b *Bulk) quit(ctx context.Context, id string, state BulkState, why string) (string, error) {
	answers, err := run(ctx, b.rdb, call{quitScript, []string{bulksKey(b.keys), bulkKey(b.keys, id)},
		[]any{string(state), why, bulkLife.Milliseconds(), bulkListLife.Milliseconds()}})
	if err != nil {
		return "", fmt.Errorf("end a job: %w", err)
	}
	text, _ := answers[0].(string)
	return text, nil
}

func (j *BulkJob) open() bool {
	return j.State == BulkWaiting || j.State == BulkRunning || j.State == BulkInterrupted
}

// changePrefix is that of the counts of outcomes.
const changePrefix = "change."

func parseBulk(id string, h map[string]string) *BulkJob {
	j := &BulkJob{
		ID: id, Kind: BulkKind(h["kind"]), State: BulkState(h["state"]), By: h["by"], Reason: h["reason"], OrderedAt: h["ordered_at"],
		StartedAt: h["started_at"], EndedAt: h["ended_at"], CancelledAt: h["cancel_at"], CancelledBy: h["cancel_by"], Worker: h["worker"],
		Of: number(h["of"]), Oldest: h["oldest"], Looked: number(h["looked"]), Matched: number(h["matched"]), Changes: map[Change]int64{}, Error: h["error"],
		ordered: h["filter"], number: number(h["number"]), step: number(h["step"]),
	}
	for name, n := range h {
		if change, is := strings.CutPrefix(name, changePrefix); is {
			j.Changes[Change(change)] = number(n)
		}
	}
	// A filter that names what we don't know would be taken for one that means more.
	d := json.NewDecoder(bytes.NewReader([]byte(h["filter"])))
	d.DisallowUnknownFields()
	err := d.Decode(&j.Filter)
	if err == nil {
		_, err = j.Filter.zoneOf()
	}
	if err == nil {
		err = j.Kind.check(j.Filter.filter())
	}
	if err == nil && h["plan"] != "" {
		err = json.Unmarshal([]byte(h["plan"]), &j.plan)
	}
	if err != nil && j.Error == "" {
		j.Error = fmt.Sprintf("the job can't be read: %v", err)
	}
	return j
}

// bulkPlan is a step of a bulk job before it is done. The first one has nothing to do.
type bulkPlan struct {
	Partition int      `json:"partition"`
	Place     string   `json:"place"`         // where it has looked up to
	Looked    int      `json:"looked"`        // pushes that it has looked at
	IDs       []string `json:"ids,omitempty"` // those that it means
	End       bool     `json:"end,omitempty"` // there is nothing after it
}

func (p *bulkPlan) String() string {
	text, _ := json.Marshal(p) // numbers and texts always marshal
	return string(text)
}

// outcomes are the arguments of advance.lua for the outcomes of a step.
func outcomes(changes []Change) []any {
	counts := map[Change]int{}
	for _, c := range changes {
		counts[c]++
	}
	var args []any
	for c, n := range counts {
		args = append(args, string(c), strconv.Itoa(n))
	}
	return args
}
