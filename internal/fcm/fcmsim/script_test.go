package fcmsim_test

import (
	"slices"
	"testing"

	"pushstream/internal/fcm/fcmsim"
)

func TestScripts(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{
		Faults: map[string]float64{fcmsim.Internal: 1}, // a script comes before chance
		Scripts: map[string][]fcmsim.Answer{"t-unregistered": {
			{Code: "QUOTA_EXCEEDED", RetryAfter: "9"},
			{Status: 401},
			{Code: "UNAVAILABLE", Status: 500},
			{Fault: fcmsim.ResetAfter},
			{Fault: fcmsim.SenderIDMismatch},
			{Status: 200},
			{Fault: "ok"},
		}},
	})
	var got []int
	var codes []string
	for range 8 {
		a := b.send(t, "t-unregistered", "id")
		got = append(got, statusOf(a))
		code := ""
		if a.err == nil && a.status != 200 {
			code = a.details(t).code
		}
		codes = append(codes, code)
		if a.status == 429 && a.header.Get("Retry-After") != "9" {
			t.Errorf("Retry-After = %q", a.header.Get("Retry-After"))
		}
	}
	if want := []int{429, 401, 500, lost, 403, 200, 200, 500}; !slices.Equal(got, want) {
		t.Errorf("statuses = %v, want %v", got, want)
	}
	if want := []string{"QUOTA_EXCEEDED", "", "UNAVAILABLE", "", "SENDER_ID_MISMATCH", "", "", "INTERNAL"}; !slices.Equal(codes, want) {
		t.Errorf("codes = %q, want %q", codes, want)
	}
	s := b.sim.Stats()
	if s.Accepted != 3 || s.ByCode["HTTP_401"] != 1 || s.ByCode["RESET"] != 1 || s.ByFault[fcmsim.ResetAfter] != 1 {
		t.Errorf("stats = %+v", s)
	}
}

func TestScriptsBeginAnew(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{Scripts: map[string][]fcmsim.Answer{"t": {{Code: "INTERNAL"}}}})
	for _, begin := range []func(){
		func() {}, b.sim.Reset, func() {
			if err := b.sim.Configure(b.sim.Config()); err != nil {
				t.Error(err)
			}
		},
	} {
		begin()
		if first, second := b.send(t, "t", "id"), b.send(t, "t", "id"); first.status != 500 || second.status != 200 {
			t.Errorf("answered %d, %d", first.status, second.status)
		}
	}
}
