package main

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// watchEvery is how often the entries of a stopped consumer are checked: what is
	// measured is too long by at most that.
	watchEvery = 50 * time.Millisecond
	// lastWords is how long Redis may take to read what a consumer wrote before it
	// stopped: what is settled by that is not taken over.
	lastWords = 50 * time.Millisecond
	// mostPending is how many entries of a consumer are checked in a lane.
	mostPending = 10_000
)

// handover is one entry of a silent consumer that came into other hands.
type handover struct {
	entry  string        // lane and entry
	member string        // how its name begins
	at     time.Time     // when the consumer stopped
	took   time.Duration // without the time for which Redis was away
}

// watcher measures how long the entries of a silent consumer stay pending for
// it. It asks Redis, and trusts no consumer.
type watcher struct {
	rdb     *redis.Client
	journal *journal
	ctx     context.Context // of the whole run: a watch outlives the storm
	running sync.WaitGroup

	mu      sync.Mutex
	samples []handover
	stuck   []string // entries that were never taken over
}

// follow watches what is pending for a consumer that stopped at a time,
// until all is taken over. over, if there is one, is closed when the consumer
// speaks again: what it has by then it may settle itself.
func (w *watcher) follow(name string, pid int, at time.Time, over <-chan struct{}) {
	w.running.Go(func() {
		sleep(w.ctx, lastWords)
		member := name + "-" + strconv.Itoa(pid) + "-"
		left := map[string]bool{}
		known := false
		for {
			seen, err := w.pending(member)
			if w.journal.history().count(func(e event) bool { return e.what == groupDestroyed && e.at.After(at) }) > 0 {
				return // it is unknown which entries were whose
			}
			now := time.Now()
			switch {
			case err != nil: // Redis is away
			case !known:
				left, known = seen, true
			default:
				w.note(left, seen, handover{member: member, at: at, took: now.Sub(at) - w.journal.history().away(at, now)})
			}
			if known && len(left) == 0 {
				return
			}
			select {
			case <-over:
				return
			case <-w.ctx.Done():
				w.give(member, left)
				return
			case <-time.After(watchEvery):
			}
		}
	})
}

// note takes the entries that are not pending any more off left.
func (w *watcher) note(left, seen map[string]bool, h handover) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for entry := range left {
		if !seen[entry] {
			h.entry = entry
			w.samples = append(w.samples, h)
			delete(left, entry)
		}
	}
}

// give notes entries that were not taken over.
func (w *watcher) give(member string, left map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for entry := range left {
		w.stuck = append(w.stuck, member+" "+entry)
	}
}

// pending are the entries of the member whose name begins so, in both lanes.
func (w *watcher) pending(member string) (map[string]bool, error) {
	all := map[string]bool{}
	for _, lane := range lanes {
		consumers, err := w.rdb.XInfoConsumers(w.ctx, lane, "fcm").Result()
		if err != nil {
			return nil, err
		}
		for _, c := range consumers {
			if !strings.HasPrefix(c.Name, member) || c.Pending == 0 {
				continue
			}
			entries, err := w.rdb.XPendingExt(w.ctx, &redis.XPendingExtArgs{
				Stream: lane, Group: "fcm", Start: "-", End: "+", Count: mostPending, Consumer: c.Name,
			}).Result()
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				all[lane+" "+e.ID] = true
			}
		}
	}
	return all, nil
}

// results are what was measured, the quickest first, and the entries that were
// never taken over.
func (w *watcher) results() ([]handover, []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.SortedFunc(slices.Values(w.samples), func(a, b handover) int { return cmp.Compare(a.took, b.took) }), slices.Clone(w.stuck)
}

// percentile p (0 to 1) of sorted values: the least that p of them are not
// above; 0 if there are none.
func percentile(sorted []handover, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)].took
}
