package stream

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// A user who lacks any one right is told so before anything is written: whatever is
// taken away, the store is as it was.
func TestScriptsWriteNothingWithoutEveryRight(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	admin := s.Client(t)
	keys := pushlog.Keys{Prefix: "push", Partitions: 1}
	ctx := t.Context()
	if err := EnsureGroups(ctx, admin, keys); err != nil {
		t.Fatal(err)
	}
	before := redistest.Dump(t, admin)
	var takenAway []string
	for _, command := range library.Commands("accept") {
		takenAway = append(takenAway, "+@all -"+strings.ReplaceAll(strings.ToLower(command), " ", "|")+" ~*")
	}
	for _, pattern := range []string{"", "~push:{0}:record:*", "~push:{0}:record:* ~push:{0}:index:*", "%R~* ~push:{0}:record:*"} {
		takenAway = append(takenAway, "+@all ~push:{0}:jobs* ~push:{0}:due ~push:{0}:index ~push:{0}:events "+pattern)
	}
	if len(takenAway) < 12 {
		t.Fatalf("accept runs only %q", takenAway)
	}
	for _, rights := range takenAway {
		if err := admin.Do(ctx, "ACL", "SETUSER", "limited", "reset").Err(); err != nil {
			t.Fatal(err)
		}
		args := []any{"ACL", "SETUSER", "limited", "on", ">secret-one"}
		for _, rule := range strings.Fields(rights) {
			args = append(args, rule)
		}
		if err := admin.Do(ctx, args...).Err(); err != nil {
			t.Fatal(err)
		}
		limited := redis.NewClient(&redis.Options{Network: "unix", Addr: s.Socket, Username: "limited", Password: "secret-one"})
		_, err := NewProducer(limited, keys, ProducerOptions{}).Accept(ctx, []push.Job{job("one"), job("two")})
		limited.Close()
		if err == nil || !strings.Contains(err.Error(), "NOPERM the Redis user may not") {
			t.Errorf("%s: %v", rights, err)
		}
		if after := redistest.Dump(t, admin); len(after) != len(before) || strings.Contains(after["push:{0}:jobs"], "one") {
			t.Errorf("%s: half a push was written: %v", rights, after)
		}
	}
}

// A record's key, or an index of one value, that holds another type fails that push
// alone, and the whole batch beside it goes on.
func TestAcceptOfAnUnusableID(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx := t.Context()
	b.rdb.Set(ctx, "push:{0}:record:bad", "x", 0)
	b.rdb.Set(ctx, "push:{0}:index:csno:4711", "x", 0)
	bad, other, good := job("bad"), job("other"), job("good")
	other.Csno, other.PushGrpID = "4711", "G7"
	answers, err := b.producer.Accept(ctx, []push.Job{bad, other, good})
	if err != nil || answers[0] != Unusable || answers[1] != Unusable || answers[2] != Queued {
		t.Fatalf("%v, %v", answers, err)
	}
	dump := redistest.Dump(t, b.rdb)
	for key, value := range dump {
		if strings.Contains(value, "other") || key == "push:{0}:record:other" {
			t.Errorf("a part of it was written: %s %s", key, value)
		}
	}
	if n := b.rdb.XLen(ctx, "push:{0}:jobs").Val(); n != 1 {
		t.Errorf("%d entries", n)
	}
}

// A shared key of another type: nothing is written, and the error names the key.
func TestScriptsNameAKeyOfAnotherType(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"jobs:urgent", "due", "index", "chunks"} {
		b := setup(t, 1)
		key := "push:{0}:" + name
		b.rdb.Del(t.Context(), key)
		b.rdb.Set(t.Context(), key, "x", 0)
		before := redistest.Dump(t, b.rdb)
		_, err := b.producer.Accept(t.Context(), []push.Job{job("one")})
		if err == nil || !strings.Contains(err.Error(), "WRONGTYPE "+key+" holds no") {
			t.Errorf("%s: %v", name, err)
		}
		if after := redistest.Dump(t, b.rdb); len(after) != len(before) {
			t.Errorf("%s: something was written: %v", name, after)
		}
	}
	// What only counts or tells stops nobody.
	b := setup(t, 1)
	for _, name := range []string{"events", "index:status:queued", "late"} {
		b.rdb.Del(t.Context(), "push:{0}:"+name)
		b.rdb.Set(t.Context(), "push:{0}:"+name, "x", 0)
	}
	answers, err := b.producer.Accept(t.Context(), []push.Job{job("one")})
	if err != nil || answers[0] != Queued {
		t.Errorf("%v, %v", answers, err)
	}
}

// Records whose keys hold another type, of pushes that are queued, due, or in flight: each
// becomes a failed record that says so, and all others are sent.
func TestBrokenRecordsStopNobody(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ctx := t.Context()
	jobs := many("push", 50)
	jobs[3].DueAt = time.Now().Add(300 * time.Millisecond)
	b.accept(t, jobs...)
	breakRecord := func(id string) {
		b.rdb.Del(ctx, "push:{0}:record:"+id)
		b.rdb.Set(ctx, "push:{0}:record:"+id, "x", 0)
	}
	queued, due, flying := jobs[1].ID, jobs[3].ID, jobs[5].ID
	breakRecord(queued)
	breakRecord(due)
	fcm := &counting{then: func(_ context.Context, id string, _ int) push.Outcome {
		if id == flying {
			breakRecord(id)
		}
		return push.Outcome{Code: push.CodeAccepted}
	}}
	_, stop := b.running(t, fcm, ConsumerOptions{Concurrency: 4})
	defer stop()
	ended := func() bool {
		normal, urgent, err := ReadBacklog(ctx, b.rdb, b.keys)
		return err == nil && normal.Unread+normal.Pending+normal.Due+urgent.Unread+urgent.Pending == 0
	}
	for deadline := time.Now().Add(30 * time.Second); !ended(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the consumer stands still")
		}
	}
	for _, j := range jobs {
		if j.ID != queued && j.ID != due && j.ID != flying {
			if r := b.get(t, j.ID); r.Status != push.Sent {
				t.Errorf("%s is %s", j.ID, r.Status)
			}
		}
	}
	told := map[string]bool{}
	for key, value := range redistest.Dump(t, b.rdb) {
		if strings.HasPrefix(key, "push:{0}:record:") && strings.Contains(value, "INVALID_JOB: the key of its record") {
			for _, id := range []string{queued, due} {
				told[id] = told[id] || strings.Contains(value, "push:{0}:record:"+id+", holds no hash")
			}
		}
	}
	if !told[queued] || !told[due] {
		t.Errorf("no failed record tells of them: %v", told)
	}
}

// Every script is looked through for its commands, those of the library's functions too.
func TestCommandsOfScripts(t *testing.T) {
	t.Parallel()
	for verb, want := range map[string]string{
		"leave_group": "[XGROUP DELCONSUMER XPENDING]",
		"renew":       "[XCLAIM XPENDING XRANGE]",
	} {
		if got := fmt.Sprint(library.Commands(verb)); got != want {
			t.Errorf("%s: %s, want %s", verb, got, want)
		}
	}
	if got := fmt.Sprint(library.Commands("accept")); !strings.Contains(got, "HSET") || !strings.Contains(got, "TIME") || !strings.Contains(got, "HINCRBY") || strings.Contains(got, "XACK") {
		t.Error(got)
	}
}
