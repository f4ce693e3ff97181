package live

import (
	"errors"
	"slices"
)

// Why there are no messages, or no more.
var (
	ErrFull    = errors.New("too many watchers")
	ErrTooMany = errors.New("too many watchers of the same person")
	ErrSlow    = errors.New("the watcher does not take its messages")
	ErrStopped = errors.New("stopped")
)

// buffered is how many messages wait for a watcher.
const buffered = 16

// Watcher is one who is told of some topics.
type Watcher struct {
	hub    *Hub
	who    string
	topics []Topic
	ch     chan Message

	// Of the hub: guarded by its lock.
	from    string // place that it knows of; empty: it wants what comes
	watches bool   // it has been told what it missed
	gone    bool
	err     error
}

// Messages are what it is told. The channel ends when there is no more to come: Err
// says why.
func (w *Watcher) Messages() <-chan Message { return w.ch }

// Err is why the channel has ended; nil after Close.
func (w *Watcher) Err() error {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	return w.err
}

// Close ends the watching. It may be called more than once.
func (w *Watcher) Close() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	w.hub.drop(w, nil)
}

func (w *Watcher) wants(topic Topic) bool { return topic == Resync || slices.Contains(w.topics, topic) }
