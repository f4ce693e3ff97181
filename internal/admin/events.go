package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
	"pushstream/internal/live"
)

const (
	fieldTopics = "topics"
	fieldLastID = "last_event_id" // for who can't set the header Last-Event-ID
	// heartbeat is how often something is sent, at least: so that proxies leave the
	// connection open, and a client that is gone is noticed.
	heartbeat = 15 * time.Second
	// reconnect tells a browser how long to wait before it comes back, in ms.
	reconnect = "retry: 3000\n\n"
)

// events answers with what happens, as it happens, until the client goes, its session
// ends, or the process stops.
func (a *api) events(c *gin.Context) {
	in := readQuery(c, fieldTopics, fieldLastID)
	topics := in.topics()
	lastID, _ := in.one(fieldLastID)
	if id := c.GetHeader("Last-Event-ID"); id != "" { // of a browser that comes back
		lastID = id
	}
	if in.refused(c) {
		return
	}
	who := whoIs(c)
	w, err := a.Live.Watch(string(who.Kind)+" "+who.Name, lastID, topics)
	switch {
	case errors.Is(err, live.ErrTooMany):
		c.Header("Retry-After", "10")
		httpapi.Fail(c, http.StatusTooManyRequests, "too many connections for live events of the same user; one serves a whole browser")
		return
	case err != nil:
		c.Header("Retry-After", "10")
		httpapi.Fail(c, http.StatusServiceUnavailable, "no live events now: "+err.Error())
		return
	}
	defer w.Close()
	ctx, cancel := a.watched(c, 0, access.Read)
	defer cancel()
	to := a.newPatient(c, "text/event-stream", "X-Accel-Buffering", "no")
	if _, err := to.Write([]byte(reconnect)); err == nil {
		a.relay(ctx, w, to)
	}
}

// relay sends messages on as they come.
func (a *api) relay(ctx context.Context, w *live.Watcher, to *patient) {
	beat := time.NewTicker(a.heartbeat)
	defer beat.Stop()
	for {
		text := []byte(":\n\n")
		select {
		case <-ctx.Done():
			if withdrawn(ctx) {
				_, _ = to.Write([]byte(": the session has ended\n\n"))
				return
			}
			_, _ = to.Write([]byte(": stopped\n\n")) // if it is not the client that went
			return
		case m, ok := <-w.Messages():
			if !ok {
				_, _ = to.Write([]byte(": " + w.Err().Error() + "\n\n"))
				return
			}
			text = m.Event
		case <-beat.C:
		}
		if _, err := to.Write(text); err != nil {
			return
		}
	}
}

// topics reads what to watch; all, if it does not say.
func (p *parser) topics() []live.Topic {
	text, is := p.one(fieldTopics)
	if !is {
		return live.Topics()
	}
	var topics []live.Topic
	for _, word := range strings.Split(text, ",") {
		topic := live.Topic(word)
		if !slices.Contains(live.Topics(), topic) {
			p.fault("%s must be one of %v, or several with commas between them", fieldTopics, live.Topics())
			return nil
		}
		if !slices.Contains(topics, topic) {
			topics = append(topics, topic)
		}
	}
	return topics
}
