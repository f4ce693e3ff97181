package stream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// A store where nothing has begun has an empty backlog.
func TestBacklogOfAnEmptyStore(t *testing.T) {
	t.Parallel()
	rdb := redistest.New(t).Client(t)
	keys := pushlog.Keys{Prefix: "push", Partitions: 2}
	normal, urgent, err := ReadBacklog(t.Context(), rdb, keys)
	if err != nil || normal != (Backlog{}) || urgent != (Backlog{}) {
		t.Errorf("%+v %+v %v", normal, urgent, err)
	}
	if all, err := ReadUnfinished(t.Context(), rdb, keys, normal, urgent); err != nil || all != (Unfinished{}) {
		t.Errorf("%+v %v", all, err)
	}
	if err := CheckGroups(t.Context(), rdb, keys); err == nil {
		t.Error("it has its groups")
	}
	if got := redistest.Dump(t, rdb); len(got) != 0 {
		t.Errorf("looking at it wrote %v", got)
	}
}

// What is in flight counts, and has an age: in a hold it is all there is.
func TestBacklogInFlight(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	release := make(chan struct{})
	fcm := &counting{then: func(context.Context, string, int) push.Outcome {
		<-release
		return push.Outcome{Code: push.CodeAccepted}
	}}
	b.accept(t, many("j", 9)...)
	_, stop := b.running(t, fcm, ConsumerOptions{Concurrency: 20})
	read := func() (Backlog, Backlog, Unfinished) {
		normal, urgent, err := ReadBacklog(t.Context(), b.rdb, b.keys)
		if err != nil {
			t.Fatal(err)
		}
		all, err := ReadUnfinished(t.Context(), b.rdb, b.keys, normal, urgent)
		if err != nil {
			t.Fatal(err)
		}
		return normal, urgent, all
	}
	eventually(t, "all are in flight, and have been for a moment", func() bool {
		normal, urgent, all := read()
		return normal.Pending == 7 && urgent.Pending == 2 && normal.Unread+urgent.Unread == 0 && all.Pushes == 9 &&
			normal.Oldest > 50*time.Millisecond && urgent.Oldest > 50*time.Millisecond && all.Oldest >= max(normal.Oldest, urgent.Oldest)
	})
	close(release)
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
	stop()
	if normal, urgent, all := read(); normal != (Backlog{}) || urgent != (Backlog{}) || all != (Unfinished{}) {
		t.Errorf("%+v %+v %+v", normal, urgent, all)
	}
}

// What waits for its next try counts since it was due: a push that was reserved since its
// time, another since it was accepted.
func TestUnfinishedRetries(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	now := time.Now()
	add := func(id string, accepted, expires time.Duration) {
		p := b.keys.Of(id)
		b.rdb.HSet(t.Context(), p.Record(id), "status", "retrying", "expires_at", stamp(now.Add(expires)), "ttl", "3600")
		_ = b.rdb.ZAdd(t.Context(), p.StatusIndex(push.Retrying), redis.Z{Score: float64(now.Add(accepted).UnixMilli()), Member: id})
	}
	for _, one := range []struct {
		id                string
		accepted, expires time.Duration
		oldest            time.Duration
	}{
		{"reserved", -72 * time.Hour, 50 * time.Minute, 10 * time.Minute},
		{"plain", -20 * time.Minute, 40 * time.Minute, 20 * time.Minute},
	} {
		add(one.id, one.accepted, one.expires)
		all, err := ReadUnfinished(t.Context(), b.rdb, b.keys, Backlog{}, Backlog{})
		if err != nil || all.Oldest.Round(time.Minute) != one.oldest || fmt.Sprint(all.Pushes) != fmt.Sprint(all.Retrying) {
			t.Errorf("%s: %+v %v", one.id, all, err)
		}
	}
}
