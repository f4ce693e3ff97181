package admin

import (
	"strings"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

func TestList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := []struct {
		name, query  string
		ids          string
		page, size   int
		pages, total int64
	}{
		{"newest first, 100 a page", "", "edcba", 1, 100, 1, 5},
		{"empty parameters", "?page=&size=&status=", "edcba", 1, 100, 1, 5},
		{"first page", "?size=2", "ed", 1, 2, 3, 5},
		{"last page, not full", "?size=2&page=3", "a", 3, 2, 3, 5},
		{"full last page", "?size=5", "edcba", 1, 5, 1, 5},
		{"behind the last page", "?page=4&size=2", "", 4, 2, 3, 5},
		{"oldest first", "?order=oldest&size=2&page=2", "cd", 2, 2, 3, 5},
		{"one state", "?status=scheduled", "e", 1, 100, 1, 1},
		{"a state that nothing is in", "?status=failed", "", 1, 100, 0, 0},
		{"greatest page", "?size=1000&page=1000000", "", 1_000_000, 1000, 1, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := b.get("/api/v1/pushes" + tt.query)
			p := decode[page](t, w)
			ids := ""
			for _, r := range p.Items {
				ids += r.ID
			}
			if w.Code != 200 || ids != tt.ids || p.Page != tt.page || p.Size != tt.size || p.Pages != tt.pages || p.Total != tt.total {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if tt.ids == "" && !strings.Contains(w.Body.String(), `"items":[]`) {
				t.Errorf("no items must be an empty array: %s", w.Body)
			}
		})
	}
}

// Whoever writes a client sees every mistake at once, by its name.
func TestListNamesEveryMistake(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := []struct {
		query string
		named []string
	}{
		{"?page=0", []string{"page must be"}},
		{"?page=-1", []string{"page must be"}},
		{"?page=x", []string{"page must be"}},
		{"?page=1.5", []string{"page must be"}},
		{"?page=1000001", []string{"page must be"}},
		{"?page=99999999999999999999", []string{"page must be"}},
		{"?size=0", []string{"size must be"}},
		{"?size=1001", []string{"size must be"}},
		{"?order=random", []string{"order must be newest or oldest"}},
		{"?order=", []string{"order must be newest or oldest"}},
		{"?status=done", []string{"status must be one of"}},
		{"?status=SENT", []string{"status must be one of"}},
		{"?Page=1", []string{`"Page"`, "known are status, since, until, push_grp_id, D_servicename, error_code, column, contains, equals, fcm_send_yn, fcm_send_since, fcm_send_until, sndn_rsev_since, sndn_rsev_until, page, size, order, asof, budget_ms"}},
		{"?csno=1&colour=red", []string{`"colour"`, "csno is personal data", "use POST /api/v1/pushes/search"}},
		{"?csno=1", []string{"csno is personal data"}},
		{"?uuid_id=1&device_id=1&cust_telno=1", []string{"uuid_id is personal data", "device_id is personal data", "cust_telno is personal data"}},
		{"?msg_title=1&msg_contents=", []string{"msg_title is personal data", "msg_contents is personal data"}},
		{"?column=csno&contains=100", []string{"csno is personal data", "POST"}},
		{"?column=msg_title&contains=100", []string{"msg_title is personal data"}},
		{"?column=colour&contains=red", []string{"column must be one of D_servicename, push_grp_id, result"}},
		{"?column=&contains=red", []string{"column must be one of"}},
		{"?column=result", []string{"column goes with contains or equals"}},
		{"?contains=x", []string{"column goes with contains or equals"}},
		{"?column=result&contains=", []string{"contains must not be empty"}},
		{"?column=result&contains=%ff", []string{"contains is not valid UTF-8"}},
		{"?column=result&contains=" + strings.Repeat("a", 513), []string{"contains is longer than 512 bytes"}},
		{"?column=csno&equals=100", []string{"csno is personal data", "POST"}},
		{"?column=msg_contents&equals=100", []string{"msg_contents is personal data"}},
		{"?column=result&equals=x&contains=x", []string{"column goes with contains or equals, one of the two"}},
		{"?equals=x", []string{"column goes with contains or equals"}},
		{"?column=result&equals=", []string{"equals must not be empty"}},
		{"?column=result&equals=%ff", []string{"equals is not valid UTF-8"}},
		{"?status=failed,done", []string{"status must be one of"}},
		{"?status=failed,", []string{"status must be one of"}},
		{"?status=failed&status=sent", []string{"status is given twice"}},
		{"?since=yesterday", []string{"since must be a time"}},
		{"?until=0001-01-01T00:00:00Z", []string{"until must be a time"}},
		{"?since=", []string{"since must be a time"}},
		{"?since=2026-11-24T09:00:00+09:00", []string{"since must be a time", "%2B"}},
		{"?since=2026-11-24T09:00:00Z&until=2026-11-24T09:00:00Z", []string{"since must be before until"}},
		{"?asof=now", []string{"asof must be a time"}},
		{"?push_grp_id=", []string{"push_grp_id must not be empty"}},
		{"?D_servicename=" + strings.Repeat("a", 129), []string{"D_servicename is longer than 128 characters"}},
		{"?push_grp_id=%ff", []string{"push_grp_id is not valid UTF-8"}},
		{"?error_code=UNKNOWN", []string{"error_code must be one of"}},
		{"?budget_ms=99", []string{"budget_ms must be a whole number, 100 to 10000"}},
		{"?budget_ms=10001", []string{"budget_ms must be"}},
		{"?budget_ms=", []string{"budget_ms must be"}},
		{"?page=0&size=0&order=x&status=x&y=x", []string{"page must", "size must", "order must", "status must", `"y"`}},
		{"?status=failed;page=2", []string{"query"}}, // else it would be left out, and the page be another
		{"?status=%zz", []string{"query"}},
		{"?page=1&page=2", []string{"page", "twice"}},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			checkProblem(t, b.get("/api/v1/pushes"+tt.query), 400, tt.named...)
		})
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.get("/api/v1/pushes/b")
	r := decode[pushlog.Record](t, w)
	if w.Code != 200 || r.ID != "b" || r.Status != push.Queued || r.DeviceID != "to****" || r.MsgTitle != "제목****" || r.Csno != "***o-b" || r.AcceptedAt == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, id := range []string{"b%0a", "%20b", "%EF%BB%BFb%C2%A0", "%EF%BD%82"} { // as people copy and type it
		if r := decode[pushlog.Record](t, b.get("/api/v1/pushes/"+id)); r.ID != "b" {
			t.Errorf("%s: %+v", id, r)
		}
	}
	for _, id := range []string{"x", "A", strings.Repeat("a", 128), strings.Repeat("a", 129), "a%20b", "%2e%2e", "a%00", "%EA%B0%80", "*"} {
		checkProblem(t, b.get("/api/v1/pushes/"+id), 404)
	}
}
