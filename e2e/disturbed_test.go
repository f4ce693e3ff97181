package e2e

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// disturb does something to Redis again and again, until the returned function
// is called, which says how often.
func (s *system) disturb(every time.Duration, what func(context.Context) error) (stop func() int) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	times := 0
	running.Go(func() {
		for ctx.Err() == nil {
			if err := what(ctx); err != nil && ctx.Err() == nil {
				s.t.Error(err)
				return
			}
			times++
			select {
			case <-time.After(every):
			case <-ctx.Done():
			}
		}
	})
	stop = sync.OnceValue(func() int {
		cancel()
		running.Wait()
		return times
	})
	s.t.Cleanup(func() { stop() })
	return stop
}

// TestScriptsAndConnectionsLost: scripts are flushed and connections killed
// all the time; nobody notices.
func TestScriptsAndConnectionsLost(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{
		Seed: 8, Faults: map[string]float64{fcmsim.Unavailable: 0.05, fcmsim.ResetBefore: 0.05}, Latency: fcmsim.Latency{FixedMS: 20},
	}})
	s.consumer("consumer-a", "CONSUMER_CONCURRENCY=16")
	s.consumer("consumer-b", "CONSUMER_CONCURRENCY=16")
	done := int64(-1)
	stop := s.disturb(40*time.Millisecond, func(ctx context.Context) error {
		// A slow machine makes no progress in this time.
		for patience := time.Now(); time.Since(patience) < time.Second; time.Sleep(5 * time.Millisecond) {
			if now := s.rdb.ZCard(ctx, "push:{0}:index").Val() + s.sim.Stats().Requests; now != done {
				done = now
				break
			}
		}
		return errors.Join(s.rdb.ScriptFlush(ctx).Err(), s.rdb.Do(ctx, "CLIENT", "KILL", "TYPE", "normal").Err())
	})
	const n = 3000
	in := s.load(jobs("push", n, nil))
	if in.Lines != n || in.Accepted+in.Repeated != n { // an answer that was lost makes a repetition
		t.Errorf("the import says %+v", in)
	}
	s.simulated(n / 2)
	if times := stop(); times < 10 {
		t.Errorf("Redis was disturbed only %d times", times)
	}
	s.settled(n)
	records := s.finished()
	s.matchesSimulator(records)
	only(s, records, push.Sent)
}

// TestGroupDestroyed: somebody destroys the groups under load. What was in hand
// may be sent again; nothing is lost.
func TestGroupDestroyed(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 20}}})
	s.consumer("consumer-a", "CONSUMER_CONCURRENCY=16")
	s.consumer("consumer-b", "CONSUMER_CONCURRENCY=16")
	const n = 2000
	all := jobs("push", n, nil)
	for i := range all {
		if i%4 == 0 {
			all[i].Priority = push.Urgent
		}
	}
	s.load(all)
	for at := range int64(3) {
		s.simulated(200 + 400*at)
		for _, stream := range lanes {
			if err := s.rdb.XGroupDestroy(t.Context(), stream, "fcm").Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s.sim.Stats().AcceptedIDs == n {
		t.Error("everything was sent before the last group was destroyed: this test says nothing")
	}
	s.settled(n)
	s.emptyStreams()
	records := s.finished()
	only(s, records, push.Sent)
	for id := range records {
		if m, _ := s.sim.Message(id); m.Accepted == 0 {
			t.Errorf("%s is called sent; the simulator never accepted it", id)
		}
	}
	s.politeToFCM()
}

// TestStreamsDeleted: the streams are gone, with all that was on them, as after
// a FLUSHALL of somebody who meant another Redis. What is accepted then is sent.
func TestStreamsDeleted(t *testing.T) {
	s := setup(t, options{})
	s.consumer("consumer")
	s.load(jobs("before", 10, nil))
	s.settled(10)
	if err := s.rdb.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	s.load(jobs("after", 300, nil))
	s.settled(300)
	only(s, s.finished(), push.Sent)
	eventually(t, patience, "the worker to be known again", func() error {
		if n := s.rdb.ZCard(t.Context(), "push:workers").Val(); n != 1 {
			return redis.Nil
		}
		return nil
	})
}
