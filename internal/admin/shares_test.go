package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"pushstream/internal/access"
	"pushstream/internal/push"
)

// One who takes all that he gets leaves the others theirs.
func TestSharesOfExpensiveRequests(t *testing.T) {
	t.Parallel()
	s := newShares()
	one, other := asker{access.KindUser, "one"}, asker{access.KindUser, "other"}
	var leaves []func()
	for range maxLongEach {
		leave, _ := s.enter(t.Context(), one)
		leaves = append(leaves, leave)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	refused := 0
	for range 40 {
		all.Go(func() {
			if leave, wait := s.enter(t.Context(), one); leave == nil && wait > 0 {
				mu.Lock()
				defer mu.Unlock()
				refused++
			}
		})
	}
	for range maxLongEach {
		leave, _ := s.enter(t.Context(), other)
		if leave == nil {
			t.Fatal("no place for another")
		}
		leaves = append(leaves, leave)
	}
	all.Wait()
	if refused != 40 {
		t.Errorf("%d of 40 refused", refused)
	}
	for _, leave := range leaves {
		leave()
	}
	leave, _ := s.enter(t.Context(), one)
	if leave == nil {
		t.Fatal("no place after all have left")
	}
	leave()
	if len(s.of) != 0 || len(s.places) != 0 {
		t.Errorf("%d %d", len(s.of), len(s.places))
	}
}

// One who waits for a place gets it when it is free.
func TestWaitForAPlace(t *testing.T) {
	t.Parallel()
	s, w := newShares(), asker{access.KindUser, "one"}
	first := []func(){}
	for range maxLongEach {
		leave, _ := s.enter(t.Context(), w)
		first = append(first, leave)
	}
	got := make(chan func())
	go func() {
		leave, _ := s.enter(t.Context(), w)
		got <- leave
	}()
	first[0]()
	leave := <-got
	if leave == nil {
		t.Fatal("no place")
	}
	leave()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range maxLongEach - 1 {
		_, _ = s.enter(t.Context(), w)
	}
	s.enter(t.Context(), w)
	if leave, _ := s.enter(ctx, w); leave != nil {
		t.Error("a place for somebody who is gone")
	}
}

// Each kind of expensive request counts: a flood of them is refused, and somebody
// else's are answered meanwhile.
func TestRateOfExpensiveRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "other", access.Operator, false)}
	const bars = "span=24h&since=2020-01-01T00:00:00Z&until=2021-01-01T00:00:00Z"
	for _, r := range []request{
		{"POST", "/api/v1/pushes/search", `{"column":"push_grp_id","contains":"zzz"}`},
		{"GET", "/api/v1/pushes?column=push_grp_id&contains=zzz", ""},
		{"GET", "/api/v1/pushes?D_servicename=x", ""},
		{"GET", "/api/v1/histogram?" + bars, ""},
		{"POST", "/api/v1/histogram", `{"span":"24h","since":"2020-01-01T00:00:00Z","until":"2021-01-01T00:00:00Z"}`},
		{"POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"dry_run":true}`},
		{"POST", "/api/v1/pushes/export", `{"format":"ndjson"}`},
		{"POST", "/api/v1/audit/search", `{}`},
	} {
		b.api.shares.pace = newPace(0.01, 5)
		codes := map[int]int{}
		var last *httptest.ResponseRecorder
		for range 8 {
			last = b.do(r.method, r.path, r.body)
			codes[last.Code]++
		}
		if codes[200] != 5 || codes[429] != 3 {
			t.Errorf("%s %s: %v", r.method, r.path, codes)
		}
		checkProblem(t, last, http.StatusTooManyRequests, "too many searches")
		if last.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		if w := b.as("localhost", other, r.method, r.path, r.body); w.Code != 200 && !strings.HasPrefix(r.path, "/api/v1/audit") {
			t.Errorf("somebody else: %d %s", w.Code, w.Body)
		}
		if w := b.get("/api/v1/pushes"); w.Code != 200 {
			t.Errorf("what is cheap: %d", w.Code)
		}
	}
}

// Repeated acts that are refused do not fill the audit log.
func TestRefusedActsAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.api.paces.refusals = newPace(0.01, 20)
	codes := map[int]int{}
	for range 60 {
		codes[b.do("POST", "/api/v1/pushes/nobody/cancel", "").Code]++
	}
	if codes[404] != 20 || codes[429] != 40 {
		t.Errorf("%v", codes)
	}
	if n := b.rdb.XLen(t.Context(), "push:{audit}:entries").Val(); n > 25 {
		t.Errorf("%d entries", n)
	}
}

// Test pushes are for tests.
func TestSendsAreBounded(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.api.paces.sends = newPace(0.01, 3)
	codes := map[int]int{}
	for i := range 6 {
		codes[b.do("POST", "/api/v1/pushes", fmt.Sprintf(`{"id":"s%d","device_id":"t","msg_title":"x"}`, i)).Code]++
	}
	if codes[202] != 3 || codes[429] != 3 {
		t.Errorf("%v", codes)
	}
	counts, err := b.log.Counts(t.Context())
	if err != nil || counts[push.Queued] != 3 {
		t.Errorf("%v %v", counts, err)
	}
}
