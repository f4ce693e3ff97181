package e2e

import (
	"fmt"
	"testing"

	"go.uber.org/zap"

	engine "pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// TestKilledBulk: the admin that works on a bulk job is killed in the middle of it.
// Another one ends it; each push is changed and counted once.
func TestKilledBulk(t *testing.T) {
	s := setup(t, options{partitions: 2})
	const n = 20_000
	s.load(jobs("push", n, nil)) // nobody sends them
	bulk := engine.New(s.rdb, s.keys, "test", zap.NewNop())
	j, err := bulk.Order(t.Context(), engine.Order{Kind: engine.Cancel, By: "test", Reason: "test", Of: n,
		Filter: pushlog.Filter{Statuses: []push.Status{push.Queued}}})
	if err != nil {
		t.Fatal(err)
	}
	admins := 0
	admin := func() *process {
		t.Helper()
		admins++
		p := s.start(fmt.Sprint("admin-", admins), "admin", nil, "serve")
		p.ready()
		return p
	}
	kill := func(p *process, from int64) {
		t.Helper()
		eventually(t, patience, "a part to be done", func() error {
			if j, err = bulk.Get(t.Context(), j.ID); err != nil || j.Matched <= from {
				return fmt.Errorf("%+v, %v", j, err)
			}
			return nil
		})
		p.stopped = true
		p.Kill()
		if j, err = bulk.Get(t.Context(), j.ID); err != nil || j.State == engine.Done {
			t.Fatalf("it was done before the kill: this test says nothing: %+v, %v", j, err)
		}
	}
	kill(admin(), 0)
	kill(admin(), j.Matched)
	eventually(t, patience, "the job to be shown as interrupted", func() error {
		if j, err = bulk.Get(t.Context(), j.ID); err != nil || j.State != engine.Interrupted {
			return fmt.Errorf("%+v, %v", j, err)
		}
		return nil
	})
	admin()
	eventually(t, patience, "another admin to end it", func() error {
		if j, err = bulk.Get(t.Context(), j.ID); err != nil || j.State != engine.Done {
			return fmt.Errorf("%+v, %v", j, err)
		}
		return nil
	})
	if j.Matched != n || j.Changes[stream.ChangeCancelled] != n || len(j.Changes) != 1 {
		t.Errorf("%+v", j)
	}
	counts, err := s.log.Counts(t.Context())
	if err != nil || counts[push.Cancelled] != n {
		t.Errorf("%v, %v", counts, err)
	}
	s.consumer("consumer-a") // what is left on the streams stands for nothing
	s.emptyStreams()
	s.finished()
}
