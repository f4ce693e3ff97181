package admin

import (
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := decode[summary](t, b.get("/api/v1/summary"))
	if s.Backlog.Unread != 4 || s.Due != 1 || s.Statuses[push.Queued] != 4 || s.Hour.Accepted != 5 || s.Latency.Of != 0 || s.Desired != stream.Running || s.Flushing || s.Simulator {
		t.Errorf("%+v", s)
	}
	b.end(t, answers(push.CodeAccepted), push.Sent, "a", "b", "c", "d")
	stop := b.consumer(t, "one", answers(push.CodeAccepted))
	defer stop()
	if w := b.do("PUT", "/api/v1/workers/desired", `{"desired":"paused"}`); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s = decode[summary](t, b.get("/api/v1/summary"))
	if s.Backlog.Unread != 0 || s.Statuses[push.Sent] != 4 || s.Hour.Sent != 4 || s.Latency.Of != 4 || s.Latency.P95 < s.Latency.P50 || s.Desired != stream.Paused {
		t.Errorf("%+v", s)
	}
	n := 0
	for _, of := range s.Workers {
		n += of
	}
	if n == 0 {
		t.Errorf("%+v", s.Workers)
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	got := together([]pushlog.Counters{{At: at, Accepted: 1, Failed: 2, Errors: map[push.Code]int64{"A": 2}}, {At: at.Add(time.Minute), Accepted: 3, Errors: map[push.Code]int64{"A": 1, "B": 4}}})
	if got.At != at || got.Accepted != 4 || got.Failed != 2 || got.Errors["A"] != 3 || got.Errors["B"] != 4 {
		t.Errorf("%+v", got)
	}
}
