package admin

import (
	"net/http/httptest"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

// list is what the API says of its workers: "name state/desired" for each, and
// what all are to do.
func (b *bundle) list(t *testing.T, w *httptest.ResponseRecorder) (lines []string, all stream.State) {
	t.Helper()
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	l := decode[workerList](t, w)
	for _, one := range l.Items {
		lines = append(lines, one.Name+" "+string(one.State)+"/"+string(one.Desired))
	}
	return lines, l.Desired
}

// checkWorkers wants these lines in this order.
func (b *bundle) checkWorkers(t *testing.T, w *httptest.ResponseRecorder, all stream.State, want ...string) {
	t.Helper()
	got, desired := b.list(t, w)
	if len(got) != len(want) || desired != all {
		t.Fatalf("%q, all %s; want %q, all %s", got, desired, want, all)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestNoWorkers(t *testing.T) {
	t.Parallel()
	w := empty(t).get("/api/v1/workers")
	if w.Code != 200 || w.Body.String() != `{"items":[],"desired":"running"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.consumer(t, "c1", answers(push.CodeAccepted))
	b.consumer(t, "c2", answers(push.CodeAccepted))
	b.checkWorkers(t, b.get("/api/v1/workers"), stream.Running, "c1 running/running", "c2 running/running")

	w := b.do("PUT", "/api/v1/workers/c1/desired", `{"desired":"paused"}`)
	if got, all := b.list(t, w); len(got) != 1 || all != stream.Running || decode[workerList](t, w).Items[0].Desired != stream.Paused {
		t.Errorf("%q %s", got, all)
	}
	b.eventually(t, "c1 is paused", func() bool {
		got, _ := b.list(t, b.get("/api/v1/workers"))
		return got[0] == "c1 paused/paused" && got[1] == "c2 running/running"
	})

	w = b.do("PUT", "/api/v1/workers/desired", `{"desired":"paused"}`)
	if got, all := b.list(t, w); len(got) != 2 || all != stream.Paused {
		t.Errorf("%q %s", got, all)
	}
	b.eventually(t, "all are paused", func() bool {
		got, _ := b.list(t, b.get("/api/v1/workers"))
		return got[0] == "c1 paused/paused" && got[1] == "c2 paused/paused"
	})
	b.accept(t, jobOf("a"))

	// A worker goes on only if neither it nor everyone is paused.
	b.do("PUT", "/api/v1/workers/desired", `{"desired":"running"}`)
	b.eventually(t, "c2 goes on, c1 does not", func() bool {
		got, _ := b.list(t, b.get("/api/v1/workers"))
		return got[0] == "c1 paused/paused" && got[1] == "c2 running/running"
	})
	b.eventually(t, "the push is sent", func() bool { return b.status(t, "a") == push.Sent })
	b.do("PUT", "/api/v1/workers/c1/desired", `{"desired":"running"}`)
	b.eventually(t, "c1 goes on", func() bool {
		got, _ := b.list(t, b.get("/api/v1/workers"))
		return got[0] == "c1 running/running"
	})
}

// What is to stay paused is listed though no process of that name runs, until
// the order is taken back.
func TestPausedWithoutAProcess(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.rdb.HSet(t.Context(), "push:control", "c1", "paused")
	b.checkWorkers(t, b.get("/api/v1/workers"), stream.Running, "c1 lost/paused")
	b.checkWorkers(t, b.do("PUT", "/api/v1/workers/c1/desired", `{"desired":"paused"}`), stream.Running, "c1 lost/paused")
	b.checkWorkers(t, b.do("PUT", "/api/v1/workers/c1/desired", `{"desired":"running"}`), stream.Running)
	checkProblem(t, b.do("PUT", "/api/v1/workers/c1/desired", `{"desired":"running"}`), 404, "no such worker")
}

// An order for nobody, or for a name that stands for all, is not one for all.
func TestUnknownWorkers(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.consumer(t, "c1", answers(push.CodeAccepted))
	for _, name := range []string{"c2", "C1", "*", "%2a", "c1%20", "desired", ".", "..", "%00", ""} {
		checkProblem(t, b.do("PUT", "/api/v1/workers/"+name+"/desired", `{"desired":"paused"}`), 404)
	}
	if n := b.rdb.Exists(t.Context(), "push:control").Val(); n != 0 {
		t.Errorf("somebody is paused: %v", b.rdb.HGetAll(t.Context(), "push:control").Val())
	}
}

// A worker may have the name that the route of all has in its place.
func TestWorkerNamedDesired(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.rdb.HSet(t.Context(), "push:control", "desired", "paused", "c1", "paused")
	b.checkWorkers(t, b.do("PUT", "/api/v1/workers/desired/desired", `{"desired":"running"}`), stream.Running)
	b.checkWorkers(t, b.do("PUT", "/api/v1/workers/desired", `{"desired":"paused"}`), stream.Paused, "c1 lost/paused")
}

func TestWorkerFields(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.consumer(t, "c1", answers(push.CodeAccepted))
	w := decode[workerList](t, b.get("/api/v1/workers")).Items[0]
	if w.Name != "c1" || w.Consumer == "" || w.Host == "" || w.PID == 0 || w.Version != "v1" || w.StartedAt == "" || w.BeatAt == "" || w.Project != "demo" {
		t.Errorf("%+v", w)
	}
}
