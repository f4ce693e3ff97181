package admin

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
)

// hear runs the hub until the test ends, or stop is called.
func (b *bundle) hear(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- b.hub.Run(ctx) }()
	ended := false
	stop = func() {
		if cancel(); !ended {
			ended = true
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

// events asks for live events.
func (w *wire) events(t *testing.T, query string, headers map[string]string) (*http.Response, *bufio.Reader) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", w.url+"/api/v1/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: plainCookie, Value: w.cookie})
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp, bufio.NewReader(resp.Body)
}

// until reads lines up to one that has a text; empty if there is none.
func until(t *testing.T, lines *bufio.Reader, text string) string {
	t.Helper()
	for {
		line, err := lines.ReadString('\n')
		if strings.Contains(line, "csno-") || strings.Contains(line, "token-") || strings.Contains(line, "제목") {
			t.Errorf("it tells what a push holds: %s", line)
		}
		if strings.Contains(line, text) || err != nil {
			return strings.TrimSpace(line)
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.hear(t)
	w := b.wired(t, usual, hurried) // the server's limits are for other answers
	resp, lines := w.events(t, "?topics=pushes,counts", nil)
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": ""} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if line, err := lines.ReadString('\n'); err != nil || line != "retry: 3000\n" {
		t.Errorf("%q %v", line, err)
	}
	if got := until(t, lines, "event:"); got != "event: counts" {
		t.Error(got)
	}
	b.accept(t, jobOf("f"))
	id := ""
	for {
		line := until(t, lines, ":")
		if text, is := strings.CutPrefix(line, "id: "); is {
			id = text
		}
		if line == "event: pushes" {
			break
		}
	}
	if got := until(t, lines, "data:"); got != `data: {"changes":[{"id":"f","status":"queued"}],"more":0,"accepted":1}` {
		t.Error(got)
	}
	b.accept(t, jobOf("g")) // who comes back is told
	for query, headers := range map[string]map[string]string{
		"?topics=pushes":                        {"Last-Event-ID": id},
		"?topics=pushes&last_event_id=" + id:    nil,
		"?topics=pushes&last_event_id=nonsense": {"Last-Event-ID": id},
	} {
		_, lines := w.events(t, query, headers)
		if got := until(t, lines, "data:"); !strings.Contains(got, `"g"`) || strings.Contains(got, `"f"`) {
			t.Errorf("%s: %s", query, got)
		}
	}
	_, lines = w.events(t, "?topics=pushes&last_event_id=nonsense", nil)
	if got := until(t, lines, "event:"); got != "event: resync" {
		t.Error(got)
	}
	for query, words := range map[string][]string{
		"?topics=colours": {"topics must be one of [pushes"}, "?topics=": {"topics must be"}, "?topics=pushes,": {"topics must be"},
		"?csno=1": {"unknown parameter"}, "?topics=pushes&topics=flush": {"given twice"},
	} {
		checkProblem(t, b.get("/api/v1/events"+query), 400, words...)
	}
}

// A connection that nothing is told to is kept, and ends with the session.
func TestEventsEndWithTheSession(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.hear(t)
	w := b.wired(t, usual, usual)
	w.api.heartbeat, w.api.recheck = 20*time.Millisecond, 20*time.Millisecond
	_, lines := w.events(t, "?topics=pushes", nil)
	for range 3 {
		if got := until(t, lines, ":"); got == "" {
			t.Fatal("it has ended")
		}
	}
	if n, err := b.access.EndSessions(t.Context(), "root"); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	if got := until(t, lines, "session"); got != ": the session has ended" {
		t.Error(got)
	}
	if line, err := lines.ReadString('x'); err == nil {
		t.Errorf("it goes on: %q", line)
	}
}

func TestEventsForATokenThatIsTakenAway(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.hear(t)
	w := b.wired(t, usual, usual)
	w.api.heartbeat, w.api.recheck = 20*time.Millisecond, 20*time.Millisecond
	secret := b.token(t, "watcher", access.Read)
	_, lines := w.events(t, "", map[string]string{"Authorization": "Bearer " + secret, "Cookie": ""})
	if got := until(t, lines, "event: counts"); got == "" {
		t.Fatal("it has ended")
	}
	if err := b.access.RemoveToken(t.Context(), "watcher"); err != nil {
		t.Fatal(err)
	}
	if got := until(t, lines, "session"); got != ": the session has ended" {
		t.Error(got)
	}
}

func TestEventsEndWithTheProcess(t *testing.T) {
	t.Parallel()
	b := empty(t)
	stop := b.hear(t)
	w := b.wired(t, usual, usual)
	_, first := w.events(t, "?topics=pushes", nil)
	w.stop()
	if got := until(t, first, "stopped"); got != ": stopped" {
		t.Error(got)
	}
	other := b.wired(t, usual, usual)
	_, second := other.events(t, "?topics=pushes", nil)
	stop()
	if got := until(t, second, "stopped"); got != ": stopped" {
		t.Error(got)
	}
	resp, _ := other.events(t, "", nil)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestTooManyEvents(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.hear(t)
	w := b.wired(t, usual, usual)
	for range 20 {
		if resp, _ := w.events(t, "", nil); resp.StatusCode != 200 {
			t.Fatal(resp.StatusCode)
		}
	}
	resp, _ := w.events(t, "", nil)
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	secret := b.token(t, "another", access.Read)
	if resp, _ := w.events(t, "", map[string]string{"Authorization": "Bearer " + secret}); resp.StatusCode != 200 {
		t.Errorf("another one: %d", resp.StatusCode)
	}
}
