package admin

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

func TestCounts(t *testing.T) {
	t.Parallel()
	if w := empty(t).get("/api/v1/counts"); w.Code != 200 || w.Body.String() !=
		`{"statuses":{"cancelled":0,"expired":0,"failed":0,"queued":0,"retrying":0,"scheduled":0,"sent":0},"total":0,"error_codes":[]}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b := seedVaried(t)
	b.do("POST", "/api/v1/pushes/g/cancel", "")
	got := decode[countList](t, b.get("/api/v1/counts"))
	for s, want := range map[push.Status]int64{push.Sent: 4, push.Failed: 2, push.Cancelled: 1, push.Queued: 0} {
		if n, is := got.Statuses[s]; n != want || !is {
			t.Errorf("%s: %d", s, n)
		}
	}
	if got.Total != 7 || len(got.Statuses) != 7 || len(got.ErrorCodes) != 1 {
		t.Fatalf("%+v", got)
	}
	e, f := b.record(t, "e"), b.record(t, "f")
	if one := got.ErrorCodes[0]; one != (pushlog.CodeCount{Code: push.CodeUnregistered, Count: 2, First: e.AcceptedAt, Last: f.AcceptedAt}) {
		t.Errorf("%+v", one)
	}
}

func (b *bundle) record(t *testing.T, id string) pushlog.Record {
	t.Helper()
	r, err := b.log.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCounters(t *testing.T) {
	t.Parallel()
	b := seedVaried(t)
	b.do("POST", "/api/v1/pushes/e/redrive", "")
	b.do("POST", "/api/v1/pushes/g/cancel", "")
	for path, step := range map[string]time.Duration{"/api/v1/counters/minutes": time.Minute, "/api/v1/counters/hours": time.Hour} {
		w := b.get(path)
		got := decode[counterList](t, w)
		var sum pushlog.Counters
		for i, c := range got.Items {
			sum.Accepted, sum.Sent, sum.Failed, sum.Cancelled, sum.Redriven = sum.Accepted+c.Accepted, sum.Sent+c.Sent, sum.Failed+c.Failed, sum.Cancelled+c.Cancelled, sum.Redriven+c.Redriven
			sum.Expired += c.Errors[push.CodeUnregistered] // one number more
			if i > 0 && c.At.Sub(got.Items[i-1].At) != step || c.At.Truncate(step) != c.At {
				t.Errorf("%s: %s at place %d", path, c.At, i)
			}
		}
		if sum.Accepted != 7 || sum.Sent != 4 || sum.Failed != 2 || sum.Cancelled != 1 || sum.Redriven != 1 || sum.Expired != 2 {
			t.Errorf("%s: %s", path, w.Body)
		}
		if n := len(got.Items); w.Code != 200 || step == time.Minute && n != 61 || step == time.Hour && n != 25 {
			t.Errorf("%s: %d, %d of them", path, w.Code, n)
		}
	}
}

// at is a parameter of a time from now.
func at(name string, from time.Duration) string {
	return name + "=" + url.QueryEscape(time.Now().Add(from).Format(time.RFC3339Nano))
}

func TestTimesOfCounters(t *testing.T) {
	t.Parallel()
	b := empty(t)
	const day = 24 * time.Hour
	for _, tt := range []struct {
		query string
		least int
	}{
		{"minutes?" + at("since", -48*time.Hour), 2880},
		{"minutes?" + at("since", -48*time.Hour) + "&" + at("until", 0), 2880},
		{"minutes?" + at("since", -10*time.Minute) + "&" + at("until", -5*time.Minute), 5},
		{"minutes?" + at("until", 20*time.Minute), 60},
		{"minutes?" + at("since", -time.Nanosecond), 1},
		{"hours?" + at("since", -400*day), 9600},
		{"hours?" + at("since", -day) + "&" + at("until", day), 48},
	} {
		w := b.get("/api/v1/counters/" + tt.query)
		if got := decode[counterList](t, w); w.Code != 200 || len(got.Items) != tt.least && len(got.Items) != tt.least+1 {
			t.Errorf("%s: %d, %d of them", tt.query, w.Code, len(got.Items))
		}
	}
	for query, named := range map[string][]string{
		"minutes?" + at("since", -49*time.Hour):                                {"since is too early", "48 hours"},
		"hours?" + at("since", -401*day):                                       {"since is too early", "9600 hours"},
		"minutes?" + at("since", -time.Hour) + "&" + at("until", 48*time.Hour): {"until is more than 48 hours after since"},
		"hours?" + at("since", 0) + "&" + at("until", 500*day):                 {"until is more than 9600 hours"},
		"minutes?" + at("since", time.Hour):                                    {"since must be before until"},
		"minutes?" + at("since", -time.Hour) + "&" + at("until", -2*time.Hour): {"since must be before until"},
		"minutes?since=x&until=":                                               {"since must be a time", "until must be a time"},
		"hours?step=1m&csno=1":                                                 {`"csno"; known are since, until`, `"step"`},
		"hours?since=2026-11-24T00:00:00Z&since=2026-11-24T00:00:00Z":          {"since is given twice"},
		fmt.Sprintf("hours?since=%s", url.QueryEscape("0000-01-01T00:00:00Z")): {"since must be a time"},
		"minutes?since=9999-12-31T23:59:59Z":                                   {"since must be before until"},
		"minutes?since=2026-11-24T00:00:00Z&until=9999-12-31T23:59:59%2B00:00": {"until is more than"},
	} {
		checkProblem(t, b.get("/api/v1/counters/"+query), 400, named...)
	}
}
