package storecheck

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

func TestSound(t *testing.T) {
	t.Parallel()
	s := sound(t)
	records, faults, err := Finished(t.Context(), s.Client, s.keys, Options{})
	if err != nil || len(faults) != 0 {
		t.Fatalf("faults %q, %v", faults, err)
	}
	if len(records) != 5 || records["a"].Status() != push.Sent || records["d:record:e"]["csno"] != "x:record:y" {
		t.Errorf("records %v", records)
	}
	if empty := (&store{s.Client, t, pushlog.Keys{Prefix: "other", Partitions: 1}}).faults(Options{}); len(empty) == 0 {
		t.Error("keys of another prefix are no fault")
	}
}

// Each way to break the store is named, and nothing else is.
func TestBroken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		breaks func(*store)
		want   []string // what each fault says, in their order
	}{
		"an unknown key":  {func(s *store) { s.do("SET", "push:leak", 1) }, []string{"should be gone: push:leak"}},
		"a key of nobody": {func(s *store) { s.do("SET", "else", 1) }, []string{"should be gone: else"}},
		"an index of a state that ends": {func(s *store) { s.do("ZADD", "push:{0}:index:status:queued", 1, "a") },
			[]string{"should be gone: push:{0}:index:status:queued"}},
		"a worker without a TTL":  {func(s *store) { s.do("PERSIST", "push:worker:consumer-1-12-abcdef") }, []string{"consumer-1-12-abcdef has no TTL"}},
		"a hold without a TTL":    {func(s *store) { s.do("PERSIST", "push:hold:{p}") }, []string{"push:hold:{p} has no TTL"}},
		"a minute without a TTL":  {func(s *store) { s.do("PERSIST", s.keys.Of("a").Base+":minute:202611220030") }, []string{":minute:202611220030 has no TTL"}},
		"an hour without a TTL":   {func(s *store) { s.do("PERSIST", s.keys.Of("a").Base+":hour:2026112200") }, []string{":hour:2026112200 has no TTL"}},
		"a turn without a TTL":    {func(s *store) { s.do("PERSIST", "push:{0}:sealing") }, []string{"push:{0}:sealing has no TTL"}},
		"a session without a TTL": {func(s *store) { s.do("PERSIST", "push:{access}:session:0123456789abcdef0123456789abcdef") }, []string{"has no TTL"}},
		"a user that is not listed": {func(s *store) { s.do("HSET", "push:{access}:user:bae", "role", "admin") }, []string{
			"user bae is not in the list of users", "1 users are listed, there are 2"}},
		"a user that is listed and is none": {func(s *store) { s.do("ZADD", "push:{access}:users", 0, "bae") }, []string{"2 users are listed, there are 1"}},
		"an outcome of nothing":             {func(s *store) { s.do("HSET", "push:{audit}:outcomes", "2-1", "done") }, []string{"an outcome of 2-1"}},
		"an index of what is sent": {func(s *store) { s.do("ZADD", s.keys.Of("a").StatusIndex(push.Sent), acceptedAt.UnixMilli(), "a") },
			[]string{"should be gone: push:{0}:index:status:sent"}},

		"a push that has not ended": {func(s *store) { s.do("HSET", s.record("b"), "status", "queued") }, []string{
			`b is "queued"`, ":index:status:queued has 0 members, by the records it should have 1; they differ in [b]",
			":index:status:failed has members [b] that no record asks for",
			"the minutes count 2 failed, there are 1", "the hours count 2 failed, there are 1", `b is queued, its last event says "failed"`,
		}},
		"sent, and says N":         {func(s *store) { s.do("HSET", s.record("a"), "fcm_send_yn", "N") }, []string{`a is sent and has fcm_send_yn "N"`}},
		"failed, and says nothing": {func(s *store) { s.do("HDEL", s.record("b"), "fcm_send_yn") }, []string{`b is failed and has fcm_send_yn ""`}},
		"sent without a result":    {func(s *store) { s.do("HDEL", s.record("a"), "result") }, []string{"a does not say what became of it"}},
		"another fingerprint":      {func(s *store) { s.do("HSET", s.record("a"), "msg_title", "x", "fingerprint", "y") }, []string{"a has the fingerprint y, its fields have "}},
		"its own fingerprint": {func(s *store) {
			j := push.Job{DeviceID: "token-of-a", MsgTitle: "x", Priority: push.Normal, TTL: push.DefaultTTL}
			j.Csno = s.HGet(s.t.Context(), s.record("a"), "csno").Val()
			j.PushGrpID = s.HGet(s.t.Context(), s.record("a"), "push_grp_id").Val()
			s.do("HSET", s.record("a"), "msg_title", "x", "fingerprint", j.Fingerprint())
		}, nil},
		"failed without a code": {func(s *store) { s.do("HDEL", s.record("b"), "error_code") }, []string{
			"b does not say what became of it", ":index:error_code:UNREGISTERED has members [b] that no record asks for",
		}},
		"a time that is none":         {func(s *store) { s.do("HSET", s.record("c:index"), "accepted_at", "soon") }, []string{`accepted_at of c:index: parsing time "soon"`, "differ in [c:index]", "", ""}},
		"a copy in another partition": {func(s *store) { s.do("COPY", s.record("a"), s.elsewhere("a").Record("a")) }, []string{"the record of a is in push:{"}},

		"a record that is gone": {func(s *store) { s.do("DEL", s.record("a")) }, []string{
			":index has", ":index:csno:1 has members [a] that no record asks for", ":index:device_id:", ":index:push_grp_id:G",
			"a is late in", "the minutes count 5 accepted, there are 4", "the minutes count 1 sent, there are 0",
			"the hours count 5 accepted, there are 4", "the hours count 1 sent, there are 0", "1 pushes have events and no record: [a]",
		}},
		"a member of no record":         {func(s *store) { s.do("ZADD", "push:{0}:index", acceptedAt.UnixMilli()+5000, "ghost") }, []string{"push:{0}:index has"}},
		"an index of no record":         {func(s *store) { s.do("ZADD", "push:{0}:index:csno:9", 5, "ghost") }, []string{"push:{0}:index:csno:9 has members [ghost] that no record asks for"}},
		"a member that is missing":      {func(s *store) { s.do("ZREM", s.keys.Of("a").ValueIndex(push.FieldCsno, "1"), "a") }, []string{"they differ in [a]"}},
		"a member at another time":      {func(s *store) { s.do("ZADD", s.keys.Of("a").ValueIndex(push.FieldPushGrpID, "G"), 5, "a") }, []string{":index:push_grp_id:G has 1 members, by the records it should have 1; they differ in [a]"}},
		"in the index of another state": {func(s *store) { s.do("ZADD", s.keys.Of("a").StatusIndex(push.Expired), acceptedAt.UnixMilli(), "a") }, []string{":index:status:expired has"}},
		"in no index of error codes": {func(s *store) { s.do("DEL", s.keys.Of("b").ErrorCodeIndex(push.CodeUnregistered)) }, []string{
			":index:error_code:UNREGISTERED has 0 members, by the records it should have 1; they differ in [b]",
		}},
		"in the index of another code": {func(s *store) {
			s.do("ZADD", s.keys.Of("b").ErrorCodeIndex(push.CodeInternal), acceptedAt.UnixMilli(), "b")
		}, []string{
			":index:error_code:INTERNAL has members [b] that no record asks for",
		}},
		"an emptied code in its index": {func(s *store) {
			s.do("ZADD", s.keys.Of("a").ErrorCodeIndex(push.CodeUnavailable), acceptedAt.UnixMilli(), "a")
		}, []string{
			":index:error_code:UNAVAILABLE has members [a] that no record asks for",
		}},

		// The pushes were accepted at 1795307401123, where the chunks end.
		"a chunk that is not listed": {func(s *store) { s.do("DEL", "push:{0}:chunks") }, []string{"push:{0}:chunk:10 is not among the chunks"}},
		"a chunk that is gone":       {func(s *store) { s.do("DEL", "push:{0}:chunk:10") }, []string{"push:{0}:chunk:10 is among the chunks, and is gone"}},
		"a chunk of no partition": {func(s *store) { s.do("RENAME", "push:{0}:chunk:10", "push:{2}:chunk:10") }, []string{
			"push:{0}:chunk:10 is among the chunks, and is gone", "push:{2}:chunk:10 is not among the chunks",
		}},
		"a chunk without its end": {func(s *store) { s.do("HDEL", "push:{0}:chunk:10", "last_ms") }, []string{`last_ms of push:{0}:chunk:10 is ""`}},
		"a chunk listed at another time": {func(s *store) { s.do("ZADD", "push:{0}:chunks", acceptedAt.UnixMilli()-9, 10) }, []string{
			"push:{0}:chunk:10 begins at 1795307401113, the chunks have it at 1795307401114",
		}},
		"a chunk of what is gone": {func(s *store) {
			s.chunk(s.keys.Partition(0), 9, acceptedAt.UnixMilli()-30, acceptedAt.UnixMilli()-20, 1000)
		}, []string{
			"push:{0}:chunk:9 was sealed with 1000 pushes, there are 0",
		}},
		"a push among what is sealed": {func(s *store) { s.do("HSET", s.keys.Of("a").Chunk(10), "rows", 1) }, []string{"was sealed with 1 pushes, there are"}},
		"chunks that overlap": {func(s *store) {
			s.chunk(s.keys.Partition(0), 11, acceptedAt.UnixMilli(), acceptedAt.UnixMilli()+10, 1000)
		}, []string{
			"push:{0}:chunk:11 is from 1795307401123 to 1795307401133, the one before it ends at 1795307401123",
		}},
		"a chunk that ends before it begins": {func(s *store) { s.do("HSET", "push:{0}:chunk:10", "last_ms", 5) }, []string{
			"push:{0}:chunk:10 is from 1795307401113 to 5, the one before it ends at -1", "there are 0",
		}},
		"pushes in no chunk": {func(s *store) {
			s.do("DEL", "push:{0}:chunk:10", "push:{0}:chunks")
			s.chunk(s.keys.Partition(0), 11, acceptedAt.UnixMilli()+1, acceptedAt.UnixMilli()+2, 1000)
		}, []string{"push:{0}:chunk:11 was sealed with 1000 pushes, there are 0", "3 pushes before push:{0}:chunk:11 are in no chunk"}},
		"a chunk of what is not sealed": {func(s *store) { s.do("HSET", "push:{0}:sealed", "until_ms", acceptedAt.UnixMilli()-1) }, []string{
			"the chunks of push:{0} end at 1795307401123, it is sealed until 1795307401122",
			"a is late at 1795307401123, push:{0} is sealed until 1795307401122",
		}},
		"sealed until some time": {func(s *store) { s.do("HSET", "push:{1}:sealed", "until_ms", "soon") }, []string{
			`until_ms of push:{1}:sealed is "soon"`, "the chunks of push:{1} end at 1795307401123, it is sealed until 0",
		}},
		"late without a record":     {func(s *store) { s.do("ZADD", "push:{0}:late", 5, "ghost") }, []string{"ghost is late in push:{0}, which has no such record"}},
		"late in another partition": {func(s *store) { s.do("ZADD", s.elsewhere("b").Late(), acceptedAt.UnixMilli(), "b") }, []string{"b is late in push:{0}, which has no such record"}},
		"late at another time":      {func(s *store) { s.do("ZADD", s.keys.Of("a").Late(), 5, "a") }, []string{"a is late at 5, it was accepted at 1795307401123"}},

		"an entry that stayed": {func(s *store) { s.do("XADD", "push:{0}:jobs", "1-1", "id", "a") }, []string{"push:{0}:jobs has 1 entries: [1-1]"}},
		"an entry that leads nowhere": {func(s *store) { s.do("XADD", "push:{1}:jobs:urgent", "1-1", "id", "ghost") }, []string{
			"push:{1}:jobs:urgent has 1 entries: [1-1]", "1 entries that lead to no record: [1-1 ghost]",
		}},
		"an entry in hand": {func(s *store) {
			s.do("XADD", "push:{0}:jobs", "1-1", "id", "a")
			s.do("XREADGROUP", "GROUP", group, "me", "STREAMS", "push:{0}:jobs", ">")
		}, []string{"push:{0}:jobs has 1 entries", "push:{0}:jobs has 1 pending entries, of map[me:1]"}},
		"no group":           {func(s *store) { s.do("XGROUP", "DESTROY", "push:{0}:jobs", group) }, []string{"push:{0}:jobs has no group fcm"}},
		"a retry that waits": {func(s *store) { s.do("ZADD", s.keys.Of("a").Base+":due", 1, "a") }, []string{"should be gone", "1 pushes are due in"}},
		"a retry that leads nowhere": {func(s *store) { s.do("ZADD", "push:{1}:due", 1, "ghost") }, []string{
			"should be gone: push:{1}:due", "1 pushes are due in push:{1}:due: [ghost]", "1 pushes are due in push:{1}:due and have no record: [ghost]",
		}},

		"counted once too often":      {func(s *store) { s.do("HINCRBY", "push:{0}:minute:202611220030", "sent", 1) }, []string{"the minutes count 2 sent, there are 1"}},
		"not counted":                 {func(s *store) { s.do("HINCRBY", s.keys.Of("a").Base+":minute:202611220030", "accepted", -1) }, []string{"the minutes count 4 accepted, there are 5"}},
		"counted in another hour too": {func(s *store) { s.do("HINCRBY", "push:{0}:hour:2026112200", "sent", 1) }, []string{"the hours count 2 sent, there are 1"}},
		"not counted in an hour":      {func(s *store) { s.do("HINCRBY", s.keys.Of("a").Base+":hour:2026112200", "accepted", -1) }, []string{"the hours count 4 accepted, there are 5"}},
		"a try that an hour lacks":    {func(s *store) { s.do("HINCRBY", "push:{0}:minute:202611220030", "error.INTERNAL", 2) }, []string{"the minutes count 2 error.INTERNAL, the hours 0"}},
		"a try that the minutes lack": {func(s *store) { s.do("HINCRBY", "push:{0}:hour:2026112200", "retrying", 1) }, []string{"the minutes count 0 retrying, the hours 1"}},
		"counted in words":            {func(s *store) { s.do("HSET", "push:{0}:minute:202611220030", "retrying", "many") }, []string{`retrying of push:{0}:minute:202611220030 is "many"`}},
		"an event that is missing":    {func(s *store) { s.do("XADD", s.keys.Of("a").Base+":events", "*", "changes", "a retrying") }, []string{`a is sent, its last event says "retrying"`}},
		"an event of nobody":          {func(s *store) { s.do("XADD", "push:{0}:events", "*", "changes", "ghost sent") }, []string{"1 pushes have events and no record: [ghost]"}},
		"half an event":               {func(s *store) { s.do("XADD", "push:{0}:events", "9999999999999-1", "changes", "a sent b") }, []string{"event 9999999999999-1 of push:{0}:events"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sound(t)
			tc.breaks(s)
			faults := s.faults(Options{})
			if len(faults) != len(tc.want) {
				t.Fatalf("%d faults, want %d: %q", len(faults), len(tc.want), faults)
			}
			for i, fault := range faults {
				if !strings.Contains(fault, tc.want[i]) {
					t.Errorf("fault %q does not say %q", fault, tc.want[i])
				}
			}
		})
	}
}

func (s *store) record(id string) string { return s.keys.Of(id).Record(id) }

// elsewhere is a partition that is not the id's.
func (s *store) elsewhere(id string) pushlog.Partition {
	return s.keys.Partition(1 - s.keys.Of(id).Number)
}

// What is read in steps is read to its end.
func TestManySteps(t *testing.T) {
	t.Parallel()
	s := sound(t)
	const n = 2*step + 1
	s.do("DEL", "push:{0}:events", "push:{1}:events") // fewer events than one for each change
	for i := range n {
		s.put(fmt.Sprint("many-", i), push.Sent, "csno", "7")
	}
	records, faults, err := Finished(t.Context(), s.Client, s.keys, Options{SkipEvents: true})
	if err != nil || len(faults) != 0 || len(records) != 5+n {
		t.Fatalf("%d records, faults %q, %v", len(records), faults, err)
	}
	if faults := s.faults(Options{}); len(faults) != 5 { // of those whose events are gone
		t.Errorf("faults %q", faults)
	}
}

// A push that was redriven has ended once more than it has records.
func TestRedriven(t *testing.T) {
	t.Parallel()
	s := sound(t)
	s.do("HSET", s.record("a"), "redrives", 1, "redrive.1", "2026-11-22T00:31:00.000Z was failed UNAVAILABLE after 2 attempts, op=1")
	for _, more := range []string{"failed", "redriven"} {
		if faults := s.faults(Options{}); len(faults) == 0 {
			t.Errorf("that it was not counted as %s goes unnoticed", more)
		}
		s.do("HINCRBY", "push:{0}:minute:202611220030", more, 1)
		s.do("HINCRBY", "push:{0}:hour:2026112200", more, 1)
	}
	if faults := s.faults(Options{}); len(faults) != 0 {
		t.Errorf("faults %q", faults)
	}
	s.do("HSET", s.record("a"), "redrive.2", "somehow")
	if faults := s.faults(Options{}); len(faults) != 1 || faults[0] != `redrive.2 of a is "somehow"` {
		t.Errorf("faults %q", faults)
	}
}

func TestOptionsLeaveOut(t *testing.T) {
	t.Parallel()
	s := sound(t)
	s.do("HINCRBY", "push:{0}:minute:202611220030", "sent", 1)
	s.do("HINCRBY", "push:{0}:hour:2026112200", "sent", 1)
	s.do("XADD", "push:{0}:events", "*", "changes", "ghost sent")
	if faults := s.faults(Options{SkipCounters: true, SkipEvents: true}); len(faults) != 0 {
		t.Errorf("faults %q", faults)
	}
	if faults := s.faults(Options{SkipCounters: true}); len(faults) != 1 {
		t.Errorf("faults %q", faults)
	}
}

func TestEventsComplete(t *testing.T) {
	t.Parallel()
	s := sound(t)
	s.do("DEL", "push:{1}:events")
	for _, want := range []bool{true, false} {
		if got, err := EventsComplete(t.Context(), s.Client, s.keys); err != nil || got != want {
			t.Errorf("complete: %v, %v, want %v", got, err, want)
		}
		s.do("XTRIM", "push:{0}:events", "MAXLEN", 1)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	s := sound(t)
	s.do("XADD", "push:{0}:jobs", "*", "id", "a")
	s.do("XADD", "push:{1}:jobs:urgent", "*", "id", "b")
	for _, lane := range []string{"push:{0}:jobs", "push:{1}:jobs:urgent"} {
		s.do("XREADGROUP", "GROUP", group, "busy", "STREAMS", lane, ">")
		s.do("XGROUP", "CREATECONSUMER", lane, group, "another")
	}
	s.do("XGROUP", "DESTROY", "push:{0}:jobs:urgent", group)
	s.do("DEL", "push:{1}:jobs")
	got, err := Members(t.Context(), s.Client, s.keys)
	if want := []Member{{"another", 0}, {"busy", 2}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("members %v, %v, want %v", got, err, want)
	}
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	s := sound(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Finished(ctx, s.Client, s.keys, Options{}); err == nil {
		t.Error("a store that could not be read is called sound")
	}
	if _, err := Members(ctx, s.Client, s.keys); err == nil {
		t.Error("no error")
	}
}
