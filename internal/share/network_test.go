package share

import (
	"net/netip"
	"testing"
)

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7":              "192.0.2.7",
		"::ffff:192.0.2.7":       "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::/64",
		"2001:db8:1:2::":         "2001:db8:1:2::/64",
		"2001:db8:1:3::":         "2001:db8:1:3::/64",
		"fe80::1%eth0":           "fe80::/64",
		"":                       "unknown",
		"192.0.2.7:80":           "unknown",
		"a\nb":                   "unknown",
		"192.0.2.7 OR 1=1 {x} *": "unknown",
	} {
		if got := Network(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func FuzzNetwork(f *testing.F) {
	for _, seed := range []string{"", "192.0.2.7", "::1", "fe80::1%a", "::ffff:1.2.3.4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got := Network(address)
		_, one := netip.ParseAddr(got)
		_, many := netip.ParsePrefix(got)
		if one != nil && many != nil && got != "unknown" || len(got) > 50 {
			t.Errorf("%q: %q", address, got)
		}
	})
}
