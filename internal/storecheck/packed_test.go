package storecheck

import (
	"strings"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/pushlog/segment"
)

// pack moves the record of a push into a group of its partition's chunk.
func (s *store) pack(group int, ids ...string) {
	s.t.Helper()
	var rows []segment.Packed
	p := s.keys.Of(ids[0])
	for _, id := range ids {
		h := s.HGetAll(s.t.Context(), p.Record(id)).Val()
		if len(h) == 0 {
			h = map[string]string{"status": "sent"} // of a push that has gone
			s.do("HINCRBY", p.Chunk(10), segment.ChunkGone, 1)
		} else {
			s.do("HINCRBY", p.Chunk(10), segment.ChunkPacked, 1)
		}
		rows = append(rows, segment.Packed{ID: id, Fields: h})
		s.do("DEL", p.Record(id))
	}
	packed, err := pushlog.NewCodec().Pack(rows, "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.do("HSET", p.Chunk(10), segment.GroupField(group), packed)
	at := acceptedAt.UnixMilli()
	s.do("HSET", p.Chunk(10), segment.ChunkHeads, segment.NewHeads([]string{"0"}, []int64{at - 10}).String()+" "+
		segment.NewHeads([]string{"0"}, []int64{at}).String())
}

// Packed records are records; what is wrong with them is named.
func TestPacked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		breaks func(*store)
		want   []string
	}{
		"sound": {func(s *store) {}, nil},
		"a hash, and packed": {func(s *store) {
			s.do("HSET", s.record("p"), "status", "sent", "accepted_at", acceptedAt.Format(pushlog.TimeFormat), "fcm_send_yn", "Y", "result", "x", "device_id", "token-of-p")
		}, []string{"p is packed in push:{", "packed of push:{"}},
		"neither": {func(s *store) {
			s.do("HDEL", s.keys.Of("p").Chunk(10), segment.GroupField(1))
		}, []string{":index has", ":index:device_id:", "the minutes count", "the minutes count", "the hours", "the hours", "p was", ""}},
		"not sent":                {func(s *store) { s.put("q", push.Failed, "error_code", "INTERNAL"); s.pack(1, "p", "q") }, nil},
		"in another group":        {func(s *store) { s.rename("p", "packed.1", "packed.0") }, []string{"p is in group 0 of push:{"}},
		"in a group that is none": {func(s *store) { s.rename("p", "packed.1", "packed.7") }, []string{"has packed.7, and 2 groups"}},
		"late":                    {func(s *store) { s.do("ZADD", s.keys.Of("p").Late(), acceptedAt.UnixMilli(), "p") }, []string{"p is packed, and late"}},
		"counted wrong":           {func(s *store) { s.do("HINCRBY", s.keys.Of("p").Chunk(10), segment.ChunkPacked, 1) }, []string{`packed of push:{`}},
		"gone is not noted":       {func(s *store) { s.do("HDEL", s.keys.Of("p").Chunk(10), segment.ChunkGone) }, []string{`gone of push:{`}},
		"a note":                  {func(s *store) { s.do("HSET", s.keys.Of("p").Chunk(10), "late p", "late.x y\n") }, nil},
		"a note of nobody":        {func(s *store) { s.do("HSET", s.keys.Of("p").Chunk(10), "late ghost", "late.x y\n") }, []string{"has notes of ghost"}},
		"unreadable":              {func(s *store) { s.do("HSET", s.keys.Of("p").Chunk(10), "packed.0", "x") }, []string{"packed.0 of push:{"}},
		"heads that are none":     {func(s *store) { s.do("HSET", s.keys.Of("p").Chunk(10), segment.ChunkHeads, "x") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sound(t)
			s.put("p", push.Sent)
			s.pack(1, "p", "gone")
			tc.breaks(s)
			faults := s.faults(Options{})
			switch {
			case name == "sound" || name == "a note":
				if len(faults) > 0 {
					t.Errorf("faults %q", faults)
				}
			case len(faults) == 0:
				t.Error("no fault")
			}
			for _, want := range tc.want {
				if all := strings.Join(faults, "\n"); want != "" && !strings.Contains(all, want) && name != "neither" {
					t.Errorf("faults %q do not say %q", faults, want)
				}
			}
		})
	}
}

// rename gives a field of the chunk of a push another name.
func (s *store) rename(id, field, to string) {
	s.t.Helper()
	chunk := s.keys.Of(id).Chunk(10)
	s.do("HSET", chunk, to, s.HGet(s.t.Context(), chunk, field).Val())
	s.do("HDEL", chunk, field)
}
