package live

import (
	"bytes"
	"encoding/json"
	"fmt"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

// Topic is what a message is about.
type Topic string

// The topics.
const (
	Pushes  Topic = "pushes"
	Counts  Topic = "counts"
	Workers Topic = "workers"
	Holds   Topic = "holds"
	Flush   Topic = "flush"
	Jobs    Topic = "jobs"

	// Resync is what is sent instead of what can't be told any more, to watchers of any
	// topic: they must read everything again.
	Resync Topic = "resync"
)

// Topics returns what can be watched.
func Topics() []Topic { return []Topic{Pushes, Counts, Workers, Holds, Flush, Jobs} }

// Message is one message to many watchers.
type Message struct {
	Topic Topic
	Event []byte // a whole event of a text/event-stream; shared, not to be changed
}

// maxChanges is how many pushes a message names.
const maxChanges = 500

// pushes is the data of a message about Pushes.
type pushes struct {
	Changes  []change `json:"changes"`
	More     int      `json:"more"`     // pushes that changed and are not named
	Accepted int      `json:"accepted"` // pushes that are new, named or not
}

// change is one push that changed.
type change struct {
	ID     string      `json:"id"`
	Status push.Status `json:"status"`
}

// pushesOf are the newest of some changes.
func pushesOf(c *stream.Changes) pushes {
	more := max(0, len(c.IDs)-maxChanges)
	p := pushes{Changes: make([]change, 0, maxChanges), More: more, Accepted: c.Accepted}
	for _, id := range c.IDs[more:] {
		p.Changes = append(p.Changes, change{id, c.Status[id]})
	}
	return p
}

// encode makes a message of a topic out of its JSON.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
func encode(topic Topic, place stream.EventPlace, data []byte) Message {
	var b bytes.Buffer
	fmt.Fprintf(&b, "id: %s\nevent: %s\ndata: %s\n\n", place, topic, data)
	return Message{topic, b.Bytes()}
}

// mustJSON encodes values of this package, which always can be.
func mustJSON(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // a bug
	}
	return data
}
