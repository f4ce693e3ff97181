package fcmsim_test

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status   int
		code     string // in the FcmError, if the body is Google's
		tally    string
		accepted int
		broken   int
	}{
		fcmsim.Unregistered:     {404, "UNREGISTERED", "UNREGISTERED", 0, 0},
		fcmsim.SenderIDMismatch: {403, "SENDER_ID_MISMATCH", "SENDER_ID_MISMATCH", 0, 0},
		fcmsim.InvalidArgument:  {400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", 0, 0},
		fcmsim.QuotaExceeded:    {429, "QUOTA_EXCEEDED", "QUOTA_EXCEEDED", 0, 0},
		fcmsim.QuotaDevice:      {429, "QUOTA_EXCEEDED", "QUOTA_EXCEEDED", 0, 0},
		fcmsim.QuotaTopic:       {429, "QUOTA_EXCEEDED", "QUOTA_EXCEEDED", 0, 0},
		fcmsim.QuotaProject:     {429, "QUOTA_EXCEEDED", "QUOTA_EXCEEDED", 0, 0},
		fcmsim.Blocked:          {403, "", "BLOCKED", 0, 0},
		fcmsim.Unavailable:      {503, "UNAVAILABLE", "UNAVAILABLE", 0, 0},
		fcmsim.Internal:         {500, "INTERNAL", "INTERNAL", 0, 0},
		fcmsim.ThirdPartyAuth:   {401, "THIRD_PARTY_AUTH_ERROR", "THIRD_PARTY_AUTH_ERROR", 0, 0},
		fcmsim.Unspecified:      {500, "UNSPECIFIED_ERROR", "UNSPECIFIED_ERROR", 0, 0},
		fcmsim.Unauthenticated:  {401, "", "UNAUTHENTICATED", 0, 0},
		fcmsim.PermissionDenied: {403, "", "PERMISSION_DENIED", 0, 0},
		fcmsim.NotFound:         {404, "", "NOT_FOUND", 0, 0},
		fcmsim.HTML502:          {502, "", "HTML_502", 0, 0},
		fcmsim.Redirect:         {302, "", "REDIRECT_302", 0, 0},
		fcmsim.Redirect300:      {300, "", "REDIRECT_300", 0, 0},
		fcmsim.Garbage:          {200, "", "GARBAGE", 0, 0},
		fcmsim.ResetBefore:      {lost, "", "RESET", 0, 0},
		fcmsim.Hang:             {lost, "", "HANG", 0, 0},
		fcmsim.ResetAfter:       {lost, "", "RESET", 1, 1},
		fcmsim.UnavailableAfter: {503, "UNAVAILABLE", "UNAVAILABLE", 1, 1},
		fcmsim.Truncated:        {lost, "", "TRUNCATED", 1, 1},
		fcmsim.GoAway:           {200, "", "OK", 1, 0},
	}
	if got := slices.Sorted(maps.Keys(cases)); !slices.Equal(got, fcmsim.Faults()) {
		t.Fatalf("cases for %v, faults are %v", got, fcmsim.Faults())
	}
	for fault, tc := range cases {
		for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(fault+" "+proto, func(t *testing.T) {
				t.Parallel()
				b := setup(t, fcmsim.Config{Faults: map[string]float64{fault: 1}, HangFor: time.Millisecond})
				client := h1
				if proto == "HTTP/2.0" {
					client = h2c(t)
				}
				got := do(t, client, http.MethodPost, b.srv.URL()+"/v1/projects/p/messages:send", push("t", "id"))
				if statusOf(got) != tc.status {
					t.Fatalf("answered %d: %s%v", got.status, got.body, got.err)
				}
				if got.err == nil && got.proto != proto {
					t.Errorf("came over %s", got.proto)
				}
				if tc.code != "" && got.details(t).code != tc.code {
					t.Errorf("code = %q", got.details(t).code)
				}
				if tc.status == lost { // the server may see the end after the client
					await(t, func() bool { return b.sim.Stats().ByCode[tc.tally] == 1 })
				}
				s := b.sim.Stats()
				if s.ByCode[tc.tally] != 1 || s.ByFault[fault] != 1 || s.Requests != 1 {
					t.Errorf("stats = %+v", s)
				}
				m, _ := b.sim.Message("id")
				if m.Accepted != tc.accepted || m.AnswersBroken != tc.broken || m.Attempts != 1 {
					t.Errorf("message = %+v", m)
				}
			})
		}
	}
}

func TestUncodedErrorsHaveNoFcmError(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{fcmsim.Unauthenticated, fcmsim.PermissionDenied, fcmsim.NotFound} {
		b := setup(t, fcmsim.Config{Faults: map[string]float64{fault: 1}})
		if d := b.send(t, "t", "id").details(t); d.code != "" || d.status != strings.ToUpper(fault) {
			t.Errorf("%s: details = %+v", fault, d)
		}
	}
}

func TestFollowedRedirectIsCounted(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{Faults: map[string]float64{fcmsim.Redirect: 1}})
	follow := &http.Client{Transport: h1.Transport}
	got := do(t, follow, http.MethodPost, b.srv.URL()+"/v1/projects/p/messages:send", push("t", "id"))
	if s := b.sim.Stats(); got.status != http.StatusOK || s.RedirectsFollowed != 1 || s.Accepted != 0 {
		t.Errorf("answered %d, stats = %+v", got.status, s)
	}
}

// A fault after accept can't accept what FCM refuses.
func TestFaultAfterAcceptNeedsAGoodMessage(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{Faults: map[string]float64{fcmsim.ResetAfter: 1}})
	if got := b.post(t, `{"message":{"token":"a b"}}`); got.status != http.StatusBadRequest {
		t.Errorf("answered %d, %v", got.status, got.err)
	}
	if s := b.sim.Stats(); s.Accepted != 0 || len(s.ByFault) != 0 {
		t.Errorf("stats = %+v", s)
	}
}

// What happened to each of the messages of one run, by id and try.
func run(t *testing.T, seed uint64, concurrent bool) map[string]int {
	t.Helper()
	b := setup(t, fcmsim.Config{Seed: seed, Faults: map[string]float64{
		fcmsim.Unavailable: 0.2, fcmsim.Internal: 0.2, fcmsim.ResetBefore: 0.05, fcmsim.ResetAfter: 0.05,
	}})
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := map[string]int{}
	for i := range 60 {
		one := func() {
			for try := range 3 {
				id := fmt.Sprintf("id-%d", i)
				status := statusOf(b.send(t, "t", id))
				mu.Lock()
				got[fmt.Sprintf("%s try %d", id, try)] = status
				mu.Unlock()
			}
		}
		if concurrent {
			wg.Go(one)
		} else {
			one()
		}
	}
	wg.Wait()
	return got
}

func TestSeedDecidesFaultsInAnyOrder(t *testing.T) {
	t.Parallel()
	first := run(t, 7, false)
	if again := run(t, 7, true); !maps.Equal(first, again) {
		t.Errorf("the same seed gave another run")
	}
	if other := run(t, 8, false); maps.Equal(first, other) {
		t.Errorf("another seed gave the same run")
	}
	seen := map[int]int{}
	for _, status := range first {
		seen[status]++
	}
	for _, status := range []int{200, 503, 500, lost} {
		if seen[status] == 0 {
			t.Errorf("no answer %d among %v", status, seen)
		}
	}
}

// Messages without an id draw by order of arrival, so they differ too.
func TestNamelessMessagesDraw(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{Seed: 1, Faults: map[string]float64{fcmsim.Internal: 0.5}})
	var first []int
	for range 30 {
		first = append(first, b.post(t, `{"message":{"token":"t"}}`).status)
	}
	if !slices.Contains(first, 200) || !slices.Contains(first, 500) {
		t.Fatalf("statuses = %v", first)
	}
	b.sim.Reset()
	var again []int
	for range 30 {
		again = append(again, b.post(t, `{"message":{"token":"t"}}`).status)
	}
	if !slices.Equal(first, again) {
		t.Errorf("after reset %v, before %v", again, first)
	}
}

func TestRatesHold(t *testing.T) {
	t.Parallel()
	const n = 20_000
	sim := fcmsim.New(fcmsim.Config{Seed: 3, Faults: map[string]float64{fcmsim.Internal: 0.1, fcmsim.NotFound: 0.3}})
	for i := range n {
		serve(sim, push("t", fmt.Sprint("id-", i)))
	}
	got := sim.Stats().ByFault
	for name, want := range map[string]float64{fcmsim.Internal: 0.1, fcmsim.NotFound: 0.3} {
		// Seeded, so this passes or fails for ever: five standard deviations.
		if rate := float64(got[name]) / n; math.Abs(rate-want) > 5*math.Sqrt(want*(1-want)/n) {
			t.Errorf("%s struck at a rate of %v, want %v", name, rate, want)
		}
	}
}
