package main

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redistest"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	var none []handover
	if got := percentile(none, 0.99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	var hundred []handover
	for n := range 100 {
		hundred = append(hundred, handover{took: time.Duration(n + 1)})
	}
	for p, want := range map[float64]time.Duration{0: 1, 0.005: 1, 0.5: 50, 0.501: 51, 0.99: 99, 1: 100} {
		if got := percentile(hundred, p); got != want {
			t.Errorf("%v of 1 to 100: %v, want %v", p, got, want)
		}
	}
	if got := percentile(hundred[:1], 0.5); got != 1 {
		t.Errorf("of one: %v", got)
	}
}

// silent is a Redis in which a consumer has one entry on each lane, and a
// watcher.
type silent struct {
	*watcher
	t    *testing.T
	stop context.CancelFunc
}

func newSilent(t *testing.T) *silent {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &silent{&watcher{rdb: redistest.New(t).Client(t), journal: &journal{}, ctx: ctx}, t, stop}
	t.Cleanup(s.running.Wait)
	t.Cleanup(stop)
	for _, lane := range lanes {
		s.do("XGROUP", "CREATE", lane, "fcm", "0", "MKSTREAM")
		for _, consumer := range []string{"consumer-1-12-abcdef", "consumer-1-123-abcdef"} {
			s.do("XADD", lane, "*", "id", "x")
			s.do("XREADGROUP", "GROUP", "fcm", consumer, "STREAMS", lane, ">")
		}
	}
	return s
}

func (s *silent) do(args ...any) {
	s.t.Helper()
	if err := s.rdb.Do(s.t.Context(), args...).Err(); err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
}

// claim lets another consumer take what is pending on a lane.
func (s *silent) claim(lane string) {
	s.t.Helper()
	pending := s.rdb.XPendingExt(s.t.Context(), &redis.XPendingExtArgs{Stream: lane, Group: "fcm", Start: "-", End: "+", Count: 9}).Val()
	for _, e := range pending {
		s.do("XCLAIM", lane, "fcm", "other", 0, e.ID)
	}
}

// measured waits until so many entries were taken over.
func (s *silent) measured(n int) []handover {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if samples, _ := s.results(); len(samples) >= n {
			return samples
		}
		if time.Now().After(end) {
			s.t.Fatal("waited in vain")
		}
	}
}

// seen waits until the watcher has had time to look.
func (s *silent) seen() { time.Sleep(lastWords + 2*watchEvery) }

func TestFollow(t *testing.T) {
	t.Parallel()
	s := newSilent(t)
	s.journal.note(event{what: redisAway, at: time.Now().Add(-4 * time.Second), until: time.Now().Add(-time.Second)})
	s.follow("consumer-1", 12, time.Now().Add(-10*time.Second), nil)
	s.seen()
	s.claim(lanes[0])
	first := s.measured(1)
	s.seen()
	s.claim(lanes[1])
	both := s.measured(2)
	s.running.Wait() // it ends when nothing is left
	if len(first) != 1 || len(both) != 2 {
		t.Fatalf("measured %v, then %v; the entries of another process are not meant", first, both)
	}
	for _, h := range both {
		if h.took < 7*time.Second || h.took > 7*time.Second+30*time.Second { // on a busy machine
			t.Errorf("%s took %v, with Redis away for 3 of 10 s", h.entry, h.took)
		}
	}
}

func TestFollowEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		how   func(s *silent, over chan struct{})
		stuck int
	}{
		"the group is destroyed": {func(s *silent, _ chan struct{}) {
			s.journal.note(event{what: groupDestroyed})
			for _, lane := range lanes {
				s.do("XGROUP", "DESTROY", lane, "fcm")
			}
		}, 0},
		"the consumer speaks again": {func(s *silent, over chan struct{}) { close(over) }, 0},
		"the run is over":           {func(s *silent, _ chan struct{}) { s.stop() }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, over := newSilent(t), make(chan struct{})
			s.follow("consumer-1", 12, time.Now(), over)
			s.seen()
			tc.how(s, over)
			s.running.Wait()
			if samples, stuck := s.results(); len(samples) != 0 || len(stuck) != tc.stuck {
				t.Errorf("measured %v, stuck %v", samples, stuck)
			}
		})
	}
}

func TestNothingToFollow(t *testing.T) {
	t.Parallel()
	s := newSilent(t)
	s.follow("consumer-2", 12, time.Now(), nil)
	s.running.Wait()
	if samples, stuck := s.results(); len(samples)+len(stuck) != 0 {
		t.Errorf("measured %v, stuck %v", samples, stuck)
	}
}

func TestResultsAreSorted(t *testing.T) {
	t.Parallel()
	var w watcher
	for _, n := range []int{3, 1, 2} {
		w.note(map[string]bool{strconv.Itoa(n): true}, nil, handover{took: time.Duration(n)})
	}
	samples, _ := w.results()
	if !slices.IsSortedFunc(samples, func(a, b handover) int { return int(a.took - b.took) }) || samples[0].entry != "1" {
		t.Errorf("%v", samples)
	}
}
