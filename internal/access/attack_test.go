package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pushstream/internal/share"
)

// remember logs in from somewhere, and returns what the browser is to show there.
func (b *bundle) remember(t *testing.T, name string, from From) []string {
	t.Helper()
	_, session, _, err := b.Login(t.Context(), name, right, from)
	if err != nil {
		t.Fatal(err)
	}
	devices, err := b.Remember(t.Context(), session, from)
	if err != nil || len(devices) == 0 {
		t.Fatalf("%v %v", devices, err)
	}
	return devices
}

// isIn reports whether a right password lets in, or has to wait.
func (b *bundle) isIn(t *testing.T, name string, from From) bool {
	t.Helper()
	_, _, _, err := b.Login(t.Context(), name, right, from)
	var throttled *ThrottledError
	if err != nil && !errors.As(err, &throttled) {
		t.Fatal(err)
	}
	return err == nil
}

func office(i int) string { return fmt.Sprintf("10.1.%d.%d", i/250, i%250) }

// A neighbour behind the same address does not shut out who comes with a known browser.
func TestNeighbour(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "admin", Admin)
	from := here
	from.Devices = b.remember(t, "admin", here)
	for range 50 {
		for range 20 {
			b.fail(t, "admin", here.Address)
		}
		if b.isIn(t, "admin", here) {
			t.Fatal("the attack does nothing: a stranger behind the same address is let in")
		}
		if !b.isIn(t, "admin", from) {
			t.Error("shut out")
		}
		b.pass(7 * time.Second)
	}
}

// A hundred addresses that try all the time keep nobody out: neither a known browser, nor
// a new one at a new address, which waits for its turn. And their guesses stay few.
func TestHundredAddresses(t *testing.T) {
	t.Parallel()
	for addresses, most := range map[int]int{1: 30, 10: 300, 100: 900, 1000: 900} {
		t.Run(fmt.Sprint(addresses), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.add(t, "admin", Admin)
			from := here
			from.Devices = b.remember(t, "admin", here)
			if err := b.rdb.Del(t.Context(), b.keys.known("admin")).Err(); err != nil { // the address is not what lets in
				t.Fatal(err)
			}
			guesses, newIn := 0, time.Duration(-1)
			until := make([]time.Time, addresses) // an attacker who knows when to come again
			begin := b.clock.now()
			for b.clock.now().Sub(begin) < time.Hour {
				for i := range addresses {
					if b.clock.now().Before(until[i]) {
						continue
					}
					wait := b.fail(t, "admin", office(i))
					if wait == 0 {
						guesses++
					}
					until[i] = b.clock.now().Add(wait)
				}
				if !b.isIn(t, "admin", from) {
					t.Fatal("a known browser is shut out")
				}
				if newIn < 0 && b.isIn(t, "admin", From{Address: "203.0.113.5"}) {
					newIn = b.clock.now().Sub(begin)
				}
				b.pass(10 * time.Second)
			}
			if guesses > most {
				t.Errorf("%d guesses in an hour, want at most %d", guesses, most)
			}
			if newIn < 0 || newIn > laneQueue && addresses <= 100 { // beyond that it ends, too
				t.Errorf("a new browser gets in after %v", newIn)
			}
			b.checkStore(t)
		})
	}
}

// What a browser shows is of use to one user, until the password changes or the user is
// disabled; and nothing that others make up is.
func TestDevices(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "admin", Admin)
	b.add(t, "kim", Viewer)
	kim := b.remember(t, "kim", here)
	attacked := func() {
		for b.fail(t, "kim", here.Address) == 0 {
		}
	}
	lets := func(devices ...string) bool {
		attacked()
		return b.isIn(t, "kim", From{Address: here.Address, Devices: devices})
	}
	if !lets(kim[0]) || !lets("nonsense", kim[0]) || !lets(b.remember(t, "admin", From{Address: "192.0.2.99", Devices: kim})...) {
		t.Error("a known browser is not known")
	}
	for name, devices := range map[string][]string{"none": nil, "nonsense": {"nonsense", "", strings.Repeat("x", 1<<16)},
		"another user's": b.remember(t, "admin", From{Address: "192.0.2.99"}), "the fifth": {"a", "b", "c", "d", kim[0]}} {
		if lets(devices...) {
			t.Errorf("%s: known", name)
		}
	}
	from := From{Address: "192.0.2.50", Devices: kim}
	if again := b.remember(t, "kim", from); len(again) != 1 || again[0] != kim[0] {
		t.Errorf("%v, want %v", again, kim)
	}
	planted := b.remember(t, "kim", From{Address: "192.0.2.51", Devices: []string{"planted"}})
	if planted[0] == "planted" || !lets(planted[0]) || lets("planted") {
		t.Error("a secret that somebody planted counts")
	}
	for range 2 * maxDevices {
		from.Devices = b.remember(t, "admin", from)
		if from.Devices = append([]string{"x"}, from.Devices...); len(from.Devices) > maxDevices+1 {
			t.Errorf("%d secrets", len(from.Devices))
		}
	}

	if err := b.SetPassword(t.Context(), "kim", right); err != nil {
		t.Fatal(err)
	}
	if lets(kim[0]) {
		t.Error("known after another password")
	}
	kim = b.remember(t, "kim", From{Address: "192.0.2.52"})
	if err := errors.Join(b.Disable(t.Context(), "kim"), b.Enable(t.Context(), "kim")); err != nil {
		t.Fatal(err)
	}
	if lets(kim[0]) {
		t.Error("known after being disabled")
	}
	kim = b.remember(t, "kim", From{Address: "192.0.2.53"})
	b.pass(knownLife)
	if lets(kim[0]) {
		t.Error("known for ever")
	}
	b.checkStore(t, append(kim, planted...)...)

	_, session, _, err := b.Login(t.Context(), "kim", right, From{Address: "192.0.2.54"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetPassword(t.Context(), "kim", right); err != nil {
		t.Fatal(err)
	}
	if devices, err := b.Remember(t.Context(), session, here); devices != nil || err != nil {
		t.Errorf("a login before the change leaves %v %v", devices, err)
	}
	for range 30 {
		b.pass(time.Second)
		b.remember(t, "kim", From{Address: "192.0.2.55"})
	}
	if n := b.rdb.ZCard(t.Context(), b.keys.devices("kim")).Val(); n != mostKnown {
		t.Errorf("%d devices", n)
	}
}

// A stolen secret of a device gives a few guesses, and no more.
func TestDeviceIsThrottled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	devices := b.remember(t, "kim", here)
	guesses := 0
	for range 3600 {
		_, _, _, err := b.Login(t.Context(), "kim", "wrong horse 고객", From{Address: office(guesses), Devices: devices})
		if errors.Is(err, ErrLogin) {
			guesses++
		}
		b.pass(time.Second)
	}
	if guesses < 15 || guesses > 35 {
		t.Errorf("%d guesses in an hour", guesses)
	}
	b.pass(limits[1].longest)
	b.remember(t, "kim", From{Address: here.Address, Devices: devices})
	if _, _, _, err := b.Login(t.Context(), "kim", "wrong horse 고객", From{Address: here.Address, Devices: devices}); !errors.Is(err, ErrLogin) {
		t.Errorf("a login does not clear the count: %v", err)
	}
}

// A hundred colleagues behind one address come at the same time.
func TestNineOClock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 100 {
		b.add(t, fmt.Sprint("user", i), Viewer)
	}
	for day := range 2 {
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				if _, _, _, err := b.Login(context.Background(), fmt.Sprint("user", i), right, here); err != nil {
					t.Errorf("day %d, user %d: %v", day, i, err)
				}
			})
		}
		all.Wait()
	}
}

// A flood of logins takes turns with who comes from elsewhere, and none from a known
// browser; what is too much is refused, and does not count as failed.
func TestFlood(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "admin", Admin)
	b.add(t, "kim", Viewer)
	from := From{Address: "198.51.100.1"}
	from.Devices = b.remember(t, "admin", from)
	one := b.replica(Options{Hashes: 1})
	leave, err := queue(t.Context(), one.hasher.line, share.Who{Party: "the test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var busy atomic.Int64
	for i := range 100 { // a hundred addresses, each with ten names at a time
		for j := range 10 {
			all.Go(func() {
				for k := 0; ctx.Err() == nil; k++ {
					_, _, _, err := one.Login(ctx, fmt.Sprintf("random-%d-%d", j, k), right, From{Address: office(i)})
					var throttled *ThrottledError
					if errors.As(err, &throttled) && throttled.Busy {
						busy.Add(1)
					}
				}
			})
		}
	}
	for one.hasher.line.Waiting() < 500 {
		time.Sleep(time.Millisecond)
	}
	leave()
	for name, who := range map[string]struct {
		name string
		from From
	}{"a known browser": {"admin", from}, "a new one": {"kim", From{Address: "203.0.113.9"}}} {
		if _, _, _, err := one.Login(t.Context(), who.name, right, who.from); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	stop()
	all.Wait()
	if n := one.hasher.line.Waiting(); n != 0 {
		t.Errorf("%d wait", n)
	}
	b.checkStore(t)
}

// Who is refused for want of room has not failed.
func TestNoRoomIsNoFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.replica(Options{Hashes: 1})
	leave, err := queue(t.Context(), one.hasher.line, share.Who{Party: "the test"})
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, _, _, err := one.Login(ctx, "kim", right, here)
		cancel()
		var throttled *ThrottledError
		if !errors.As(err, &throttled) || !throttled.Busy || throttled.RetryAfter < time.Second {
			t.Fatalf("%v", err)
		}
	}
	if keys := b.rdb.Keys(t.Context(), "push:{access}:failed*").Val(); len(keys) != 0 {
		t.Errorf("%v", keys)
	}
}

// Counts are bounded in number, and the oldest leave.
func TestCountsAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 300 {
		b.fail(t, fmt.Sprint("name", i), office(i))
		b.pass(time.Second)
	}
	n := b.rdb.ZCard(t.Context(), b.keys.failed()).Val()
	if keys := b.rdb.Keys(t.Context(), "push:{access}:failed:*").Val(); n != 900 || len(keys) != 900 {
		t.Errorf("%d in the list, %d keys", n, len(keys))
	}
	b.pass(countLife)
	for i := range 400 {
		b.fail(t, fmt.Sprint("another", i), office(i+1000))
	}
	for _, key := range b.rdb.Keys(t.Context(), "push:{access}:failed:*").Val() {
		if err := b.rdb.ZScore(t.Context(), b.keys.failed(), strings.TrimPrefix(key, string(b.keys))).Err(); err != nil {
			t.Errorf("%s is not in the list: %v", key, err)
		}
	}
	if n := b.rdb.ZCard(t.Context(), b.keys.failed()).Val(); n != 1200 {
		t.Errorf("%d in the list", n)
	}
}

// A clock that was ahead, and is set back, keeps nobody waiting for longer than the
// longest wait.
func TestThrottleAfterAClockIsSetBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Viewer)
	for i := range 400 {
		b.fail(t, "kim", office(i))
		b.fail(t, "kim", here.Address)
	}
	b.pass(-24 * time.Hour)
	b.fail(t, "kim", here.Address)
	b.pass(limits[0].longest)
	b.fail(t, "kim", here.Address) // takes its turn
	if b.pass(laneQueue + lanes[1].each); !b.isIn(t, "kim", here) {
		t.Error("shut out")
	}
}

// Without a clock of its own, Redis's decides.
func TestThrottleByRedisClock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := New(b.rdb, "push", Options{Cost: cheap})
	b.Store = s
	b.add(t, "kim", Viewer)
	free, waits := 0, time.Duration(0)
	for ; waits == 0; free++ {
		waits = b.fail(t, "kim", here.Address)
	}
	if free != 6 || waits != time.Second {
		t.Errorf("%d tries, then %v", free, waits)
	}
	for end := time.Now().Add(20 * time.Second); !b.isIn(t, "kim", here); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not end")
		}
	}
	b.checkStore(t)
}
