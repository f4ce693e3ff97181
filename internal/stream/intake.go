package stream

import (
	"context"
	"sync"
)

// intake is open while a consumer may read and start pushes, and closed while the consumer
// is paused, or its circuit breaker is open. Its context ends when it is closed, or when the
// consumer stops.
type intake struct {
	mu     sync.Mutex
	base   context.Context // of the consumer's run
	open   context.Context // has ended while it is closed
	end    context.CancelFunc
	closed bool
	opened chan struct{} // closed when the intake is opened
}

func newIntake() *intake {
	in := &intake{opened: make(chan struct{})}
	in.start(context.Background())
	return in
}

// start binds the intake to the run of the consumer.
func (in *intake) start(base context.Context) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.base = base
	in.renew()
}

// renew opens a new context. The lock is held.
func (in *intake) renew() {
	if in.end != nil {
		in.end()
	}
	in.open, in.end = context.WithCancel(in.base)
	if in.closed {
		in.end()
	}
}

// context is done unless the intake is open.
func (in *intake) context() context.Context {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.open
}

// set opens or closes the intake; it reports whether that changed anything.
func (in *intake) set(open bool) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if open != in.closed {
		return false
	}
	in.closed = !open
	in.renew()
	if open {
		close(in.opened)
		in.opened = make(chan struct{})
	}
	return true
}

// wait waits until the intake is open, and returns its context; false if ctx
// ended first.
func (in *intake) wait(ctx context.Context) (context.Context, bool) {
	for ctx.Err() == nil {
		in.mu.Lock()
		closed, open, opened := in.closed, in.open, in.opened
		in.mu.Unlock()
		if !closed {
			return open, true
		}
		select {
		case <-opened:
		case <-ctx.Done():
		}
	}
	return nil, false
}
