package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// State is how far a job is.
type State string

// The states of a job.
const (
	Waiting     State = "waiting" // not begun
	Running     State = "running"
	Interrupted State = "interrupted" // the process that worked on it is gone; another one goes on
	Done        State = "done"
	Cancelled   State = "cancelled" // before it was done
	Failed      State = "failed"    // Redis refuses
)

// States returns every state.
func States() []State { return []State{Waiting, Running, Interrupted, Done, Cancelled, Failed} }

// Open reports whether a job in this state has not ended.
func (s State) Open() bool { return s == Waiting || s == Running || s == Interrupted }

var (
	// ErrTooMany says that too many jobs are not done yet.
	ErrTooMany = errors.New("too many jobs are not done yet")
	// ErrNone says that there is no such job, or no longer.
	ErrNone = errors.New("no such job")
	// ErrEnded says that a job can't be cancelled.
	ErrEnded = errors.New("the job has ended")
	// ErrDiffers says that there is another job of the same id.
	ErrDiffers = errors.New("another job was ordered so")
)

// NotCounted is Order.Of of pushes that were not counted.
const NotCounted = -1

// Order is a job as it is ordered.
type Order struct {
	ID     string // ordered twice, it is one job; empty: a new one
	Kind   Kind
	Filter pushlog.Filter // with some of the kind's states
	By     string         // name to show as its author
	Reason string
	Of     int64  // pushes that it selects, as they were counted; or NotCounted
	Oldest string // accepted_at of the oldest of them, if it is known
}

// Job is a job: what it selects, and how far it is.
type Job struct {
	ID          string                  `json:"id"`
	Kind        Kind                    `json:"kind"`
	State       State                   `json:"state"`
	Filter      Filter                  `json:"filter"`
	By          string                  `json:"by"`
	Reason      string                  `json:"reason"`
	OrderedAt   string                  `json:"ordered_at"` // RFC 3339, UTC; it selects pushes that were accepted before
	StartedAt   string                  `json:"started_at,omitempty"`
	EndedAt     string                  `json:"ended_at,omitempty"`
	CancelledAt string                  `json:"cancelled_at,omitempty"` // it ends with the step that is planned
	CancelledBy string                  `json:"cancelled_by,omitempty"`
	Worker      string                  `json:"worker,omitempty"` // process that took a partition of it last
	Of          int64                   `json:"of"`               // pushes that it selected when it was ordered; -1: not counted
	Oldest      string                  `json:"oldest,omitempty"` // accepted_at of the oldest of them, if it was found
	Looked      int64                   `json:"looked"`           // pushes that it has examined
	Matched     int64                   `json:"matched"`          // those of them that it selects
	Changes     map[stream.Change]int64 `json:"changes"`          // and what became of those
	Error       string                  `json:"error,omitempty"`

	Size int64 `json:"-"` // pushes to be examined in the partitions that are begun

	ordered    string // its filter as it was ordered
	number     int64  // it selects pushes that were accepted before this time in ms
	partitions int    // 0: the version before has ordered it
}

// changePrefix begins the names of the counts of outcomes.
const changePrefix = "change."

// number reads a number of a hash; 0 if there is none.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// parse reads a job. What can't be read is its error.
func parse(id string, h map[string]string) *Job {
	j := &Job{
		ID: id, Kind: Kind(h["kind"]), State: State(h["state"]), By: h["by"], Reason: h["reason"], OrderedAt: h["ordered_at"],
		StartedAt: h["started_at"], EndedAt: h["ended_at"], CancelledAt: h["cancel_at"], CancelledBy: h["cancel_by"], Worker: h["worker"],
		Of: number(h["of"]), Oldest: h["oldest"], Looked: number(h["looked"]), Matched: number(h["matched"]), Changes: map[stream.Change]int64{}, Error: h["error"],
		Size: number(h["size"]), ordered: h["filter"], number: number(h["number"]), partitions: int(number(h["partitions"])),
	}
	for name, n := range h {
		if change, is := strings.CutPrefix(name, changePrefix); is {
			j.Changes[stream.Change(change)] = number(n)
		}
	}
	var err error
	if j.Filter, err = parseFilter(h["filter"]); err == nil {
		err = j.Kind.check(j.Filter.filter())
	}
	if err != nil {
		j.unreadable(err)
	}
	return j
}

func (j *Job) unreadable(err error) {
	if j.Error == "" {
		j.Error = fmt.Sprintf("the job can't be read: %v", err)
	}
}

// part is how far a job is in a partition.
type part struct {
	step int64
	plan plan
}

// plan is a step of a job before it is done. The first one has nothing to do.
type plan struct {
	Place  string   `json:"place"`         // pushlog.Cursor: it has examined all up to here
	Looked int      `json:"looked"`        // pushes that it has examined
	IDs    []string `json:"ids,omitempty"` // those that it selects
	End    bool     `json:"end,omitempty"` // there is nothing after it in the partition

	size int64 // pushes that are to be examined in the partition
}

func (p *plan) String() string {
	text, _ := json.Marshal(p) // numbers and texts always marshal
	return string(text)
}

// parsePart reads how far a job is in a partition.
func parsePart(h map[string]string) (part, error) {
	p := part{step: number(h["step"])}
	if h["plan"] == "" {
		return p, nil
	}
	return p, json.Unmarshal([]byte(h["plan"]), &p.plan)
}
