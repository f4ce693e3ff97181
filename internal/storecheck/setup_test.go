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
	s.put("a", push.Sent, "csno", "1", "push_grp_id", "G")
	s.put("b", push.Failed, "csno", "1", "error_code", "UNREGISTERED")
	s.put("c:index", push.Expired)
	s.put("d:record:e", push.Cancelled, "csno", "x:record:y")
	// An entry that could not be read: in the indexes of all and of its state.
	s.note("unreadable", push.Failed, "error_code", "INVALID_JOB", "raw", `{}`)
	for _, key := range []string{
		"push:{0}:sweep", "push:hold:{p}", "push:rate:{p}", "push:worker:consumer-1-12-abcdef", "push:{dead}:tokens", "push:{dead}:why",
	} {
		s.do("SET", key, "x", "EX", "60")
	}
	for _, key := range []string{"push:control", "push:partitions", "push:keys", "push:workers"} {
		s.do("SET", key, "x")
	}
	s.do("XADD", "push:{0}:events", "*", "lapsed", "a somebody")
	return s
}

func (s *store) do(args ...any) {
	s.t.Helper()
	if err := s.Do(s.t.Context(), args...).Err(); err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
}

// put writes a push and all that belongs to it.
func (s *store) put(id string, status push.Status, fields ...any) {
	s.t.Helper()
	p, token := s.keys.Of(id), "token-of-"+id
	s.note(id, status, append([]any{"device_id", token}, fields...)...)
	at := acceptedAt.UnixMilli()
	s.do("ZADD", p.DeviceIDIndex(token), at, id)
	for i := 0; i < len(fields); i += 2 {
		switch fields[i] {
		case "csno":
			s.do("ZADD", p.CsnoIndex(fields[i+1].(string)), at, id)
		case "push_grp_id":
			s.do("ZADD", p.PushGrpIDIndex(fields[i+1].(string)), at, id)
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
	s.do("ZADD", p.StatusIndex(status), at, id)
	minute := p.Base + ":minute:202611220030"
	s.do("HINCRBY", minute, "accepted", 1)
	s.do("HINCRBY", minute, string(status), 1)
	s.do("EXPIRE", minute, 172800)
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
