package stream

import (
	"context"
	"slices"
	"sync"
	"time"

	"pushstream/internal/pushlog"
)

// inFlight are the deliveries of a consumer between take and settle.
type inFlight struct {
	mu sync.Mutex
	in map[string]*delivery // by lane key and entry
}

// handle names an in-flight entry.
func handle(p pushlog.Partition, lane int, entry string) string {
	return laneKey(p, lane) + " " + entry
}

func (d *delivery) handle() string { return handle(d.partition, d.lane, d.entry) }

// InFlight is the number of pushes between take and settle.
func (h *inFlight) InFlight() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.in)
}

// hold notes that a delivery is in flight; it reports false if its entry was
// already.
func (h *inFlight) hold(d *delivery) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := d.handle()
	if h.in[key] != nil {
		return false
	}
	h.in[key] = d
	return true
}

func (h *inFlight) holds(key string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.in[key] != nil
}

func (h *inFlight) drop(batch []settlement) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range batch {
		delete(h.in, s.handle())
	}
}

// due returns what is in flight and was leased before a time, in the order of
// entries.
func (h *inFlight) due(before time.Time) []*delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	var due []*delivery
	for _, d := range h.in {
		if !d.lost && d.leasedAt.Before(before) {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b *delivery) int { return compareEntries(a.entry, b.entry) })
	return due
}

// suspects is how many pushes are in flight that other consumers have not answered for.
func (h *inFlight) suspects() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, d := range h.in {
		if d.handed > suspectAfter {
			n++
		}
	}
	return n
}

// leased notes that the lease of a delivery began again.
func (h *inFlight) leased(d *delivery, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.leasedAt = at
}

// lose notes that a delivery is another's, and interrupts its request. It
// reports false if that was known, or if it is being settled: then settle is about
// to find out, or has made the entry vanish itself.
func (h *inFlight) lose(d *delivery) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.lost || d.finished {
		return false
	}
	d.lost = true
	if d.cancel != nil {
		d.cancel()
	}
	return true
}

// await returns a context for a delivery that waits, which ends when it is lost.
// The caller calls done.
func (h *inFlight) await(open context.Context, d *delivery) (_ context.Context, done func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ctx, cancel := context.WithCancel(open)
	if d.lost {
		cancel()
	}
	d.cancel = cancel
	return ctx, cancel
}

// begin returns a context for the request of a delivery, which ends when the
// delivery is lost; nil if the lease is over, or nearly. The caller calls done.
func (h *inFlight) begin(work context.Context, d *delivery, l *Lease) (_ context.Context, done func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.lost || !l.fresh(d.leasedAt, time.Now()) {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(work)
	d.cancel = cancel
	return ctx, cancel
}

// finish notes that a delivery is about to be settled: from now on Redis is asked
// by settle whose it is.
func (h *inFlight) finish(d *delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.cancel, d.finished = nil, true
}
