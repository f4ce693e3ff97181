package access

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// What a try may cost whoever makes it. A count begins anew after countLife without a
// try. What fails beyond the free tries has to wait: 1 s, 2 s, 4 s, … up to longest.
//
// One address at one account gets strict waits. An account alone, tried from many
// addresses, gets short ones, and an address where its user logged in within
// knownLife gets none of them: so strangers can slow an attack on an account, and
// not shut its owner out.
const (
	countLife = time.Hour
	knownLife = 90 * 24 * time.Hour
	mostKnown = 20
)

// limits are those of the pair, the user and the address, as try.lua wants them.
var limits = [3]struct {
	free    int
	longest time.Duration
}{{5, 5 * time.Minute}, {20, 30 * time.Second}, {50, time.Minute}}

// ThrottledError is a try too many: nothing was looked at.
type ThrottledError struct {
	RetryAfter time.Duration // whole seconds
}

// Error says how long to wait.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many tries; again in %v", e.RetryAfter)
}

// From is where somebody logs in from.
type From struct {
	Address   string // IP address
	UserAgent string
}

// network is the address as tries are counted: of IPv6 the /64, which one customer
// has, or one machine.
func (f From) network() string {
	a, err := netip.ParseAddr(f.Address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, _ := a.Prefix(64) // 64 is one of IPv6's
	return p.String()
}

// try counts a try as failed. Forgive takes it back. It is a ThrottledError if it is
// one too many.
func (s *Store) try(ctx context.Context, name string, from From) (forgive func() error, err error) {
	network, now := from.network(), s.now()
	keys := []string{s.keys.known(name), s.keys.failedPair(name, network), s.keys.failedUser(name), s.keys.failedAddress(network)}
	args := []any{now, network, countLife.Milliseconds(), knownLife.Milliseconds()}
	for _, l := range limits {
		args = append(args, l.free, l.longest.Milliseconds())
	}
	answer, err := s.run(ctx, tryScript, keys, args...)
	if err != nil {
		return nil, err
	}
	pair := answer.([]any)
	if wait := pair[0].(int64); wait > 0 {
		return nil, &ThrottledError{RetryAfter: time.Duration((wait+999)/1000) * time.Second}
	}
	return func() error {
		_, err := s.run(ctx, forgiveScript, keys, now, network, pair[1].(int64), knownLife.Milliseconds(), mostKnown)
		return err
	}, nil
}
