package main

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
)

func TestDeck(t *testing.T) {
	t.Parallel()
	deal := func(seed uint64) []string {
		d := newDeck(newDraws(seed, trackRedis), card(3, "a"), card(1, "b"), card(2, "c"))
		var dealt []string
		for range 12 {
			dealt = append(dealt, d.deal())
		}
		return dealt
	}
	one := deal(1)
	for from := 0; from < 12; from += 6 {
		if got := slices.Sorted(slices.Values(one[from : from+6])); !slices.Equal(got, []string{"a", "a", "a", "b", "c", "c"}) {
			t.Errorf("dealt %v", got)
		}
	}
	if !slices.Equal(one, deal(1)) {
		t.Error("the same seed deals otherwise")
	}
	if slices.Equal(one, deal(2)) && slices.Equal(one, deal(3)) {
		t.Error("the seed does not matter")
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	d := newDraws(1, trackHTTP)
	for range 1000 {
		if got := d.span(time.Second, 2*time.Second); got < time.Second || got >= 2*time.Second {
			t.Fatalf("drawn %v", got)
		}
	}
}

// What FCM may have is what the simulator can do, and all of that.
func TestTroubles(t *testing.T) {
	t.Parallel()
	s := &storm{flags: &cli{Seed: 7}}
	known := map[string]bool{}
	for _, trouble := range troubles() {
		c := s.healthy()
		c.Faults, c.HangFor = trouble.faults, trouble.hangFor
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", trouble.name, err)
		}
		if trouble.faults[fcmsim.Hang] > 0 && (trouble.hangFor == 0 || trouble.hangFor > 10*time.Second) {
			t.Errorf("%s hangs for %v", trouble.name, trouble.hangFor)
		}
		if trouble.faults[fcmsim.QuotaExceeded] > 0 && trouble.retryAfter == 0 {
			t.Errorf("%s holds all for a minute", trouble.name)
		}
		for name := range trouble.faults {
			known[name] = true
		}
	}
	if got := slices.Sorted(maps.Keys(known)); !slices.Equal(got, fcmsim.Faults()) {
		t.Errorf("the troubles are %v, the simulator knows %v", got, fcmsim.Faults())
	}
}

func TestClaimOne(t *testing.T) {
	t.Parallel()
	units := []*unit{{name: "a"}, {name: "b"}, {name: "c"}, {name: "d"}}
	first := claimOne(units, 3, 2)
	second := claimOne(units, 3, 2)
	if first != units[3] || second != units[0] {
		t.Fatalf("claimed %v and %v", first, second)
	}
	if third := claimOne(units, 1, 2); third != nil {
		t.Errorf("claimed %s: three of four are down", third.name)
	}
	first.release()
	if again := claimOne(units, 3, 2); again != first {
		t.Errorf("claimed %v", again)
	}
}
