package admin

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// work has this process work on bulk jobs until the test ends.
func (b *bundle) work(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- b.engine.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// ended waits for a job to end.
func (b *bundle) ended(t *testing.T, id string) (j jobs.Job) {
	t.Helper()
	b.eventually(t, "job "+id+" has ended", func() bool {
		j = decode[jobs.Job](t, b.get("/api/v1/jobs/"+id))
		return j.EndedAt != ""
	})
	return j
}

// seedFailed makes pushes that failed: of customers 0 and 1 in turn, of groups 0
// to 2, and those of group 0 with another code.
func (b *bundle) seedFailed(t *testing.T, n int) {
	t.Helper()
	jobs := make([]push.Job, n)
	for i := range jobs {
		jobs[i] = jobOf(fmt.Sprintf("g%d-%04d", i%3, i))
		jobs[i].Csno, jobs[i].PushGrpID = fmt.Sprint("csno-", i%2), fmt.Sprint("G", i%3)
	}
	b.accept(t, jobs...)
	stop := b.consumer(t, "ender", senderFunc(func(j *push.Job) push.Outcome {
		if strings.HasPrefix(j.ID, "g0") {
			return push.Outcome{Code: push.CodeInvalidArgument, HTTPStatus: 400}
		}
		return push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}
	}))
	defer stop()
	b.eventually(t, "all have failed", func() bool { return b.count(t, push.Failed) == int64(n) })
}

func (b *bundle) count(t *testing.T, status push.Status) int64 {
	t.Helper()
	counts, err := b.log.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return counts[status]
}

func TestParseJob(t *testing.T) {
	t.Parallel()
	f, err := ParseJob(Given{"status": {"failed"}, "since": {"2026-11-24T09:00:00+09:00"}, "until": {"2026-11-24T01:00:00Z"},
		"error_code": {"UNREGISTERED"}, "csno": {"1"}, "push_grp_id": {"2"}, "device_id": {"3"}}, jobs.Redrive, nil)
	want := pushlog.Filter{Statuses: []push.Status{push.Failed}, ErrorCode: push.CodeUnregistered, Exact: push.Job{Csno: "1", PushGrpID: "2", DeviceID: "3"}}
	if !f.Since.Equal(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)) || !f.Until.Equal(time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", f)
	}
	if f.Since, f.Until = want.Since, want.Until; !reflect.DeepEqual(f, want) || err != nil {
		t.Errorf("%+v %v", f, err)
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, more string
		matched    int64
	}{
		{"all", ``, 12},
		{"a customer", `,"csno":"csno-1"`, 6},
		{"a group", `,"push_grp_id":"G0"`, 4},
		{"a code", `,"error_code":"INVALID_ARGUMENT"`, 4},
		{"a token", `,"device_id":"token-g0-0003"`, 1},
		{"several", `,"csno":"csno-0","error_code":"INVALID_ARGUMENT"`, 2},
		{"nobody", `,"csno":"csno-9"`, 0},
		{"a word", `,"column":"msg_title","contains":"g0-"`, 4},
		{"a whole token", `,"column":"device_id","equals":"token-g0-0003"`, 1},
		{"a whole title", `,"column":"msg_title","equals":"제목 <g0-0003>"`, 1},
		{"a part for a whole title", `,"column":"msg_title","equals":"g0-"`, 0},
		{"time", `,"since":"2020-01-01T00:00:00+09:00","until":"2999-01-01T00:00:00Z"`, 12},
		{"another time", `,"until":"2020-01-01T00:00:00Z"`, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := empty(t)
			b.seedFailed(t, 12)
			body := `{"kind":"redrive","status":["failed","expired"]` + tt.more
			w := b.do("POST", "/api/v1/jobs", body+`,"dry_run":true}`)
			if got := decode[jobCount](t, w); w.Code != 200 || got.Count != tt.matched || !got.Exact || (got.Oldest != "") != (tt.matched > 0) || !got.PastTTLExact || got.Until.IsZero() {
				t.Errorf("dry: %d %s", w.Code, w.Body)
			}
			if n := b.count(t, push.Failed); n != 12 {
				t.Errorf("%d are failed after a dry run", n)
			}
			w = b.do("POST", "/api/v1/jobs", body+`,"reason":"they were lost"}`)
			j := decode[jobs.Job](t, w)
			if w.Code != 202 || j.State != jobs.Waiting || j.Of != tt.matched || (j.Oldest != "") != (tt.matched > 0) || j.By != "root" || j.Reason != "they were lost" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			b.work(t)
			if j := b.ended(t, j.ID); j.State != jobs.Done || j.Matched != tt.matched || j.Changes[stream.ChangeQueued] != tt.matched {
				t.Errorf("%+v", j)
			}
			if n := b.count(t, push.Queued); n != tt.matched || b.count(t, push.Failed) != 12-tt.matched {
				t.Errorf("%d are queued", n)
			}
			if w := b.do("POST", "/api/v1/jobs/"+j.ID+"/cancel", ""); w.Code != 409 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

// Whom a job is about is not shown, nor kept in the log.
func TestJobsAreMasked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.do("POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"csno":"10023451","device_id":"device-token","column":"cust_telno","contains":"010-1234-5678","reason":"a test"}`)
	id := decode[jobs.Job](t, w).ID
	for _, text := range []string{w.Body.String(), b.get("/api/v1/jobs").Body.String(), b.get("/api/v1/jobs/" + id).Body.String(), b.do("POST", "/api/v1/jobs/"+id+"/cancel", "").Body.String()} {
		if !strings.Contains(text, id) || strings.Contains(text, "10023451") || strings.Contains(text, "device-token") || strings.Contains(text, "010-1234-5678") {
			t.Errorf("%s", text)
		}
	}
	for _, line := range b.logs.All() {
		if text := line.Message; strings.Contains(text, "10023451") {
			t.Error(text)
		}
		for _, f := range line.Context {
			if strings.Contains(f.String, "10023451") {
				t.Errorf("%+v", f)
			}
		}
	}
}

func TestCancelOfAJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.do("POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"reason":"a test"}`)
	id := decode[jobs.Job](t, w).ID
	w = b.do("POST", "/api/v1/jobs/"+id+"/cancel", `{"reason":"a mistake"}`)
	if j := decode[jobs.Job](t, w); w.Code != 200 || j.State != jobs.Cancelled || j.CancelledBy != "root" || j.CancelledAt == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, b.do("POST", "/api/v1/jobs/"+id+"/cancel", ""), 409, "ended")
	for _, id := range []string{"0123456789ac", "none", "..", "a%2Fb", strings.Repeat("a", 5000)} {
		checkProblem(t, b.get("/api/v1/jobs/"+id), 404, "no such")
		checkProblem(t, b.do("POST", "/api/v1/jobs/"+id+"/cancel", ""), 404, "no such")
	}
}

func TestTooManyJobs(t *testing.T) {
	t.Parallel()
	b := empty(t) // with one
	for n := range 10 {
		w := b.do("POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"reason":"a test"}`)
		if want := map[bool]int{true: 202, false: 409}[n < 9]; w.Code != want {
			t.Errorf("%d: %d %s", n, w.Code, w.Body)
		}
	}
}

// A request that is sent again because its answer was lost orders one job.
func TestIdempotencyOfJobs(t *testing.T) {
	t.Parallel()
	b := empty(t)
	order := func(key, body string) (int, jobs.Job) {
		w := b.as("localhost", map[string]string{"Idempotency-Key": key}, "POST", "/api/v1/jobs", body)
		if w.Code >= 300 {
			return w.Code, jobs.Job{}
		}
		return w.Code, decode[jobs.Job](t, w)
	}
	const body = `{"kind":"redrive","status":["failed"],"reason":"a test"}`
	_, first := order("5f0c-1", body)
	code, second := order("5f0c-1", body)
	if code != 202 || first.ID != second.ID || first.ID == "" {
		t.Errorf("%d: %s, %s", code, first.ID, second.ID)
	}
	if _, third := order("5f0c-2", body); third.ID == first.ID {
		t.Error("another key, the same job")
	}
	if code, _ := order("5f0c-1", strings.Replace(body, "failed", "expired", 1)); code != 422 {
		t.Errorf("the same key for another job: %d", code)
	}
	for _, key := range []string{" x", "a b", "한", strings.Repeat("x", 129), "a\tb"} {
		if code, _ := order(key, body); code != 400 {
			t.Errorf("%q: %d", key, code)
		}
	}
}

// A job of a kept search takes what the search finds, and no more; its author's search is
// audited once, another's is refused as elsewhere.
func TestJobOfAKeptSearch(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.seedFailed(t, 12)
	id := decode[keptSearch](t, b.do("POST", "/api/v1/searches", `{"column":"msg_title","contains":"g0-"}`)).ID
	body := `{"kind":"redrive","status":["failed","expired"],"search":"` + id + `"`
	count := decode[jobCount](t, b.do("POST", "/api/v1/jobs", body+`,"dry_run":true}`))
	if count.Count != 4 || !count.Exact {
		t.Errorf("%+v", count)
	}
	w := b.do("POST", "/api/v1/jobs", body+`,"until":"`+count.Until.Format(time.RFC3339Nano)+`","reason":"they were lost"}`)
	j := decode[jobs.Job](t, w)
	if w.Code != 202 || j.Of != 4 || j.Filter.Column != "msg_title" || strings.Contains(w.Body.String(), "g0-") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.work(t)
	if j := b.ended(t, j.ID); j.Changes[stream.ChangeQueued] != 4 || b.count(t, push.Queued) != 4 {
		t.Errorf("%+v", j)
	}
	checkProblem(t, b.do("POST", "/api/v1/jobs", `{"kind":"redrive","status":["failed"],"search":"00000000-0000-0000-0000-000000000000","dry_run":true}`), 404, "search again")
	checkProblem(t, b.do("POST", "/api/v1/jobs", body+`,"column":"msg_title","contains":"x","dry_run":true}`), 422, "column is given twice")
}
