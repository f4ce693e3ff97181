package access

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// fail tries a wrong password, and returns how long to wait before the next; 0 if it
// was looked at.
func (b *bundle) fail(t *testing.T, name, address string) time.Duration {
	t.Helper()
	_, _, _, err := b.Login(t.Context(), name, "wrong horse 고객", From{Address: address})
	var throttled *ThrottledError
	if errors.As(err, &throttled) {
		return throttled.RetryAfter
	}
	checkErr(t, err, ErrLogin)
	return 0
}

// waits fails until it has to wait, n times, each time until the wait is over.
func (b *bundle) waits(t *testing.T, n int, name string, address func(i int) string) (free int, waits []time.Duration) {
	t.Helper()
	for i := 0; len(waits) < n; i++ {
		wait := b.fail(t, name, address(i))
		if wait == 0 {
			if len(waits) == 0 {
				free++
			}
			continue
		}
		waits = append(waits, wait)
		b.pass(wait)
	}
	return free, waits
}

func always(address string) func(int) string { return func(int) string { return address } }

func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	for _, name := range []string{"kim", "nobody"} { // who does not exist is throttled the same
		free, waits := b.waits(t, 10, name, always("192.0.2."+fmt.Sprint(len(name))))
		want := "[1s 2s 4s 8s 16s 32s 1m4s 2m8s 4m16s 5m0s]"
		if free != 5 || fmt.Sprint(waits) != want {
			t.Errorf("%s: after %d tries %v, want %s", name, free, waits, want)
		}
	}
	b.checkStore(t, "nobody")
}

func TestThrottledEverywhereAndNotLookedAt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	for b.fail(t, "kim", here.Address) == 0 {
	}
	// The right password does not help, nor does another replica.
	_, _, _, err := b.replica(Options{}).Login(t.Context(), "kim", right, here)
	var throttled *ThrottledError
	if !errors.As(err, &throttled) {
		t.Errorf("%v", err)
	}
	b.pass(time.Second)
	b.login(t, "kim")
	if b.rdb.Exists(t.Context(), b.keys.failedPair("kim", here.network())).Val() != 0 {
		t.Error("success does not clear the pair")
	}
}

// Whoever attacks an account from everywhere does not shut its owner out, where the owner
// has logged in before.
func TestOwnerGetsIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	b.login(t, "kim") // once, from here
	tries := 0
	for i := range 500 {
		if b.fail(t, "kim", fmt.Sprintf("10.0.%d.%d", i/250, i%250)) == 0 {
			tries++
		}
	}
	if tries != 300 {
		t.Errorf("%d tries without a wait", tries)
	}
	b.login(t, "kim")
	b.pass(knownLife)
	if _, _, _, err := b.Login(t.Context(), "kim", right, here); err != nil { // the waits are long over
		t.Error(err)
	}
}

// One address at many accounts waits too.
func TestAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 50 {
		if wait := b.fail(t, fmt.Sprint("user", i), "192.0.2.9"); wait != 0 {
			t.Fatalf("try %d: %v", i, wait)
		}
	}
	if wait := b.fail(t, "another", "192.0.2.9"); wait != time.Second {
		t.Errorf("%v", wait)
	}
	if wait := b.fail(t, "another", "192.0.2.10"); wait != 0 {
		t.Errorf("a neighbour waits %v", wait)
	}
}

// Who has an account does not get tries at others' by logging in between.
func TestOwnLoginBuysNoTries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "mine", Viewer)
	tries := 0
	for i := range 200 {
		if _, _, _, err := b.Login(t.Context(), "mine", right, here); err != nil {
			var throttled *ThrottledError
			if !errors.As(err, &throttled) {
				t.Fatal(err)
			}
		}
		if b.fail(t, fmt.Sprint("user", i), here.Address) == 0 {
			tries++
		}
	}
	if tries > 50 {
		t.Errorf("%d tries without a wait", tries)
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"", "kim", "Kim@firm.kr", "\xff", "\u212a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, err := canonical(name)
		if err != nil {
			return
		}
		if again, err := canonical(got); again != got || err != nil || !validName.MatchString(got) || len(got) != len(name) {
			t.Errorf("%q: %q, then %q %v", name, got, again, err)
		}
	})
}
