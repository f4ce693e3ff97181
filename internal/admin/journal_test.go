package admin

import (
	"strings"
	"testing"
)

// Whoever asks later who paused what finds one line for each request, and
// nothing of the customers in it.
func TestJournal(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	tests := []struct {
		method, path, body string
		status             int64
		outcome            string
		field, value       string
	}{
		{"POST", "/api/v1/pushes/a/cancel", "", 200, "cancelled", "id", "a"},
		{"POST", "/api/v1/pushes/b/cancel", "", 409, "failed", "id", "b"},
		{"POST", "/api/v1/pushes/nobody/redrive", "", 404, "missing", "id", "nobody"},
		{"POST", "/api/v1/pushes/010-1234%205678/redrive", "", 404, "refused", "", ""},
		{"POST", "/api/v1/jobs", `{"kind":"redrive","status":["failed"],"csno":"csno-b","device_id":"token-b","reason":"a test"}`, 202, "ordered", "kind", "redrive"},
		{"POST", "/api/v1/jobs", `{"kind":"redrive","status":["failed"],"csno":"csno-b","dry_run":true}`, 200, "counted", "kind", "redrive"},
		{"POST", "/api/v1/jobs", `{"kind":"redrive","status":["csno-b"]}`, 422, "refused", "", ""},
		{"POST", "/api/v1/jobs?csno=csno-b", ``, 400, "refused", "", ""},
		{"POST", "/api/v1/jobs/JOB/cancel", ``, 200, "cancelled", "", ""},
		{"POST", "/api/v1/pushes/later/move", `{"sndn_rsev_hour":"` + tomorrow + `"}`, 200, "scheduled", "id", "later"},
		{"POST", "/api/v1/pushes/later/send-now", ``, 200, "queued", "id", "later"},
		{"POST", "/api/v1/pushes", `{"id":"mine","csno":"csno-b","device_id":"token-b","msg_title":"x"}`, 202, "queued", "id", "mine"},
		{"POST", "/api/v1/pushes", `{"csno":"csno-b","device_id":"token-b"}`, 422, "refused", "", ""},
		{"POST", "/api/v1/flushes", `{"confirm":"flush","csno":"csno-b","reason":"a test"}`, 202, "ordered", "", ""},
		{"POST", "/api/v1/flushes", `{"confirm":"csno-b"}`, 422, "refused", "", ""},
		{"POST", "/api/v1/flushes/current/cancel", ``, 200, "cancelled", "", ""},
		{"PUT", "/api/v1/workers/desired", `{"desired":"paused"}`, 200, "paused", "", ""},
		{"PUT", "/api/v1/workers/paused-one/desired", `{"desired":"running"}`, 200, "running", "name", "paused-one"},
		{"PUT", "/api/v1/workers/" + strings.Repeat("n", 1000) + "/desired", `{"desired":"running"}`, 404, "missing", "name", strings.Repeat("n", 80)},
		{"DELETE", "/api/v1/holds/demo", "", 204, "ended", "project", "demo"},
		{"DELETE", "/api/v1/holds/demo", "", 404, "missing", "project", "demo"},
		{"DELETE", "/api/v1/dead-tokens/token-b", "", 404, "refused", "", ""},
		{"POST", "/api/v1/pushes/export", `{"csno":"csno-b","column":"msg_title","contains":"010-"}`, 200, "done", "format", "csv"},
		{"POST", "/api/v1/pushes/export", `{"device_id":"token-b","csno":""}`, 422, "refused", "", ""},
	}
	for _, tt := range tests {
		b.logs.TakeAll()
		w := b.do(tt.method, tt.path, tt.body)
		lines := b.logs.FilterMessage("action").All()
		if len(lines) != 1 {
			t.Errorf("%s %s: %d lines", tt.method, tt.path, len(lines))
			continue
		}
		f := lines[0].ContextMap()
		if f["status"] != tt.status || f["outcome"] != tt.outcome || f["method"] != tt.method || f["request_id"] != w.Header().Get("X-Request-Id") {
			t.Errorf("%s %s: %v", tt.method, tt.path, f)
		}
		if route, _ := f["route"].(string); !strings.HasPrefix(route, "/api/v1/") {
			t.Errorf("%s %s: route %q", tt.method, tt.path, route)
		}
		if tt.field != "" && f[tt.field] != tt.value {
			t.Errorf("%s %s: %s is %v", tt.method, tt.path, tt.field, f[tt.field])
		}
		for name, value := range f {
			text, _ := value.(string)
			for _, secret := range []string{"csno-b", "token-b", "010-"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s %s: %s: %s", tt.method, tt.path, name, text)
				}
			}
		}
	}
}

func TestJournalLeavesReadersOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range readable {
		b.get(path)
	}
	for _, r := range posted[:2] {
		b.do(r.method, r.path, r.body)
	}
	if n := b.logs.Len(); n != 0 {
		t.Errorf("%d lines", n)
	}
}
