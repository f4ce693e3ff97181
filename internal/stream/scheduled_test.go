package stream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// reserve accepts a push for a time.
func (b *bundle) reserve(t testing.TB, id string, due time.Time) {
	t.Helper()
	j := job(id)
	j.DueAt, j.SndnRsevHour, j.TTL = due, "as given", 600
	b.accept(t, j)
}

func (b *bundle) dueAt(t testing.TB, id string) time.Time {
	t.Helper()
	return time.UnixMilli(int64(b.rdb.ZScore(t.Context(), dueKey(b.keys.Of(id)), id).Val()))
}

func TestMove(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	control := NewControl(b.rdb, b.keys)
	start := time.Now()
	b.reserve(t, "a", start.Add(time.Hour))
	due := start.Add(3 * time.Hour).Truncate(time.Millisecond)
	got, err := control.Move(t.Context(), due, "20261122093000", "a", "nothing")
	if err != nil || !slices.Equal(got, []Change{ChangeScheduled, ChangeMissing}) {
		t.Fatal(got, err)
	}
	r := b.get(t, "a")
	if r.Status != push.Scheduled || r.SndnRsevHour != "20261122093000" || r.ExpiresAt != stamp(due.Add(10*time.Minute)) ||
		len(r.Moves) != 1 || !strings.Contains(r.Moves[0], " was due "+stamp(start.Add(time.Hour))) {
		t.Errorf("%+v", r)
	}
	if at := b.dueAt(t, "a"); !at.Equal(due) {
		t.Errorf("it is due at %s, want %s", at, due)
	}
	if n, err := promote(t.Context(), b.rdb, b.keys, due.Add(-time.Second)); n != 0 || err != nil {
		t.Errorf("%d were promoted before their time, %v", n, err)
	}
	if n, err := promote(t.Context(), b.rdb, b.keys, due); n != 1 || err != nil {
		t.Errorf("%d were promoted, %v", n, err)
	}
	if got, err = control.Move(t.Context(), due, "", "a"); err != nil || got[0] != Change(push.Queued) || len(b.get(t, "a").Moves) != 1 {
		t.Errorf("of a queued one: %v, %v", got, err)
	}
	for name, at := range map[string]time.Time{"past": start.Add(-time.Hour), "now": start, "too far": start.Add(MaxMove + time.Hour), "no time": {}} {
		if _, err := control.Move(t.Context(), at, "", "a"); !errors.Is(err, ErrMove) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The record remembers the last moves, and has no more of them.
func TestManyMoves(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	control := NewControl(b.rdb, b.keys)
	start := time.Now()
	b.reserve(t, "a", start.Add(time.Hour))
	for n := range 25 {
		if _, err := control.Move(t.Context(), start.Add(time.Duration(n+2)*time.Hour), "", "a"); err != nil {
			t.Fatal(err)
		}
	}
	moves := b.get(t, "a").Moves
	if len(moves) != 20 || !strings.Contains(moves[0], stamp(start.Add(6*time.Hour))) || !strings.Contains(moves[19], stamp(start.Add(25*time.Hour))) {
		t.Errorf("%d: %v", len(moves), moves)
	}
}

func TestSendNow(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	control, c := NewControl(b.rdb, b.keys), b.consumer(t, "c", nil)
	b.accept(t, job("retrying"), job("queued"), job("gone"))
	for _, p := range b.keys.All() {
		for _, d := range b.read(t, c, p, 9) {
			switch d.job.ID {
			case "retrying":
				b.settle(t, c, c.policy.decide(d, unavailable, time.Now(), true))
			case "gone":
				b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
			}
		}
	}
	expires := b.get(t, "retrying").ExpiresAt
	start := time.Now()
	b.reserve(t, "scheduled", start.Add(24*time.Hour))
	ids := []string{"scheduled", "retrying", "queued", "gone", "nothing"}
	got, err := control.SendNow(t.Context(), ids...)
	if err != nil || fmt.Sprint(got) != "[queued queued queued sent missing]" {
		t.Fatal(got, err)
	}
	r := b.get(t, "scheduled")
	if ends := parseStamp(r.ExpiresAt); r.Status != push.Queued || len(r.Moves) != 1 || ends.Before(start.Add(9*time.Minute)) || ends.After(time.Now().Add(11*time.Minute)) {
		t.Errorf("%+v", r)
	}
	if r := b.get(t, "retrying"); r.Status != push.Queued || r.ExpiresAt != expires || r.ErrorCode != push.CodeUnavailable {
		t.Errorf("%+v", r)
	}
	var handed []string
	for _, p := range b.keys.All() {
		for _, d := range b.read(t, c, p, 9) {
			handed = append(handed, d.job.ID)
		}
	}
	if slices.Sort(handed); !slices.Equal(handed, []string{"retrying", "scheduled"}) {
		t.Errorf("delivered: %v", handed)
	}
}

// Whoever comes first, promote, cancel, move or send now: each push ends up on the
// stream once, in the due set once, or cancelled.
func TestMoveRaces(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	control := NewControl(b.rdb, b.keys)
	now := time.Now()
	var ids []string
	for i := range 200 {
		ids = append(ids, fmt.Sprint("p", i))
		b.reserve(t, ids[i], now.Add(time.Hour))
	}
	var all sync.WaitGroup
	do := func(each func(id string) error) {
		all.Go(func() {
			for _, id := range ids {
				if err := each(id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		do(func(id string) error {
			_, err := control.Move(t.Context(), now.Add(2*time.Hour), "later", id)
			return err
		})
		do(func(id string) error { _, err := control.SendNow(t.Context(), id); return err })
		do(func(id string) error { _, err := control.Cancel(t.Context(), id); return err })
		do(func(string) error {
			_, err := promote(t.Context(), b.rdb, b.keys, now.Add(90*time.Minute))
			return err
		})
	}
	all.Wait()
	want := map[string]*held{}
	b.leftover = map[string]bool{}
	for _, id := range ids {
		w := &held{status: b.get(t, id).Status, lane: laneNormal, csno: "10023451", group: "G17", token: "token-" + id}
		if w.status != push.Queued && w.status != push.Scheduled && w.status != push.Cancelled {
			t.Errorf("%s is %s", id, w.status)
		}
		b.leftover[id] = w.status == push.Cancelled
		want[id] = w
	}
	b.check(t, want)
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		t.Run(fmt.Sprint(partitions, " partitions"), func(t *testing.T) {
			t.Parallel()
			b := setup(t, partitions)
			control, c := NewControl(b.rdb, b.keys), b.consumer(t, "c", nil)
			empty, err := control.Waiting(t.Context(), b.log, "", 1, 10)
			if err != nil || empty.Total != 0 || empty.Items == nil || len(empty.Items) != 0 {
				t.Errorf("%+v, %v", empty, err)
			}
			type waits struct {
				at     int64
				id     string
				status push.Status
			}
			var all []waits
			start := time.UnixMilli(time.Now().Add(time.Minute).UnixMilli()) // nothing becomes due meanwhile
			var jobs []push.Job
			for i := range 40 {
				jobs = append(jobs, job(fmt.Sprintf("r%02d", i)))
			}
			b.accept(t, jobs...)
			for _, p := range b.keys.All() {
				for _, d := range b.read(t, c, p, 40) {
					s := c.policy.decide(d, unavailable, time.Now(), true)
					b.settle(t, c, s)
					all = append(all, waits{s.due.UnixMilli(), d.job.ID, push.Retrying})
				}
			}
			for i := range 2200 { // more than one call reads; most are due in the same millisecond
				j := job(fmt.Sprintf("s%04d", i))
				j.DueAt = start.Add(time.Duration(i%3) * 10 * time.Second)
				if i%500 == 0 {
					j.DueAt = start.Add(time.Duration(i) * time.Second)
				}
				jobs = append(jobs[:0], j)
				b.accept(t, jobs...)
				all = append(all, waits{j.DueAt.UnixMilli(), j.ID, push.Scheduled})
			}
			slices.SortFunc(all, func(a, b waits) int { return place{a.at, a.id}.compare(place{b.at, b.id}) })
			for _, status := range []push.Status{"", push.Scheduled, push.Retrying} {
				var want []waits
				for _, w := range all {
					if status == "" || w.status == status {
						want = append(want, w)
					}
				}
				var got []waits
				const size = 300
				for page := 1; ; page++ {
					p, err := control.Waiting(t.Context(), b.log, status, page, size)
					if err != nil || p.Total != int64(len(want)) {
						t.Fatalf("%q: total %d, want %d, %v", status, p.Total, len(want), err)
					}
					for _, d := range p.Items {
						got = append(got, waits{parseStamp(d.DueAt).UnixMilli(), d.Push.ID, d.Push.Status})
					}
					if len(p.Items) < size {
						break
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%q: %d in order, want %d", status, len(got), len(want))
				}
			}
		})
	}
}

// What has no record, or is put there by hand, does not break the list.
func TestWaitingWithoutARecord(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.reserve(t, "a", time.Now().Add(time.Hour))
	b.rdb.ZAdd(t.Context(), "push:{0}:due", redis.Z{Score: 5, Member: "ghost"})
	p, err := NewControl(b.rdb, b.keys).Waiting(t.Context(), b.log, "", 1, 10)
	if err != nil || p.Total != 2 || len(p.Items) != 1 || p.Items[0].Push.ID != "a" {
		t.Errorf("%+v, %v", p, err)
	}
}
