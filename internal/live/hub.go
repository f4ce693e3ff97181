package live

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"pushstream/internal/stream"
)

const (
	lookEvery  = 250 * time.Millisecond // for events
	pace       = time.Second            // between two messages of a topic
	lookTime   = 5 * time.Second        // for one look at Redis
	mostEvents = 20_000                 // entries that one look reads
	mostMissed = 10_000                 // entries that who comes back is told of
	mostPlaces = 8                      // different places to come back from in one pass
)

// Shot answers what a topic's state is now, as JSON will have it.
type Shot func(ctx context.Context) (any, error)

// Options are the knobs of a Hub; the zero value is usable.
type Options struct {
	Watchers int         // at most, of all; 2000 if 0
	Each     int         // at most, of the same person; 20 if 0
	Logger   *zap.Logger // nil: no log
}

// Hub tells watchers what happens: see the package.
type Hub struct {
	events *stream.Events
	shots  map[Topic]Shot
	opt    Options
	log    *zap.Logger
	wake   chan struct{} // a client has come

	mu       sync.Mutex
	watchers map[*Watcher]struct{}
	of       map[string]int // watchers of each person
	stopped  bool

	// Of Run.
	place    stream.EventPlace // read so far; nil: no client was connected, or Redis was away
	told     stream.EventPlace // told so far
	gathered stream.Changes    // what came between
	toldAt   time.Time         // when pushes were told of
	states   map[Topic]*state  // of the topics with clients
	away     bool              // Redis does not answer
}

// state is what is known of a topic that is told as a whole.
type state struct {
	at     time.Time // of the last shot
	data   []byte    // what it said; nil: there was none
	told   Message   // that says so
	failed bool      // the last shot did
}

// NewHub returns a hub that tells of events, and of states by shots.
func NewHub(events *stream.Events, shots map[Topic]Shot, o Options) *Hub {
	o.Watchers, o.Each = cmp.Or(o.Watchers, 2000), cmp.Or(o.Each, 20)
	return &Hub{events: events, shots: shots, opt: o, log: cmp.Or(o.Logger, zap.NewNop()).Named("live"), wake: make(chan struct{}, 1),
		watchers: map[*Watcher]struct{}{}, of: map[string]int{}, states: map[Topic]*state{}}
}

// Watch adds a watcher of some topics, in the name of a person. lastID is the id of
// the last message that it knows of, or empty. Close it when it is done. ErrFull,
// ErrTooMany or ErrStopped if it can't be.
func (h *Hub) Watch(who, lastID string, topics []Topic) (*Watcher, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopped:
		return nil, ErrStopped
	case len(h.watchers) >= h.opt.Watchers:
		return nil, ErrFull
	case h.of[who] >= h.opt.Each:
		return nil, ErrTooMany
	}
	w := &Watcher{hub: h, who: who, topics: slices.Clone(topics), ch: make(chan Message, buffered), from: lastID}
	h.watchers[w] = struct{}{}
	h.of[who]++
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return w, nil
}

// drop takes a watcher out; the lock is held.
func (h *Hub) drop(w *Watcher, why error) {
	if w.gone {
		return
	}
	w.gone, w.err = true, why
	close(w.ch)
	delete(h.watchers, w)
	if h.of[w.who]--; h.of[w.who] == 0 {
		delete(h.of, w.who)
	}
}

// Run tells the watchers until ctx ends; then all their channels end.
func (h *Hub) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	defer h.stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-h.wake:
		}
		h.pass(ctx, time.Now())
	}
}

func (h *Hub) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	for w := range h.watchers {
		h.drop(w, ErrStopped)
	}
}

// pass looks once, and tells what is due.
func (h *Hub) pass(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if !h.watched() {
		h.place, h.away = nil, false
		clear(h.states)
		return
	}
	if err := h.look(ctx); err != nil {
		h.trouble(ctx, "reading events", err)
		return
	}
	if err := h.admit(ctx); err != nil {
		h.trouble(ctx, "reading what was missed", err)
		return
	}
	if len(h.gathered.IDs) > 0 && now.Sub(h.toldAt) >= pace {
		h.told, h.toldAt = h.place, now
		h.tell(encode(Pushes, h.told, mustJSON(pushesOf(&h.gathered))))
		h.gathered = stream.Changes{}
	}
	h.shoot(ctx, now)
}

// trouble notes that Redis did not answer.
func (h *Hub) trouble(ctx context.Context, what string, err error) {
	if !h.away && !errors.Is(ctx.Err(), context.Canceled) { // canceled: the process stops
		h.log.Warn(what, zap.Error(err))
	}
	h.away = true
}

func (h *Hub) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers) > 0
}

// look reads what has happened since the last look. If there is a gap, who watches is
// told so.
func (h *Hub) look(ctx context.Context) error {
	if h.place != nil && !h.away {
		place, err := h.events.Read(ctx, h.place, nil, mostEvents, &h.gathered)
		if err == nil {
			h.place = place
			return nil
		}
		if !errors.Is(err, stream.ErrEventsGone) {
			return err
		}
	}
	place, err := h.events.Newest(ctx)
	if err != nil {
		return err
	}
	h.place, h.told, h.gathered = place, place, stream.Changes{}
	clear(h.states)
	h.away = false
	h.tell(encode(Resync, place, []byte("{}"))) // to who was there before
	return nil
}

// admit lets those in who have come: they are told what they have missed, and what
// the states are.
func (h *Hub) admit(ctx context.Context) error {
	missed := map[string]*Message{}
	for _, w := range h.waiting() {
		if w.from != "" && missed[w.from] == nil {
			if len(missed) == mostPlaces {
				continue // the next time
			}
			m, err := h.since(ctx, w.from)
			if err != nil {
				return err
			}
			missed[w.from] = m
		}
		h.let(w, missed[w.from])
	}
	return nil
}

func (h *Hub) waiting() (all []*Watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		if !w.watches {
			all = append(all, w)
		}
	}
	return all
}

// since is the message to who comes back from a place; one without text if nothing
// has happened.
func (h *Hub) since(ctx context.Context, lastID string) (*Message, error) {
	var missed stream.Changes
	place, err := stream.ParseEventPlace(lastID)
	if err == nil {
		_, err = h.events.Read(ctx, place, h.told, mostMissed, &missed)
	}
	var m Message
	switch {
	case errors.Is(err, stream.ErrEventsGone):
		m = encode(Resync, h.told, []byte("{}"))
	case err != nil:
		return nil, err
	case len(missed.IDs) > 0:
		m = encode(Pushes, h.told, mustJSON(pushesOf(&missed)))
	}
	return &m, nil
}

// let lets a watcher in; missed may be nil.
func (h *Hub) let(w *Watcher, missed *Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.gone {
		return
	}
	w.watches = true
	if missed != nil && missed.Event != nil {
		h.send(w, *missed)
	}
	for _, topic := range Topics() {
		if st := h.states[topic]; st != nil && st.data != nil {
			h.send(w, st.told)
		}
	}
}

// shoot reads the states that clients watch, and sends those that have changed.
func (h *Hub) shoot(ctx context.Context, now time.Time) {
	for _, topic := range h.wanted() {
		st := h.states[topic]
		if now.Sub(st.at) < pace {
			continue
		}
		st.at = now
		value, err := h.shots[topic](ctx)
		if err != nil {
			if !st.failed && !errors.Is(ctx.Err(), context.Canceled) {
				h.log.Warn("looking at "+string(topic), zap.Error(err))
			}
			st.failed = true
			continue
		}
		st.failed = false
		if data := mustJSON(value); !bytes.Equal(data, st.data) {
			st.data, st.told = data, encode(topic, h.told, data)
			h.tell(st.told)
		}
	}
}

// wanted are the topics of states that clients watch. What no client watches any more
// is forgotten: the next one must not be told what was.
func (h *Hub) wanted() (topics []Topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, topic := range Topics() {
		wanted := false
		for w := range h.watchers {
			wanted = wanted || w.wants(topic)
		}
		switch {
		case h.shots[topic] == nil:
		case !wanted:
			delete(h.states, topic)
		default:
			topics = append(topics, topic)
			if h.states[topic] == nil {
				h.states[topic] = &state{}
			}
		}
	}
	return topics
}

// tell sends a message to all who watch its topic.
func (h *Hub) tell(m Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		if w.watches {
			h.send(w, m)
		}
	}
}

// send sends a message to a watcher of its topic. One that does not take its messages
// is dropped; the lock is held.
func (h *Hub) send(w *Watcher, m Message) {
	if w.gone || !w.wants(m.Topic) {
		return
	}
	select {
	case w.ch <- m:
	default:
		h.drop(w, ErrSlow)
	}
}
