package stream

import (
	"context"
	"sync"
)

// valve is open while a consumer may read and start pushes, and closed while it
// is paused, or has stepped back. Its context ends when it is closed, or when the consumer stops.
type valve struct {
	mu     sync.Mutex
	base   context.Context // of the consumer's run
	open   context.Context // has ended while it is closed
	end    context.CancelFunc
	closed bool
	opened chan struct{} // closed when the valve is opened
}

func newValve() *valve {
	v := &valve{opened: make(chan struct{})}
	v.start(context.Background())
	return v
}

// start binds the valve to the run of the consumer.
func (v *valve) start(base context.Context) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.base = base
	v.renew()
}

// renew opens a new context. The lock is held.
func (v *valve) renew() {
	if v.end != nil {
		v.end()
	}
	v.open, v.end = context.WithCancel(v.base)
	if v.closed {
		v.end()
	}
}

// context is done unless the valve is open.
func (v *valve) context() context.Context {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.open
}

// set opens or closes the valve; it reports whether that changed anything.
func (v *valve) set(open bool) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if open != v.closed {
		return false
	}
	v.closed = !open
	v.renew()
	if open {
		close(v.opened)
		v.opened = make(chan struct{})
	}
	return true
}

// wait waits until the valve is open, and returns its context; false if ctx
// ended first.
func (v *valve) wait(ctx context.Context) (context.Context, bool) {
	for ctx.Err() == nil {
		v.mu.Lock()
		closed, open, opened := v.closed, v.open, v.opened
		v.mu.Unlock()
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
