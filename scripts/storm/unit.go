package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"pushstream/internal/launch"
)

// unit is a producer or a consumer under a name that stays, while its process
// dies and comes back.
type unit struct {
	sys  *system
	name string
	addr string // of /healthz and /readyz
	env  []string
	args []string

	mu       sync.Mutex
	proc     *launch.Process
	expected map[*launch.Process]bool // processes that we told to end
	busy     bool                     // a fault is at work on it
}

func (s *system) newUnit(name, addr string, env []string, program string, args ...string) *unit {
	return &unit{sys: s, name: name, addr: addr, env: env, args: args, expected: map[*launch.Process]bool{}}
}

// start starts the process, and watches that it does not end by itself.
func (u *unit) start() error {
	p, err := u.sys.Start(u.name, u.env, u.args...)
	if err != nil {
		return err
	}
	u.mu.Lock()
	u.proc = p
	u.mu.Unlock()
	u.sys.journal.note(event{what: started, who: u.name, pid: p.PID()})
	go func() {
		<-p.Done()
		u.mu.Lock()
		defer u.mu.Unlock()
		if !u.expected[p] {
			u.sys.journal.note(event{what: endedItself, who: u.name, pid: p.PID(), note: fmt.Sprintf("%v: %s", p.Err(), p.Tail())})
		}
	}()
	return nil
}

func (u *unit) process() *launch.Process {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.proc
}

// expect returns the process, whose end is now expected.
func (u *unit) expect() *launch.Process {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.expected[u.proc] = true
	return u.proc
}

// kill is kill -9; it returns which process it struck.
func (u *unit) kill() *launch.Process {
	p := u.expect()
	// The journal has the time before: what happens after it may be its work.
	u.sys.journal.note(event{what: killed, who: u.name, pid: p.PID()})
	p.Kill()
	return p
}

// stop is SIGTERM; it waits for the end, which must be clean.
func (u *unit) stop() error {
	p := u.expect()
	end := u.sys.journal.begin(event{what: stopped, who: u.name, pid: p.PID()})
	defer end()
	return p.Stop(stopTimeout)
}

// pause is SIGSTOP, until the returned function sends SIGCONT.
func (u *unit) pause() (*launch.Process, func() error, error) {
	p := u.process()
	end := u.sys.journal.begin(event{what: paused, who: u.name, pid: p.PID()})
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return p, nil, err
	}
	return p, func() error {
		end()
		return p.Signal(syscall.SIGCONT)
	}, nil
}

// restart starts the process again after a while, or at once when ctx is done,
// and waits until it lives. It need not be ready: Redis may be away.
func (u *unit) restart(ctx context.Context, after time.Duration) error {
	sleep(ctx, after)
	if err := u.start(); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	return u.process().AliveAt(wait, u.addr)
}

// claim takes the unit for one fault, until release; false if there is another.
func (u *unit) claim() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.busy {
		return false
	}
	u.busy = true
	return true
}

func (u *unit) release() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.busy = false
}

// claimOne claims the nth unit, or the next that is free, unless so many are
// taken that most would be.
func claimOne(units []*unit, n, most int) *unit {
	taken := 0
	for _, u := range units {
		u.mu.Lock()
		if u.busy {
			taken++
		}
		u.mu.Unlock()
	}
	if taken >= most {
		return nil
	}
	for i := range units {
		if u := units[(n+i)%len(units)]; u.claim() {
			return u
		}
	}
	return nil
}

// sleep waits; it reports false if ctx ended it.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// errStuck says that something did not come to its end in time.
var errStuck = errors.New("waited in vain")
