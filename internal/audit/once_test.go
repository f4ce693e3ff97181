package audit

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Of all that begin the same at the same time, whichever process they are, one writes the
// entry; when its time is over, the next one does.
func TestBeginOnce(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	e := pause()
	e.Action = Search
	var ids [8]string
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			id, err := New(rdb, "push", Options{}).BeginOnce(t.Context(), e, "a search", time.Minute)
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	all.Wait()
	if len(slices.Compact(ids[:])) != 1 || len(list(t, l, Query{}).Entries) != 1 {
		t.Fatalf("%v", ids)
	}
	begun := func(what string) (string, bool) {
		t.Helper()
		id, ended, err := l.Begun(t.Context(), e.Kind, e.Actor, what)
		if err != nil {
			t.Fatal(err)
		}
		return id, ended
	}
	if id, ended := begun("a search"); id != ids[0] || ended {
		t.Errorf("%s, ended %v", id, ended)
	}
	if err := l.End(t.Context(), ids[0], Done, nil); err != nil {
		t.Fatal(err)
	}
	if id, ended := begun("a search"); id != ids[0] || !ended {
		t.Errorf("%s, ended %v", id, ended)
	}
	if id, _ := begun("another search"); id != "" {
		t.Errorf("%s stands for another search", id)
	}

	other := e
	other.Kind = Token // of the same name
	for i, again := range []struct {
		e    Entry
		what string
	}{{e, "another search"}, {other, "a search"}} {
		if id, err := l.BeginOnce(t.Context(), again.e, again.what, time.Minute); err != nil || id == ids[0] {
			t.Errorf("%d: %s %v", i, id, err)
		}
	}
	key := l.keys.once(e.Kind, e.Actor, "a search")
	if ttl := rdb.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > time.Minute {
		t.Errorf("it lives %v", ttl)
	}
	rdb.Del(t.Context(), key)
	if id, err := l.BeginOnce(t.Context(), e, "a search", time.Minute); err != nil || id == ids[0] {
		t.Errorf("%s %v", id, err)
	}
	if n := len(list(t, l, Query{}).Entries); n != 4 {
		t.Errorf("%d entries", n)
	}
}

func TestBeginOnceWithoutRedis(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	rdb.Close()
	_, err := l.BeginOnce(t.Context(), pause(), "x", time.Minute)
	checkErr(t, err, redis.ErrClosed)
	_, _, err = l.Begun(t.Context(), User, "kim", "x")
	checkErr(t, err, redis.ErrClosed)
}
