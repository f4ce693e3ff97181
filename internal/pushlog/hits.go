package pushlog

import (
	"cmp"
	"context"
	"iter"
	"strconv"
	"strings"

	"pushstream/internal/push"
)

// hits are some pushes of a selection, in its order.
type hits struct {
	partition Partition
	n         int
	looked    int64         // pushes that were looked at to find them
	members   []member      // nil if they are rows of a chunk that were not looked up
	chunk     int64         // number of the chunk
	rows      []int         // in it
	ms        []int64       // accepted times, if they were asked for
	statuses  []push.Status // the same
}

// wants is what is to be known of each hit.
type wants struct {
	members  bool // id and time; else they may be rows of a chunk
	times    bool
	statuses bool
}

// source finds hits in their order; an error is the last that it yields.
type source = iter.Seq2[hits, error]

// comesBefore says which of two pushes a selection shows first.
func comesBefore(a, b member, oldest bool) bool {
	c := cmp.Or(cmp.Compare(a.ms, b.ms), strings.Compare(a.id, b.id))
	if oldest {
		return c < 0
	}
	return c > 0
}

// merge makes one source of several, whose hits must have members.
func merge(sources []source, oldest bool) source {
	if len(sources) == 1 {
		return sources[0]
	}
	return func(yield func(hits, error) bool) {
		type head struct {
			hits
			next func() (hits, error, bool)
		}
		var heads []*head
		// fill loads the next hits of a head, and says whether there are any.
		fill := func(h *head) (bool, error) {
			looked := h.looked
			for {
				got, err, ok := h.next()
				if !ok || err != nil {
					h.hits = hits{looked: looked}
					return false, err
				}
				h.hits = got
				h.looked += looked
				looked = h.looked
				if len(got.members) > 0 {
					return true, nil
				}
			}
		}
		var rest int64 // looked at by sources that had no more hits
		for _, s := range sources {
			next, stop := iter.Pull2(s)
			defer stop()
			h := &head{next: next}
			ok, err := fill(h)
			if err != nil {
				yield(hits{}, err)
				return
			}
			if ok {
				heads = append(heads, h)
			} else {
				rest += h.looked
			}
		}
		for len(heads) > 0 {
			first, second := 0, -1
			for i := 1; i < len(heads); i++ {
				switch {
				case comesBefore(heads[i].members[0], heads[first].members[0], oldest):
					first, second = i, first
				case second < 0 || comesBefore(heads[i].members[0], heads[second].members[0], oldest):
					second = i
				}
			}
			h := heads[first]
			n := len(h.members)
			if second >= 0 {
				for n = 1; n < len(h.members) && comesBefore(h.members[n], heads[second].members[0], oldest); n++ {
				}
			}
			out := hits{partition: h.partition, n: n, looked: h.looked + rest, members: h.members[:n]}
			if !yield(out, nil) {
				return
			}
			rest, h.looked, h.members = 0, 0, h.members[n:]
			if len(h.members) > 0 {
				continue
			}
			ok, err := fill(h)
			if err != nil {
				yield(hits{}, err)
				return
			}
			if !ok {
				rest += h.looked
				heads = append(heads[:first], heads[first+1:]...)
			}
		}
		if rest > 0 {
			yield(hits{looked: rest}, nil)
		}
	}
}

// lookUp returns the members of hits [from, to). Those whose chunk is gone by now
// are left out.
func (l *Log) lookUp(ctx context.Context, h hits, from, to int) ([]member, error) {
	if h.members != nil {
		return h.members[from:to], nil
	}
	packed, err := l.rdb.HMGet(ctx, h.partition.Chunk(h.chunk), columnID).Result()
	if err != nil || len(packed) != 1 || packed[0] == nil {
		return nil, err
	}
	ids, err := l.codec.Decode(packed[0].(string), nil)
	if err != nil {
		return nil, err
	}
	var members []member
	for _, row := range h.rows[from:to] {
		if row < ids.Rows() {
			members = append(members, member{partition: h.partition, id: string(ids.Value(row))})
		}
	}
	return members, nil
}

// milli reads a score as commands and scripts answer it.
func milli(score any) int64 {
	switch s := score.(type) {
	case int64:
		return s
	case float64:
		return int64(s)
	case string:
		f, _ := strconv.ParseFloat(s, 64)
		return int64(f)
	}
	return 0
}
