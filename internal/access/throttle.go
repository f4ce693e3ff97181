package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pushstream/internal/share"
)

// What a try may cost whoever makes it. Counts begin anew after countLife without a try.
//
// Who is known counts alone: a device where the user logged in, and a network where the
// user logged in, within knownLife. So strangers don't shut a user out. Strangers count
// for the pair of name and address, for the address, and for the name. There they have
// lanes: the first tries of each address, and all others. A full lane gives out turns, in
// the order of asking: so whoever comes anew is let in behind those that were there
// before, however quick these are.
//
// docs/operations.md says how many guesses that leaves, and a test counts them.
const (
	countLife = time.Hour
	knownLife = 90 * 24 * time.Hour
	mostKnown = 20      // networks, and devices, of a user
	mostCount = 100_000 // counts; above it the oldest leave
	// laneQueue is how far away a turn may be.
	laneQueue = 10 * time.Minute
	// maxDevices is how many secrets of devices a browser may show: as many users.
	maxDevices = 4
)

// limits are those of the pair, the device and the address, as try.lua wants them: tries
// without a wait; then one has to wait 1 s, 2 s, 4 s, … up to longest.
var limits = [3]struct {
	free    int
	longest time.Duration
}{{5, 5 * time.Minute}, {10, 5 * time.Minute}, {50, time.Minute}}

// lanes are those of a name for strangers: the early one, and the late one. burst tries
// come without a wait, then one in each time.
var lanes = [2]struct {
	name  string
	burst int
	each  time.Duration
}{{"early_ms", 300, 10 * time.Second}, {"late_ms", 20, 30 * time.Second}}

const (
	// maxAsking is how many ask Redis at the same time whether they may try, and
	// maxWaiting how many wait for that, or for a password to be looked at.
	maxAsking  = 8
	maxWaiting = 1024
	// judgeTime bounds the note on what came of a try.
	judgeTime = 5 * time.Second
)

// ThrottledError is a try too many: nothing was looked at.
type ThrottledError struct {
	RetryAfter time.Duration // whole seconds
	Busy       bool          // it is not this one's fault: too many log in at the same time
}

// Error says how long to wait.
func (e *ThrottledError) Error() string {
	if e.Busy {
		return fmt.Sprintf("too many log in at the same time; again in %v", e.RetryAfter)
	}
	return fmt.Sprintf("too many tries; again in %v", e.RetryAfter)
}

// From is where somebody logs in from.
type From struct {
	Address   string // IP address
	UserAgent string
	Devices   []string // secrets by which users' logins from this browser are known
}

// network is the address as tries are counted.
func (f From) network() string { return share.Network(f.Address) }

// devices are the ids of a user's devices that a browser claims to be.
func (f From) devices(name string) []any {
	var ids []any
	for _, secret := range f.Devices[:min(len(f.Devices), maxDevices)] {
		ids = append(ids, deviceID(name, secret))
	}
	return ids
}

// deviceID is a device of one user. That another user has the same secret means nothing.
func deviceID(name, secret string) string { return hash(name + " " + secret) }

// attempt is a try that is counted as failed until it is judged.
type attempt struct {
	s             *Store
	name, network string
	device        string // id of the known one
	known         bool   // the network is
	lane          int64  // 1 or 2; 0 for none
	address       int64  // 1 if it counts for the address
}

// What came of an attempt.
const (
	judgedRight  = "right"
	judgedWrong  = "wrong"
	judgedUnseen = "unseen" // the password was not looked at
)

// try counts a try as failed, or is a ThrottledError.
func (s *Store) try(ctx context.Context, name string, from From) (*attempt, error) {
	t := &attempt{s: s, name: name, network: from.network()}
	leave, err := queue(ctx, s.asking, share.Who{Party: t.network})
	if err != nil {
		return nil, err
	}
	defer leave()
	keys := []string{s.keys.known(name), s.keys.devices(name), s.keys.failedPair(name, t.network), s.keys.failedUser(name), s.keys.failedAddress(t.network), s.keys.failed()}
	args := []any{string(s.keys), s.moment(), t.network, countLife.Milliseconds(), knownLife.Milliseconds(), mostCount}
	for _, l := range limits {
		args = append(args, l.free, l.longest.Milliseconds())
	}
	for _, l := range lanes {
		args = append(args, l.burst, l.each.Milliseconds(), laneQueue.Milliseconds())
	}
	devices := from.devices(name)
	answer, err := tryScript.Run(ctx, s.rdb, keys, append(args, devices...)...)
	if err != nil {
		return nil, err
	}
	var is [5]int64
	for i, value := range answer.([]any) {
		is[i] = value.(int64)
	}
	if wait := is[0]; wait > 0 {
		return nil, &ThrottledError{RetryAfter: time.Duration((wait+999)/1000) * time.Second}
	}
	if is[1] > 0 {
		t.device = devices[is[1]-1].(string)
	}
	t.known, t.lane, t.address = is[2] == 1, is[3], is[4]
	return t, nil
}

// who is whose turn a try takes to be looked at: those that are known go ahead.
func (t *attempt) who() share.Who {
	if t.device != "" || t.known {
		return share.Who{Party: t.name, Ahead: true}
	}
	return share.Who{Party: t.network}
}

// judge says what came of it, also if who asked has gone.
func (t *attempt) judge(ctx context.Context, what string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), judgeTime)
	defer cancel()
	s, lane, each, known := t.s, "", int64(0), 0
	if t.lane > 0 {
		lane, each = lanes[t.lane-1].name, lanes[t.lane-1].each.Milliseconds()
	}
	if t.known {
		known = 1
	}
	keys := []string{s.keys.known(t.name), s.keys.failedPair(t.name, t.network), s.keys.failedUser(t.name), s.keys.failedAddress(t.network), s.keys.failed()}
	_, err := judgeScript.Run(ctx, s.rdb, keys, string(s.keys), s.moment(), t.network, what, t.device, lane, each, t.address, known,
		countLife.Milliseconds(), mostCount, knownLife.Milliseconds(), mostKnown, limits[2].free, limits[2].longest.Milliseconds())
	return err
}

// queue waits for a place until ctx ends; it is a ThrottledError if too many wait, or if
// it takes too long.
func queue(ctx context.Context, line *share.Line, who share.Who) (leave func(), err error) {
	leave, err = line.Enter(ctx, who)
	if errors.Is(err, share.ErrFull) || errors.Is(err, context.DeadlineExceeded) {
		return nil, &ThrottledError{RetryAfter: time.Second, Busy: true}
	}
	return leave, err
}

// Remember has a browser be known as one where the user of a session that has just begun
// logged in. It returns the secrets that the browser is to show from now on; or nil if
// the session has ended.
func (s *Store) Remember(ctx context.Context, session Session, from From) ([]string, error) {
	secret := newSecret()
	args := []any{s.moment(), knownLife.Milliseconds(), mostKnown, deviceID(session.User, secret)}
	answer, err := rememberScript.Run(ctx, s.rdb, []string{s.keys.session(session.ID), s.keys.devices(session.User)}, append(args, from.devices(session.User)...)...)
	if err != nil {
		return nil, fmt.Errorf("remember device: %w", err)
	}
	is, ok := answer.(int64)
	if !ok {
		return nil, nil
	}
	if is > 0 {
		secret = from.Devices[is-1]
	}
	devices := []string{secret}
	for _, other := range from.Devices {
		if other != secret && len(devices) < maxDevices {
			devices = append(devices, other)
		}
	}
	return devices, nil
}
