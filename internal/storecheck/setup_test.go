package storecheck

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// acceptedAt is when every push of these tests was accepted.
var acceptedAt = time.Date(2026, 11, 22, 0, 30, 1, 123e6, time.UTC)

// store is a sound store, written by hand as docs/redis.md describes it, so
// that a mistake of the scripts can't hide from the check.
type store struct {
	*redis.Client
	t    *testing.T
	keys pushlog.Keys
}

// sound returns a store with a push of each terminal state, and everything
// that may be there besides.
func sound(t *testing.T) *store {
	t.Helper()
	s := &store{redistest.New(t).Client(t), t, pushlog.Keys{Prefix: "push", Partitions: 2}}
	for _, p := range s.keys.All() {
		for _, lane := range lanes(p) {
			s.do("XGROUP", "CREATE", lane, group, "0", "MKSTREAM")
		}
	}
	s.put("a", push.Sent, "csno", "1", "push_grp_id", "G", "error_code", "")
	s.put("b", push.Failed, "csno", "1", "error_code", "UNREGISTERED")
	s.put("c:index", push.Expired)
	s.put("d:record:e", push.Cancelled, "csno", "x:record:y")
	// An entry that could not be read: in the indexes of all and of its state.
	s.note("unreadable", push.Failed, "error_code", "INVALID_JOB", "raw", `{}`)
	// All of them are sealed, in chunks that had more; one has changed since.
	at := acceptedAt.UnixMilli()
	for _, p := range s.keys.All() {
		s.chunk(p, 10, at-10, at, 1200)
		s.do("HSET", p.Sealed(), "next", 11, "until_ms", at+60, "written_ms", at)
	}
	s.do("ZADD", s.keys.Of("a").Late(), at, "a")
	for _, key := range []string{
		"push:{0}:sweep", "push:{0}:sealing", "push:{0}:retaining", "push:{1}:flushing", "push:{1}:flushed", "push:flush", "push:hold:{p}", "push:rate:{p}", "push:evidence:{p}", "push:waits:{p}", "push:waits:{p}:length", "push:worker:consumer-1-12-abcdef", "push:suppressed:{demo}", "push:suppressed:{demo}:why",
		"push:{access}:session:0123456789abcdef0123456789abcdef", "push:{access}:token:0123456789abcdef0123456789abcdef", "push:{access}:tokens",
		"push:{access}:sessions:kim@firm.kr", "push:{access}:known:kim@firm.kr", "push:{access}:failed:user:0123456789abcdef0123456789abcdef",
		"push:{access}:failed:pair:0123456789abcdef0123456789abcdef", "push:{access}:failed:address:192.0.2.7",
		"push:{access}:failed:address:2001:db8::/64", "push:{access}:failed:address:unknown", "push:{audit}:once:0123456789abcdef0123456789abcdef",
	} {
		s.do("SET", key, "x", "EX", "60")
	}
	for _, key := range []string{"push:control", "push:partitions", "push:project", "push:keys", "push:workers"} {
		s.do("SET", key, "x")
	}
	s.do("XADD", "push:{0}:events", "*", "lapsed", "a somebody")
	s.do("ZADD", "push:{access}:users", 0, "kim@firm.kr")
	s.do("HSET", "push:{access}:user:kim@firm.kr", "role", "admin")
	s.do("XADD", "push:{audit}:entries", "1-1", "action", "login")
	s.do("HSET", "push:{audit}:outcomes", "1-1", "done")
	return s
}

func (s *store) do(args ...any) {
	s.t.Helper()
	if err := s.Do(s.t.Context(), args...).Err(); err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
}

// chunk writes a chunk, as far as it is looked at.
func (s *store) chunk(p pushlog.Partition, n, first, last, rows int64) {
	s.t.Helper()
	s.do("HSET", p.Chunk(n), "first_ms", first, "last_ms", last, "rows", rows, "msg_title", "…")
	s.do("ZADD", p.Chunks(), first, n)
}

// put writes a push and all that belongs to it.
func (s *store) put(id string, status push.Status, fields ...any) {
	s.t.Helper()
	p, token := s.keys.Of(id), "token-of-"+id
	s.note(id, status, append([]any{"device_id", token}, fields...)...)
	at := acceptedAt.UnixMilli()
	s.do("ZADD", p.ValueIndex(push.FieldDeviceID, token), at, id)
	for i := 0; i < len(fields); i += 2 {
		switch fields[i] {
		case "csno":
			s.do("ZADD", p.ValueIndex(push.FieldCsno, fields[i+1].(string)), at, id)
		case "push_grp_id":
			s.do("ZADD", p.ValueIndex(push.FieldPushGrpID, fields[i+1].(string)), at, id)
		}
	}
}

// note writes a record with what each must have.
func (s *store) note(id string, status push.Status, fields ...any) {
	s.t.Helper()
	p, at, yn := s.keys.Of(id), acceptedAt.UnixMilli(), "N"
	if status == push.Sent {
		yn = "Y"
	}
	s.do(append([]any{"HSET", p.Record(id), "status", string(status), "accepted_at", acceptedAt.Format(pushlog.TimeFormat),
		"fcm_send_yn", yn, "result", "said so"}, fields...)...)
	s.do("ZADD", p.Index(), at, id)
	if status != push.Sent {
		s.do("ZADD", p.StatusIndex(status), at, id)
	}
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "error_code" && fields[i+1] != "" {
			s.do("ZADD", p.ErrorCodeIndex(push.Code(fields[i+1].(string))), at, id)
		}
	}
	for key, ttl := range map[string]int{p.Base + ":minute:202611220030": 172800, p.Base + ":hour:2026112200": 34560000} {
		s.do("HINCRBY", key, "accepted", 1)
		s.do("HINCRBY", key, string(status), 1)
		s.do("EXPIRE", key, ttl)
	}
	s.do("XADD", p.Base+":events", "*", "changes", id+" queued")
	s.do("XADD", p.Base+":events", "*", "changes", fmt.Sprintf("%s %s", id, status))
}

// faults checks the store.
func (s *store) faults(o Options) []string {
	s.t.Helper()
	_, faults, err := Finished(s.t.Context(), s.Client, s.keys, o)
	if err != nil {
		s.t.Fatal(err)
	}
	return faults
}
