package fcmsim

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// shardCount is a power of two; enough that two cores rarely meet.
const shardCount = 64

// maxOrdinal is how many acceptances of one message are told apart; later
// ones are duplicates of ours.
const maxOrdinal = 63

// ledger is everything that is counted between two resets.
type ledger struct {
	counters
	shards [shardCount]shard
	kept   ring
}

type shard struct {
	mu      sync.Mutex
	entries map[string]*entry
}

// entry is what happened to one msg_id. Its shard's lock guards it.
type entry struct {
	tries      uint32
	accepted   uint32
	early      uint32
	broken     uint64 // bit n: the answer to acceptance n (from 0) was broken
	firstUS    int64  // arrival of the first and the last try, unix µs
	lastUS     int64
	notBefore  int64   // unix ms: a try before is early
	acceptedUS int64   // the first acceptance, unix µs
	againUS    []int64 // further ones: only a duplicate makes room for them
}

// acceptance returns when acceptance n (from 0) was, and whether its answer was
// broken.
func (e *entry) acceptance(n int) (us int64, broken bool) {
	broken = n <= maxOrdinal && e.broken>>n&1 == 1
	if n == 0 {
		return e.acceptedUS, broken
	}
	return e.againUS[n-1], broken
}

// try is one request for one message. For a message without an id, entry is
// nil and number is 1.
type try struct {
	id     string
	hash   uint64
	number uint32
	shard  *shard
	entry  *entry
}

func newLedger(keep int) *ledger {
	l := &ledger{}
	for i := range l.shards {
		l.shards[i].entries = map[string]*entry{}
	}
	l.kept.limit = keep
	return l
}

// open notes that a request for id arrived.
func (l *ledger) open(id string, arrived time.Time) try {
	if id == "" {
		return try{number: 1}
	}
	t := try{id: id, hash: hashOf(id)}
	t.shard = &l.shards[t.hash%shardCount]
	us := arrived.UnixMicro()

	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	t.entry = t.shard.entries[id]
	if t.entry == nil {
		t.entry = &entry{firstUS: us}
		t.shard.entries[strings.Clone(id)] = t.entry // id is part of a whole body
		l.ids.Add(1)
	}
	e := t.entry
	e.tries++
	e.firstUS = min(e.firstUS, us)
	e.lastUS = max(e.lastUS, us)
	if us/1000 < e.notBefore { // whole milliseconds, as clients keep them
		e.early++
		l.early.Add(1)
	}
	t.number = e.tries
	return t
}

// accept notes that the message of t went out. It returns which acceptance of
// its id that is, from 0, and which of all, from 1.
func (l *ledger) accept(t try, now time.Time) (ordinal uint32, serial int64) {
	serial = l.accepted.Add(1)
	if t.entry == nil {
		return 0, serial
	}
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	e := t.entry
	ordinal = e.accepted
	e.accepted++
	if ordinal == 0 {
		e.acceptedUS = now.UnixMicro()
		l.acceptedIDs.Add(1)
		return 0, serial
	}
	e.againUS = append(e.againUS, now.UnixMicro())
	l.duplicates.Add(1)
	if ordinal <= maxOrdinal && e.broken>>(ordinal-1)&1 == 1 {
		l.unavoidable.Add(1)
	}
	return ordinal, serial
}

// breakAnswer notes that the client doesn't learn of an acceptance. That may
// come out after its duplicate was accepted.
func (l *ledger) breakAnswer(t try, ordinal uint32) {
	l.broken.Add(1)
	if t.entry == nil || ordinal > maxOrdinal {
		return
	}
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	t.entry.broken |= 1 << ordinal
	if t.entry.accepted > ordinal+1 && ordinal < maxOrdinal {
		l.unavoidable.Add(1)
	}
}

// askToWait notes that t's client was told not to try again before then.
func (l *ledger) askToWait(t try, then time.Time) {
	if t.entry == nil || then.IsZero() {
		return
	}
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	t.entry.notBefore = max(t.entry.notBefore, then.UnixMilli())
}

// find returns a copy of what is known of id.
func (l *ledger) find(id string) (entry, bool) {
	s := &l.shards[hashOf(id)%shardCount]
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[id]; e != nil {
		return *e, true
	}
	return entry{}, false
}

// appendTimes appends a line "id first_request_unix_us" for each message of
// one shard.
func (l *ledger) appendTimes(b []byte, shard int) []byte {
	return l.appendLines(b, shard, func(b []byte, e *entry) []byte {
		return strconv.AppendInt(b, e.firstUS, 10)
	})
}

// appendLedger appends a line "id tries accepted first_request_unix_us" for
// each message of one shard, and the time of each acceptance behind it, with a
// "!" if its answer was broken.
func (l *ledger) appendLedger(b []byte, shard int) []byte {
	return l.appendLines(b, shard, func(b []byte, e *entry) []byte {
		b = strconv.AppendUint(b, uint64(e.tries), 10)
		b = append(b, ' ')
		b = strconv.AppendUint(b, uint64(e.accepted), 10)
		b = append(b, ' ')
		b = strconv.AppendInt(b, e.firstUS, 10)
		for n := range int(e.accepted) {
			us, broken := e.acceptance(n)
			b = append(b, ' ')
			b = strconv.AppendInt(b, us, 10)
			if broken {
				b = append(b, '!')
			}
		}
		return b
	})
}

// appendLines appends a line for each message of one shard: its id, and what
// rest appends. An id that would break the line is quoted as in Go.
func (l *ledger) appendLines(b []byte, shard int, rest func([]byte, *entry) []byte) []byte {
	s := &l.shards[shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, e := range s.entries {
		if plain(id) {
			b = append(b, id...)
		} else {
			b = strconv.AppendQuoteToASCII(b, id)
		}
		b = append(b, ' ')
		b = rest(b, e)
		b = append(b, '\n')
	}
	return b
}

func plain(id string) bool {
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c == '"' || c >= 0x7f {
			return false
		}
	}
	return true
}
