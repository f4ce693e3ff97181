package admin

import (
	"fmt"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

func TestHistogram(t *testing.T) {
	t.Parallel()
	b := seedVaried(t)
	first, err := time.Parse(pushlog.TimeFormat, b.record(t, "a").AcceptedAt)
	if err != nil {
		t.Fatal(err)
	}
	since := first.Add(-2 * time.Hour)
	const format = "2006-01-02T15:04:05.000Z"
	when := fmt.Sprintf("since=%s&until=%s&span=1h", since.Format(format), since.Add(5*time.Hour).Format(format))
	body := fmt.Sprintf(`"since":"%s","until":"%s","span":"1h"`, since.Format(format), since.Add(5*time.Hour).Format(format))
	tests := []struct {
		method, query, body string
		want                map[push.Status]int64
	}{
		{"GET", when, "", map[push.Status]int64{push.Sent: 4, push.Failed: 2, push.Scheduled: 1}},
		{"GET", when + "&push_grp_id=G0", "", map[push.Status]int64{push.Sent: 2}},
		{"GET", when + "&status=failed,scheduled", "", map[push.Status]int64{push.Failed: 2, push.Scheduled: 1}},
		{"GET", when + "&column=result&contains=played&budget_ms=10000", "", map[push.Status]int64{push.Failed: 2}},
		{"POST", "", "{" + body + "}", map[push.Status]int64{push.Sent: 4, push.Failed: 2, push.Scheduled: 1}},
		{"POST", "", "{" + body + `,"csno":"csno-1","budget_ms":100}`, map[push.Status]int64{push.Sent: 2, push.Failed: 1}},
		{"POST", "", "{" + body + `,"column":"msg_contents","contains":"A주"}`, map[push.Status]int64{push.Sent: 1}},
		{"GET", when + "&column=D_servicename&equals=service-1", "", map[push.Status]int64{push.Sent: 1, push.Failed: 2}},
		{"POST", "", "{" + body + `,"column":"msg_contents","equals":"삼성전자 A주 매수"}`, map[push.Status]int64{push.Sent: 1}},
		{"POST", "", "{" + body + `,"column":"csno","equals":"csno-1"}`, map[push.Status]int64{push.Sent: 2, push.Failed: 1}},
		{"POST", "", "{" + body + `,"device_id":"nobody"}`, map[push.Status]int64{}},
	}
	for _, tt := range tests {
		path := "/api/v1/histogram"
		if tt.query != "" {
			path += "?" + tt.query
		}
		w := b.do(tt.method, path, tt.body)
		h := decode[histogram](t, w)
		if w.Code != 200 || len(h.Spans) != 5 || h.SpanSeconds != 3600 || !h.Exact || h.How == "" {
			t.Errorf("%s%s: %d %s", tt.query, tt.body, w.Code, w.Body)
			continue
		}
		total := int64(0)
		for i, s := range h.Spans {
			if s.At != since.Add(time.Duration(i)*time.Hour).Format(format) || s.Counts == nil || i != 2 && (s.Total != 0 || len(s.Counts) != 0) {
				t.Errorf("%s%s: bar %d is %+v", tt.query, tt.body, i, s)
			}
		}
		for status, n := range tt.want {
			total += n
			if h.Spans[2].Counts[status] != n {
				t.Errorf("%s%s: %+v, want %v", tt.query, tt.body, h.Spans[2], tt.want)
			}
		}
		if h.Spans[2].Total != total || len(h.Spans[2].Counts) != len(tt.want) {
			t.Errorf("%s%s: %+v, want %v", tt.query, tt.body, h.Spans[2], tt.want)
		}
	}
}

func TestHistogramNamesEveryMistake(t *testing.T) {
	t.Parallel()
	b := empty(t)
	const day = "since=2026-11-24T00:00:00Z&until=2026-11-25T00:00:00Z"
	for query, named := range map[string][]string{
		"":                             {"since must be given", "until must be given", "span must be whole seconds, 1s to 744h"},
		"?" + day:                      {"span must be"},
		"?" + day + "&span=60":         {"span must be"},
		"?" + day + "&span=0s":         {"span must be"},
		"?" + day + "&span=-1m":        {"span must be"},
		"?" + day + "&span=500ms":      {"span must be"},
		"?" + day + "&span=1.5s":       {"span must be"},
		"?" + day + "&span=1d":         {"span must be"},
		"?" + day + "&span=":           {"span must be"},
		"?" + day + "&span=57s":        {"span is too short: from since to until it makes more than 1500 bars"},
		"?" + day + "&span=1m&size=1":  {`"size"; known are status, since`, "span, budget_ms"},
		"?" + day + "&span=1m&csno=1":  {"csno is personal data, which does not belong into a URL: use POST /api/v1/histogram"},
		"?" + day + "&span=1m&x=1&y=2": {`"x"`, `"y"`},
		"?" + day + "&span=1m&column=cust_telno&contains=010&budget_ms=1":  {"cust_telno is personal data", "budget_ms must be"},
		"?since=2026-11-24T00:00:00Z&span=1m":                              {"until must be given"},
		"?since=2026-11-25T00:00:00Z&until=2026-11-24T00:00:00Z&span=1m":   {"since must be before until"},
		"?since=1970-01-01T00:00:00Z&until=9999-12-31T00:00:00Z&span=744h": {"more than 1500 bars"},
		"?since=0001-01-01T00:00:00Z&until=0001-01-01T00:00:00Z&span=745h": {"since must be a time", "until must be a time", "span must be"},
	} {
		checkProblem(t, b.get("/api/v1/histogram"+query), 400, named...)
	}
	for body, named := range map[string][]string{
		`{}`: {"since must be given", "until must be given", "span must be"},
		`{"span":60,"since":"2026-11-24T00:00:00Z","until":"2026-11-25T00:00:00Z"}`:             {"span must be text"},
		`{"span":"57s","since":"2026-11-24T00:00:00Z","until":"2026-11-25T00:00:00Z"}`:          {"more than 1500 bars"},
		`{"span":"1m","since":"2026-11-24T00:00:00Z","until":"2026-11-25T00:00:00Z","csno":""}`: {"csno must not be empty"},
		`{"span":"1m","since":"","until":"","order":"newest"}`:                                  {`unknown field "order"`, "since must be a time", "until must be a time"},
	} {
		checkProblem(t, b.do("POST", "/api/v1/histogram", body), 422, named...)
	}
	if w := b.get("/api/v1/histogram?" + day + "&span=58s"); w.Code != 200 || len(decode[histogram](t, w).Spans) != 1490 {
		t.Errorf("%d %.200s", w.Code, w.Body)
	}
}

// A push may have an id that is a word of the API: GET answers with its record.
func TestPushNamedHistogram(t *testing.T) {
	t.Parallel()
	b := empty(t)
	checkProblem(t, b.get("/api/v1/pushes/histogram"), 404)
	checkProblem(t, b.get("/api/v1/histogram"), 400, "since must be given")
	b.accept(t, jobOf("histogram"), jobOf("search"), jobOf("export"))
	for _, id := range []string{"histogram", "search", "export"} {
		if w := b.get("/api/v1/pushes/" + id); w.Code != 200 || decode[pushlog.Record](t, w).ID != id {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
	}
	w := b.get("/api/v1/histogram?since=2026-11-24T00:00:00Z&until=2026-11-25T00:00:00Z&span=1h")
	if h := decode[histogram](t, w); w.Code != 200 || len(h.Spans) != 24 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
