package admin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
)

func in(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }

func TestScheduled(t *testing.T) {
	t.Parallel()
	b := empty(t)
	for i := range 7 {
		j := jobOf(fmt.Sprint("p", i))
		j.DueAt = time.Now().Add(time.Duration(7-i) * time.Hour)
		b.accept(t, j)
	}
	b.accept(t, jobOf("r"))
	b.end(t, answers(push.CodeUnavailable), push.Retrying, "r")
	list := func(query string) (ids string, p duePage) {
		t.Helper()
		w := b.get("/api/v1/scheduled" + query)
		p = decode[duePage](t, w)
		for _, d := range p.Items {
			ids += d.Push.ID + " "
		}
		if w.Code != 200 || strings.Contains(w.Body.String(), "csno-p") || strings.Contains(w.Body.String(), "token-p") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		return ids, p
	}
	for query, want := range map[string]string{
		"": "r p6 p5 p4 p3 p2 p1 p0 of 8 on 1", "?page=2&size=3": "p4 p3 p2 of 8 on 3", "?status=scheduled&size=2": "p6 p5 of 7 on 4",
		"?status=retrying": "r of 1 on 1", "?page=1000000&size=1000": "of 8 on 1", "?page=&status=": "r p6 p5 p4 p3 p2 p1 p0 of 8 on 1",
	} {
		ids, p := list(query)
		if got := fmt.Sprintf("%sof %d on %d", ids, p.Total, p.Pages); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for query, words := range map[string][]string{
		"?status=queued": {"status must be scheduled or retrying"}, "?page=0&size=x": {"page must", "size must"}, "?csno=1": {`unknown parameter "csno"`},
		"?status=scheduled,retrying": {"status must be"},
	} {
		checkProblem(t, b.get("/api/v1/scheduled"+query), 400, words...)
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	b := setup(t)
	to := in(48 * time.Hour)
	w := b.do("POST", "/api/v1/pushes/e/move", `{"sndn_rsev_hour":"`+to+`","reason":"a holiday"}`)
	if got := decode[moved](t, w); w.Code != 200 || got.Status != push.Scheduled || got.DueAt != strings.TrimSuffix(to, "Z")+".000Z" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if r, err := b.log.Get(t.Context(), "e"); err != nil || r.SndnRsevHour != to || len(r.Moves) != 1 {
		t.Errorf("%+v %v", r, err)
	}
	for body, words := range map[string][]string{
		`{}`:                    {"sndn_rsev_hour must be a date"},
		`{"sndn_rsev_hour":""}`: {"sndn_rsev_hour must be a date"},
		`{"sndn_rsev_hour":"20261399000000","reason":""}`: {"no such date", "reason must not be empty"},
		`{"sndn_rsev_hour":"2020-01-01T00:00:00Z"}`:       {"to come, within a year"},
		`{"sndn_rsev_hour":"2999-01-01T00:00:00Z"}`:       {"to come, within a year"},
		`{"sndn_rsev_hour":5}`:                            {"must be text"},
	} {
		checkProblem(t, b.do("POST", "/api/v1/pushes/e/move", body), 422, words...)
	}
	body := `{"sndn_rsev_hour":"` + to + `"}`
	checkProblem(t, b.do("POST", "/api/v1/pushes/a/move", body), 409, "does not wait any more: queued")
	checkProblem(t, b.do("POST", "/api/v1/pushes/nobody/move", body), 404)
	checkProblem(t, b.do("POST", "/api/v1/pushes/a%2Fb/move", body), 404)
	b.end(t, answers(push.CodeUnavailable), push.Retrying, "a")
	checkProblem(t, b.do("POST", "/api/v1/pushes/a/move", body), 409, "retrying")
	b.control.Cancel(t.Context(), "a")
	checkProblem(t, b.do("POST", "/api/v1/pushes/a/move", body), 409, "ended already: cancelled")
}

// A time without a zone is the firm's.
func TestMoveInTheZone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	b.api.Zone = seoul
	due := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	w := b.do("POST", "/api/v1/pushes/e/move", `{"sndn_rsev_hour":"`+due.In(seoul).Format("20060102150405")+`"}`)
	if got := decode[moved](t, w); w.Code != 200 || got.DueAt != due.UTC().Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSendNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 2 { // the second time it is queued already
		w := b.do("POST", "/api/v1/pushes/e/send-now", `{"reason":"it is needed"}`)
		if got := decode[moved](t, w); w.Code != 200 || got != (moved{ID: "e", Status: push.Queued}) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	b.control.Cancel(t.Context(), "e")
	checkProblem(t, b.do("POST", "/api/v1/pushes/e/send-now", ""), 409, "ended already: cancelled")
	checkProblem(t, b.do("POST", "/api/v1/pushes/nobody/send-now", ""), 404)
	checkProblem(t, b.do("POST", "/api/v1/pushes/e/send-now", `{"colour":"red"}`), 422, "colour")
}

func TestFailures(t *testing.T) {
	t.Parallel()
	b := empty(t)
	if got := decode[failureList](t, b.get("/api/v1/failures")); got.Total != 0 || got.Items == nil || !got.Exact {
		t.Errorf("%+v", got)
	}
	b.seedFailed(t, 9)
	got := decode[failureList](t, b.get("/api/v1/failures"))
	if got.Total != 9 || len(got.Items) != 2 || got.Items[0].Code != push.CodeUnregistered || got.Items[0].Count != 6 ||
		got.Items[1].Code != push.CodeInvalidArgument || got.Items[1].Count != 3 || !got.Exact {
		t.Errorf("%+v", got)
	}
	for query, want := range map[string]int64{
		"?since=2020-01-01T00:00:00%2B09:00": 9, "?since=2999-01-01T00:00:00Z": 0, "?until=2999-01-01T00:00:00Z": 9, "?until=2020-01-01T00:00:00Z": 0,
	} {
		if got := decode[failureList](t, b.get("/api/v1/failures"+query)); got.Total != want || !got.Exact {
			t.Errorf("%s: %+v", query, got)
		}
	}
	checkProblem(t, b.get("/api/v1/failures?since=x"), 400, "since must be a time")
	checkProblem(t, b.get("/api/v1/failures?since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z"), 400, "since must be before until")
	checkProblem(t, b.get("/api/v1/failures?status=failed"), 400, "unknown parameter")
}
