package admin

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/audit"
)

// What is taken away from somebody ends the file that he is getting, however slowly he
// takes it; it does not look like a whole one, and the audit log says so.
func TestExportEndsWithTheRight(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 4000)
	b.user(t, "other", access.Admin, false)
	for name, one := range map[string]struct {
		path, body string
		take       func(t *testing.T, name string) error
		cut        bool
	}{
		"disabled":         {"/api/v1/pushes/export", `{"format":"ndjson","reveal":true,"reason":"x"}`, func(t *testing.T, name string) error { return b.access.Disable(t.Context(), name) }, true},
		"grant taken":      {"/api/v1/pushes/export", `{"format":"csv","reveal":true,"reason":"x"}`, func(t *testing.T, name string) error { return b.access.SetRole(t.Context(), name, access.Admin, false) }, true},
		"role taken":       {"/api/v1/pushes/export", `{"format":"csv"}`, func(t *testing.T, name string) error { return b.access.SetRole(t.Context(), name, access.Viewer, true) }, true},
		"sessions ended":   {"/api/v1/pushes/export", `{"format":"csv"}`, func(t *testing.T, name string) error { _, err := b.access.EndSessions(t.Context(), name); return err }, true},
		"not used":         {"/api/v1/pushes/export", `{"format":"csv"}`, func(t *testing.T, name string) error { b.unused(t, name, 31*time.Minute); return nil }, true},
		"grant not needed": {"/api/v1/pushes/export", `{"format":"csv"}`, func(t *testing.T, name string) error { return b.access.SetRole(t.Context(), name, access.Admin, false) }, false},
		"nothing is taken": {"/api/v1/pushes/export", `{"format":"ndjson","reveal":true,"reason":"x"}`, func(*testing.T, string) error { return nil }, false},
		"disabled, masked": {"/api/v1/pushes/export", `{"format":"ndjson"}`, func(t *testing.T, name string) error { return b.access.Disable(t.Context(), name) }, true},
	} {
		user := strings.NewReplacer(" ", "-", ",", "").Replace(name)
		w := b.wired(t, usual, usual)
		w.api.recheck = 20 * time.Millisecond
		w.cookie = b.user(t, user, access.Admin, true)
		resp, _ := w.post(t, one.path, "*/*", one.body)
		if resp.StatusCode != 200 {
			t.Fatal(name, resp.StatusCode)
		}
		first := make([]byte, 1000)
		if _, err := io.ReadFull(resp.Body, first); err != nil {
			t.Fatal(name, err)
		}
		if err := one.take(t, user); err != nil {
			t.Fatal(name, err)
		}
		entry := func() audit.Entry {
			page, err := b.options.Audit.List(t.Context(), audit.Query{Actor: user, Actions: []audit.Action{audit.Export}})
			if err != nil || len(page.Entries) != 1 {
				t.Fatal(name, err, page)
			}
			return page.Entries[0]
		}
		if one.cut { // while the client takes nothing
			b.eventually(t, name+" is cut", func() bool { return entry().Outcome != audit.Unknown })
		}
		_, err := io.Copy(io.Discard, resp.Body)
		b.eventually(t, name+" has ended", func() bool { return entry().Outcome != audit.Unknown })
		e := entry()
		if one.cut && (err == nil || e.Outcome != audit.Partial || !strings.Contains(e.Result["why"], "taken away")) {
			t.Errorf("%s: %v %+v", name, err, e)
		}
		if !one.cut && (err != nil || e.Outcome != audit.Done || e.Result["records"] != "4000") {
			t.Errorf("%s: %v %+v", name, err, e)
		}
	}
}

// A search in steps tells why it ends.
func TestSearchEndsWithTheSession(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 4000)
	w := b.wired(t, usual, usual)
	w.api.recheck = 20 * time.Millisecond
	w.gate.limit.Store(3 << 20) // of some six
	resp, _ := w.post(t, "/api/v1/pushes/search", ndjson, `{"column":"push_grp_id","contains":"G","size":1}`)
	if _, err := b.access.EndSessions(t.Context(), "root"); err != nil {
		t.Fatal(err)
	}
	last := ""
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		last = s.Text()
	}
	if !strings.Contains(last, "the session has ended") || !strings.Contains(last, `"status":401`) {
		t.Errorf("the last line is %.200s", last)
	}
}
