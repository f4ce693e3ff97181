package fcmsim_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
)

// lost stands for a connection that broke.
const lost = -1

func statusOf(a answered) int {
	if a.err != nil {
		return lost
	}
	return a.status
}

func TestFates(t *testing.T) {
	t.Parallel()
	for ending, tc := range map[string]struct {
		statuses []int // of three tries of one id
		code     string
		accepted int
	}{
		"":             {[]int{200, 200, 200}, "", 3},
		"unknown":      {[]int{200, 200, 200}, "", 3},
		"ok":           {[]int{200, 200, 200}, "", 3},
		"unregistered": {[]int{404, 404, 404}, "UNREGISTERED", 0},
		"mismatch":     {[]int{403, 403, 403}, "SENDER_ID_MISMATCH", 0},
		"invalid":      {[]int{400, 400, 400}, "INVALID_ARGUMENT", 0},
		"apns":         {[]int{401, 401, 401}, "THIRD_PARTY_AUTH_ERROR", 0},
		"flaky":        {[]int{503, 200, 200}, "UNAVAILABLE", 2},
		"unavailable":  {[]int{503, 503, 503}, "UNAVAILABLE", 0},
		"quota":        {[]int{429, 200, 200}, "QUOTA_EXCEEDED", 2},
		"limited":      {[]int{429, 429, 429}, "QUOTA_EXCEEDED", 0},
		"blocked":      {[]int{403, 403, 403}, "", 0},
		"slow":         {[]int{200, 200, 200}, "", 3},
		"ghost":        {[]int{lost, 200, 200}, "", 3},
	} {
		for how, token := range map[string]string{"ending": "abc:t-" + ending, "setting": "abc:set"} {
			t.Run(ending+" by "+how, func(t *testing.T) {
				t.Parallel()
				c := fcmsim.Config{SlowFor: time.Millisecond}
				if how == "setting" {
					if ending == "" || ending == "unknown" {
						t.Skip("not a fate")
					}
					c.Fates = map[string]string{token: ending}
				}
				b := setup(t, c)
				var got []int
				for try := range 3 {
					a := b.send(t, token, "id")
					got = append(got, statusOf(a))
					if try == 0 && tc.code != "" && a.details(t).code != tc.code {
						t.Errorf("code = %q, want %q", a.details(t).code, tc.code)
					}
				}
				if !slices.Equal(got, tc.statuses) {
					t.Errorf("statuses = %v, want %v", got, tc.statuses)
				}
				if m, ok := b.sim.Message("id"); !ok || m.Accepted != tc.accepted || m.Attempts != 3 {
					t.Errorf("message = %+v, want %d acceptances", m, tc.accepted)
				}
			})
		}
	}
}

func TestSettingOverridesEnding(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{Fates: map[string]string{"t-unregistered": "ok"}})
	if got := b.send(t, "t-unregistered", "id"); got.status != http.StatusOK {
		t.Errorf("answered %d", got.status)
	}
	if got := b.send(t, "u-unregistered", "id"); got.status != http.StatusNotFound {
		t.Errorf("another token answered %d", got.status)
	}
}

func TestInvalidTokenIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	if d := b.send(t, "t-invalid", "id").details(t); !slices.Equal(d.fields, []string{"message.token"}) {
		t.Errorf("fields = %q", d.fields)
	}
}

// Each id has its own first try; without an id every try is a first one.
func TestFirstTryIsOfAnID(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	const tagged = `{"message":{"token":"t-flaky","android":{"notification":{"tag":"c"}}}}`
	const nameless = `{"message":{"token":"t-flaky"}}`
	var got []int
	for _, body := range []string{push("t-flaky", "a"), push("t-flaky", "b"), push("t-flaky", "a"), tagged, tagged, nameless, nameless} {
		got = append(got, b.post(t, body).status)
	}
	if want := []int{503, 503, 200, 503, 200, 503, 503}; !slices.Equal(got, want) {
		t.Errorf("statuses = %v, want %v", got, want)
	}
	if s := b.sim.Stats(); s.IDs != 3 || s.AcceptedIDs != 2 || s.Accepted != 2 {
		t.Errorf("stats = %+v", s)
	}
}

func TestQuotaFateSaysWhen(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	if got := b.send(t, "t-quota", "id").header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After = %q", got)
	}
}
