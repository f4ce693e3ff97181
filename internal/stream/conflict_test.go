package stream

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// changes are jobs that each say something else than job("a"), in one field.
func changes() map[string]push.Job {
	all := map[string]push.Job{}
	change := func(field string, f func(j *push.Job)) {
		j := job("a")
		f(&j)
		all[field] = j
	}
	change(push.FieldCsno, func(j *push.Job) { j.Csno = "10023452" })
	change(push.FieldUUIDID, func(j *push.Job) { j.UUIDID = "u" })
	change(push.FieldServiceName, func(j *push.Job) { j.ServiceName = "trade" })
	change(push.FieldPushGrpID, func(j *push.Job) { j.PushGrpID = "" })
	change(push.FieldCustTelno, func(j *push.Job) { j.CustTelno = "010" })
	change(push.FieldDeviceID, func(j *push.Job) { j.DeviceID = "other" })
	change(push.FieldMsgTitle, func(j *push.Job) { j.MsgTitle, j.MsgContents = "", j.MsgTitle })
	change(push.FieldMsgContents, func(j *push.Job) { j.MsgContents = "10주" })
	change(push.FieldData, func(j *push.Job) { j.Data = map[string]string{"k": "v"} })
	change(push.FieldPriority, func(j *push.Job) { j.Priority = push.Urgent })
	change(push.FieldTTL, func(j *push.Job) { j.TTL = 3601 })
	return all
}

// The same id with other content is a conflict, whatever is other, and whatever became
// of the first push; nothing changes.
func TestConflict(t *testing.T) {
	t.Parallel()
	reserve := job("a")
	reserve.DueAt = time.Now().Add(time.Hour)
	for what, prepare := range map[string]func(b *bundle, c *Consumer){
		"queued": func(*bundle, *Consumer) {},
		"of a version without fingerprints": func(b *bundle, _ *Consumer) {
			b.rdb.HDel(t.Context(), b.keys.Of("a").Record("a"), pushlog.FieldFingerprint)
		},
		"cancelled": func(b *bundle, _ *Consumer) {
			if _, err := NewControl(b.rdb, b.keys).Cancel(t.Context(), "a"); err != nil {
				t.Error(err)
			}
		},
		"redriven": func(b *bundle, _ *Consumer) {
			control := NewControl(b.rdb, b.keys)
			if _, err := control.Cancel(t.Context(), "a"); err != nil {
				t.Error(err)
			}
			if got, err := control.Redrive(t.Context(), "a"); err != nil || got[0] != ChangeQueued {
				t.Error(got, err)
			}
		},
		"sent": func(b *bundle, c *Consumer) {
			for _, d := range b.read(t, c, b.keys.Of("a"), 1) {
				b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
			}
		},
		"packed": func(b *bundle, c *Consumer) {
			for _, d := range b.read(t, c, b.keys.Of("a"), 1) {
				b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
			}
			b.pack(t)
			if len(b.packed(t, b.keys.Of("a"))) != 1 {
				t.Error("it is not packed")
			}
		},
		"packed, of a version without fingerprints": func(b *bundle, c *Consumer) {
			b.rdb.HDel(t.Context(), b.keys.Of("a").Record("a"), pushlog.FieldFingerprint)
			for _, d := range b.read(t, c, b.keys.Of("a"), 1) {
				b.settle(t, c, c.policy.decide(d, accepted, time.Now(), true))
			}
			b.pack(t)
			if len(b.packed(t, b.keys.Of("a"))) != 1 {
				t.Error("it is not packed")
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 3)
			c := b.consumer(t, "c", nil)
			if got := b.accept(t, job("a")); got[0] != Queued {
				t.Fatal(got)
			}
			prepare(b, c)
			before := redistest.Dump(t, b.rdb)
			for field, j := range changes() {
				if got := b.accept(t, j); got[0] != Conflict {
					t.Errorf("%s is other: %v", field, got)
				}
			}
			same := job("a")
			same.APIKey = "another-key" // whoever hands it in
			if got := b.accept(t, same, job("a")); !slices.Equal(got, []Answer{Repeated, Repeated}) {
				t.Errorf("the same: %v", got)
			}
			if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
				t.Error(diff(before, after))
			}
		})
	}
	t.Run("another reserved time", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		later, now := reserve, job("a")
		later.DueAt = reserve.DueAt.Add(time.Second)
		zone := reserve
		zone.DueAt, zone.SndnRsevHour = reserve.DueAt.In(time.FixedZone("KST", 9*3600)), "another spelling"
		if got := b.accept(t, reserve, later, now, zone); !slices.Equal(got, []Answer{Scheduled, Conflict, Conflict, Repeated}) {
			t.Error(got)
		}
		if _, err := NewControl(b.rdb, b.keys).Move(t.Context(), reserve.DueAt.Add(time.Hour), "20960229090000", "a"); err != nil {
			t.Fatal(err)
		}
		if got := b.accept(t, reserve, later); !slices.Equal(got, []Answer{Repeated, Conflict}) {
			t.Errorf("after it was moved: %v", got)
		}
		b.rdb.HDel(t.Context(), b.keys.Of("a").Record("a"), pushlog.FieldFingerprint)
		if got := b.accept(t, reserve); got[0] != Repeated {
			t.Errorf("after it was moved, of a version without fingerprints: %v", got)
		}
	})
	t.Run("in one call, and over many calls of the script", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 3)
		jobs := numbered(job, "n", 350)
		for i := range jobs {
			other := jobs[i]
			other.MsgTitle = "다른 제목"
			jobs = append(jobs, other)
		}
		want := append(times(350, Queued), times(350, Conflict)...)
		if got := b.accept(t, jobs...); !slices.Equal(got, want) {
			t.Error(got)
		}
		want = append(times(350, Repeated), times(350, Conflict)...)
		if got := b.accept(t, jobs...); !slices.Equal(got, want) {
			t.Error(got)
		}
	})
	t.Run("with a record of no job", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		e := entry{lane: laneNormal, id: "1-1", values: map[string]any{"what": "is this"}}
		if err := b.consumer(t, "c", nil).reject(t.Context(), b.keys.Partition(0), e, push.CodeInvalidJob, "no idea"); err != nil {
			t.Fatal(err)
		}
		if got := b.accept(t, job(entryUUID(b.keys.Partition(0), e, 0))); got[0] != Conflict {
			t.Error(got)
		}
	})
	t.Run("when the backlog is full", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		b.producer = NewProducer(b.rdb, b.keys, ProducerOptions{MaxBacklog: 1})
		other := job("a")
		other.Csno = "2"
		if got := b.accept(t, job("a"), other, job("a"), job("b")); !slices.Equal(got, []Answer{Queued, Conflict, Repeated, Refused}) {
			t.Error(got)
		}
	})
}

// Many hand in the same id at the same time, each with content of its own: one of them is
// accepted, and told so.
func TestConflictRace(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	for round := range 20 {
		id := fmt.Sprint("order-", round)
		answers := make([]Answer, 8)
		var all sync.WaitGroup
		for n := range answers {
			p := NewProducer(b.srv.Client(t), b.keys, ProducerOptions{})
			all.Go(func() {
				j := job(id)
				j.MsgTitle = fmt.Sprint("by ", n)
				got, err := p.Accept(t.Context(), []push.Job{j})
				if err != nil {
					t.Error(err)
				}
				answers[n] = got[0]
			})
		}
		all.Wait()
		first := slices.Index(answers, Queued)
		if first < 0 || b.get(t, id).MsgTitle != fmt.Sprint("by ", first) {
			t.Fatalf("%v: the record is %q", answers, b.get(t, id).MsgTitle)
		}
		answers[first] = Conflict
		if !slices.Equal(answers, times(8, Conflict)) {
			t.Errorf("more than one: %v", answers)
		}
	}
}

// An id whose record leaves the log before it is compared is free.
func TestConflictWithWhatHasGone(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.accept(t, job("a"))
	b.rdb.HDel(t.Context(), b.keys.Of("a").Record("a"), pushlog.FieldFingerprint)
	jobs, other := []push.Job{job("a"), job("b")}, job("a")
	other.Csno = "2"
	answers, err := b.producer.acceptAll(t.Context(), jobs, nil, limits{})
	if err != nil || !slices.Equal(answers, []Answer{known, Queued}) {
		t.Fatal(answers, err)
	}
	b.rdb.FlushAll(t.Context())
	free, err := compare(t.Context(), b.log, jobs, answers)
	if err != nil || !slices.Equal(free, []int{0}) || answers[0] != Unknown {
		t.Error(free, answers, err)
	}
	if got := b.accept(t, other); got[0] != Queued {
		t.Error(got)
	}
}

// An entry added by hand whose id is that of another push becomes a failed record of its
// own, with what it carried; the other push is sent as it was.
func TestConflictByHand(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		b := setup(t, partitions)
		p, fcm := b.keys.Of("order-1"), &counting{}
		b.accept(t, job("order-1"))
		for range 2 {
			b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: jobsKey(p), Values: []string{"id", "order-1", "device_id", "t2", "msg_title", "매도 체결"}})
		}
		_, stop := b.running(t, fcm, ConsumerOptions{})
		eventually(t, "every push has ended", func() bool {
			counts, err := b.log.Counts(t.Context())
			return err == nil && counts[push.Sent] == 1 && counts[push.Failed] == 2 && b.rdb.XLen(t.Context(), jobsKey(p)).Val() == 0
		})
		stop()
		page, err := b.log.List(t.Context(), pushlog.Query{Page: 1, Size: 10, Filter: pushlog.Filter{Statuses: []push.Status{push.Failed}}})
		if err != nil || len(page.Records) != 2 {
			t.Fatal(page, err)
		}
		for _, r := range page.Records {
			if r.ErrorCode != push.CodeInvalidJob || !strings.Contains(r.Result, "conflict: the id order-1") || !strings.Contains(string(r.Raw), "매도 체결") {
				t.Errorf("%+v", r)
			}
		}
		if r := b.get(t, "order-1"); r.MsgTitle != "체결" || fcm.total() != 1 {
			t.Errorf("%d sends: %+v", fcm.total(), r)
		}
	}
}

// After a clock was set back an entry may have the id of an earlier one. What it carries
// without an id is another push all the same.
func TestEntryIDsComeAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p, fcm := b.keys.Partition(0), &counting{}
	id := fmt.Sprintf("%d-7", nowMS())
	for n, title := range []string{"첫째", "둘째", "둘째"} {
		_, stop := b.running(t, fcm, ConsumerOptions{Name: fmt.Sprint("c", n)})
		b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: jobsKey(p), ID: id, Values: []string{"device_id", "t", "msg_title", title}})
		eventually(t, "it is sent", func() bool {
			counts, err := b.log.Counts(t.Context())
			return err == nil && counts[push.Sent] == min(int64(n+1), 2) && b.rdb.XLen(t.Context(), jobsKey(p)).Val() == 0
		})
		stop()
		b.rdb.Del(t.Context(), jobsKey(p)) // its ids begin anew
	}
	if fcm.total() != 2 {
		t.Errorf("%v", fcm.sends)
	}
}
