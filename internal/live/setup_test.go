package live

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is a pushstream and its events.
type bundle struct {
	srv      *redistest.Server
	rdb      *redis.Client
	keys     pushlog.Keys
	log      *pushlog.Log
	control  *stream.Control
	engine   *jobs.Engine
	producer *stream.Producer
	now      time.Time // of the passes that a test makes
}

func setup(t *testing.T, settings ...string) *bundle {
	t.Helper()
	b := &bundle{srv: redistest.New(t, settings...), keys: pushlog.Keys{Prefix: "push", Partitions: 2}, now: time.Now()}
	b.rdb = b.srv.Client(t)
	b.log, b.control = pushlog.New(b.rdb, b.keys), stream.NewControl(b.rdb, b.keys)
	b.engine = jobs.New(b.rdb, b.keys, "admin", zap.NewNop())
	b.producer = stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{})
	if err := stream.EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bundle) hub(o Options) *Hub {
	return NewHub(stream.NewEvents(b.rdb, b.keys), Shots(b.control, b.log, b.engine), o)
}

// jobOf is a valid one; what it holds of its customer must not be told.
func jobOf(id string) push.Job {
	return push.Job{ID: id, Csno: "secret-csno", DeviceID: "secret-token", MsgTitle: "secret-title", CustTelno: "secret-phone", Priority: push.Normal, TTL: 60}
}

func (b *bundle) accept(t *testing.T, ids ...string) {
	t.Helper()
	all := make([]push.Job, len(ids))
	for i, id := range ids {
		all[i] = jobOf(id)
	}
	if _, err := b.producer.Accept(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) cancel(t *testing.T, ids ...string) {
	t.Helper()
	if _, err := b.control.Cancel(t.Context(), ids...); err != nil {
		t.Fatal(err)
	}
}

// pass has a hub look once, a second later.
func (b *bundle) pass(t *testing.T, h *Hub) {
	t.Helper()
	b.now = b.now.Add(pace)
	h.pass(t.Context(), b.now)
}

func watch(t *testing.T, h *Hub, lastID string, topics ...Topic) *Watcher {
	t.Helper()
	w, err := h.Watch("somebody", lastID, topics)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// told is a message as its watcher reads it.
type told struct {
	id    string
	topic Topic
	data  string
}

func read(t *testing.T, m Message) told {
	t.Helper()
	text := string(m.Event)
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[3] != "" || lines[4] != "" || lines[1] != "event: "+string(m.Topic) ||
		!strings.HasPrefix(lines[0], "id: ") || !strings.HasPrefix(lines[2], "data: ") || !json.Valid([]byte(lines[2][6:])) {
		t.Fatalf("message %q", text)
	}
	if strings.Contains(text, "secret") {
		t.Errorf("it tells what a push holds: %s", text)
	}
	return told{lines[0][4:], m.Topic, lines[2][6:]}
}

// got are the messages that wait for a watcher.
func got(t *testing.T, w *Watcher) (all []told) {
	t.Helper()
	for {
		select {
		case m, ok := <-w.Messages():
			if !ok {
				return all
			}
			all = append(all, read(t, m))
		default:
			return all
		}
	}
}

// next waits for a message about a topic; others are passed over.
func next(t *testing.T, w *Watcher, topic Topic) told {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case m, ok := <-w.Messages():
			if !ok {
				t.Fatalf("waiting for %s: %v", topic, w.Err())
			}
			if one := read(t, m); one.topic == topic {
				return one
			}
		case <-late:
			t.Fatalf("never: %s", topic)
		}
	}
}

// run runs a hub until stop is called, or the test ends.
func run(t *testing.T, h *Hub) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	ended := false
	stop = func() {
		if cancel(); !ended {
			ended = true
			if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}
