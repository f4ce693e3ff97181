package admin

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"pushstream/internal/access"
	"pushstream/internal/access/oidctest"
)

// logins are the counters of logins that are not zero, and how many there are.
func logins(t *testing.T, reg *prometheus.Registry) (map[string]float64, int) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got, all := map[string]float64{}, 0
	for _, f := range families {
		if f.GetName() != "pushstream_logins_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			all++
			if v := m.GetCounter().GetValue(); v > 0 {
				got[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] = v
			}
		}
	}
	return got, all
}

// Each login is counted by its result, those of single sign-on too.
func TestLoginMetrics(t *testing.T) {
	t.Parallel()
	b, p := empty(t), oidctest.New(t)
	reg := prometheus.NewPedanticRegistry()
	b.options.Registerer = reg
	b.trust(t, p)
	if got, all := logins(t, reg); len(got) != 0 || all != 11 {
		t.Errorf("%v of %d at the start", got, all)
	}
	b.user(t, "kim", access.Operator, false)
	b.user(t, "gone", access.Viewer, false)
	if err := b.access.Disable(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	b.login("kim", testPassword)
	b.login("kim", "not the password")
	b.login("gone", testPassword)
	b.login("hunter2-typed-as-a-name", testPassword)
	throttled := 0.0
	for range 10 {
		if w, _ := b.login("kim", "not the password"); w.Code == 429 {
			throttled++
		}
	}
	b.signOn(t, p, forPeople)
	b.back(forPeople, "", url.Values{"error": {"access_denied"}})
	got, all := logins(t, reg)
	want := map[string]float64{"password ok": 1, "password wrong_password": 1 + 10 - throttled, "password throttled": throttled, "password disabled": 1,
		"password unknown_user": 1, "oidc ok": 1, "oidc refused": 1}
	if throttled == 0 || fmt.Sprint(got) != fmt.Sprint(want) || all != 11 {
		t.Errorf("%v, want %v", got, want)
	}
	b.redis.Kill()
	b.login("kim", testPassword)
	if got, _ := logins(t, reg); got["password unavailable"] != 1 {
		t.Errorf("without Redis: %v", got)
	}
}
