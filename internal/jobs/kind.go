package jobs

import (
	"context"
	"fmt"
	"slices"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// Kind is what a job does: a verb of push.
type Kind push.Verb

// The kinds.
const (
	Redrive = Kind(push.Redrive)
	Cancel  = Kind(push.Cancel)
)

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{Redrive, Cancel} }

// States returns the states that a push can be in for a job of this kind to change it.
func (k Kind) States() []push.Status {
	if !slices.Contains(Kinds(), k) {
		return nil
	}
	return push.StatusesFor(push.Verb(k))
}

// check says what is wrong with what is to be done, as pushlog.ErrFilter.
func (k Kind) check(f pushlog.Filter) error {
	if err := f.Validate(); err != nil {
		return err
	}
	states := k.States()
	if states == nil {
		return fmt.Errorf("%w: kind must be one of %v", pushlog.ErrFilter, Kinds())
	}
	if len(f.Statuses) == 0 || slices.ContainsFunc(f.Statuses, func(s push.Status) bool { return !slices.Contains(states, s) }) {
		return fmt.Errorf("%w: status must be one of %v, or several", pushlog.ErrFilter, states)
	}
	return nil
}

// Step is what a job does at a time: at most 100 pushes of one partition.
type Step struct {
	Job       string // its id
	Partition pushlog.Partition
	IDs       []string
}

// Changer changes pushes as one kind of job does.
type Changer interface {
	// Change does a step, and returns how many of its pushes came to what. Done twice, a
	// step changes nothing more, and answers the same as long as no other party has changed
	// these pushes.
	Change(ctx context.Context, s Step) (map[stream.Change]int, error)
}

// changer is a Changer that is a function: what became of each push, in their order.
type changer func(ctx context.Context, job string, ids ...string) ([]stream.Change, error)

func (change changer) Change(ctx context.Context, s Step) (map[stream.Change]int, error) {
	changes, err := change(ctx, s.Job, s.IDs...)
	counts := map[stream.Change]int{}
	for _, c := range changes {
		counts[c]++
	}
	return counts, err
}
