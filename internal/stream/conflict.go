package stream

import (
	"context"
	"fmt"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// known is what accept.lua answers of an id whose record it can't compare: compare does.
// It never leaves the package.
const known Answer = -1

// compare answers what accept.lua could not: whether pushes whose ids have a record are
// repeated, or in conflict with it. It returns the places of those whose record has left
// the log since: their ids are free.
func compare(ctx context.Context, log *pushlog.Log, jobs []push.Job, answers []Answer) (free []int, err error) {
	var places []int
	var ids []string
	for i, a := range answers {
		if a == known {
			answers[i] = Unknown // until it is compared
			places, ids = append(places, i), append(ids, jobs[i].ID)
		}
	}
	if len(places) == 0 {
		return nil, nil
	}
	records, err := log.Hashes(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("compare with what is in the log: %w", err)
	}
	for n, i := range places {
		switch {
		case records[n] == nil:
			free = append(free, i)
		case pushlog.Says(records[n], &jobs[i]):
			answers[i] = Repeated
		default:
			answers[i] = Conflict
		}
	}
	return free, nil
}
