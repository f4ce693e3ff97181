package stream

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/storecheck"
)

// What was reserved for a time long past is expired at once, and never sent; until its
// lifetime is over, it is sent, and has what is left of that.
func TestLongPast(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	// An expired push takes no room.
	b.producer = NewProducer(b.rdb, b.keys, ProducerOptions{MaxBacklog: 1})
	past := func(id string, ago time.Duration, ttl int) push.Job {
		j := job(id)
		j.DueAt, j.TTL = time.Now().Add(-ago).Truncate(time.Second), ttl
		j.SndnRsevHour = j.DueAt.Format(time.RFC3339)
		return j
	}
	within := past("within", time.Hour, 7200)
	for _, tc := range []struct {
		job  push.Job
		want Answer
	}{
		{past("a-year-ago", 365*24*time.Hour, push.MaxTTL), Expired}, {past("just-over", time.Minute, 59), Expired},
		{within, Queued}, {past("one-more", time.Hour, 60), Expired}, {past("no-room", time.Minute, 3600), Refused},
		{within, Repeated}, {past("just-over", time.Hour, 60), Conflict},
	} {
		if got := b.accept(t, tc.job); got[0] != tc.want {
			t.Errorf("%s: %v, want %v", tc.job.ID, got, tc.want)
		}
	}
	if r := b.get(t, "within"); r.Status != push.Queued || r.ExpiresAt != stamp(within.DueAt.Add(2*time.Hour)) {
		t.Errorf("%+v", r)
	}
	want := map[string]*held{"within": {status: push.Queued, lane: laneNormal, csno: "10023451", group: "G17", token: "token-within"}}
	for _, id := range []string{"a-year-ago", "just-over", "one-more"} {
		want[id] = &held{status: push.Expired, csno: "10023451", group: "G17", token: "token-" + id}
		r := b.get(t, id)
		if r.FCMSendYN != "N" || r.Result == "" || r.FCMSendTime == "" || r.ExpiresAt >= r.AcceptedAt {
			t.Errorf("%+v", r)
		}
	}
	b.check(t, want)

	fcm := &counting{}
	_, stop := b.running(t, fcm, ConsumerOptions{})
	eventually(t, "the one is sent", func() bool { return b.get(t, "within").Status == push.Sent })
	if fcm.total() != 1 {
		t.Errorf("%v", fcm.sends)
	}
	// Whoever redrives one wants it sent: it has its whole ttl anew.
	if got, err := NewControl(b.rdb, b.keys).Redrive(t.Context(), "a-year-ago"); err != nil || got[0] != ChangeQueued {
		t.Fatal(got, err)
	}
	eventually(t, "it is sent", func() bool { return b.get(t, "a-year-ago").Status == push.Sent })
	stop()
	if _, faults, err := storecheck.Finished(t.Context(), b.rdb, b.keys, storecheck.Options{}); err != nil || len(faults) > 0 {
		t.Error(faults, err)
	}
}

// An entry added by hand lives from its reserved time, or from when it was added.
func TestLongPastByHand(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p, fcm := b.keys.Partition(0), &counting{}
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d).Truncate(time.Second).UTC() }
	n := 0
	add := func(added time.Time, id string, values ...string) {
		t.Helper()
		n++
		err := b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: jobsKey(p), ID: fmt.Sprintf("%d-%d", added.UnixMilli(), n),
			Values: append([]string{"id", id, "device_id", "t-" + id, "msg_title", "x"}, values...)}).Err()
		if err != nil {
			t.Fatal(err)
		}
	}
	due := ago(30 * time.Minute)
	add(ago(3*time.Hour), "old", "ttl", "7200")
	add(ago(3*time.Hour), "over", "sndn_rsev_hour", ago(2*time.Hour).Format(time.RFC3339), "ttl", "3600")
	add(ago(2*time.Hour), "still", "sndn_rsev_hour", due.Format(time.RFC3339), "ttl", "3600")
	add(ago(time.Hour), "young", "ttl", "7200")
	add(ago(time.Minute), "zeros", "ttl", "7200", "sndn_rsev_hour", "")
	c, stop := b.running(t, fcm, ConsumerOptions{})
	eventually(t, "every push has ended", func() bool {
		counts, err := b.log.Counts(t.Context())
		return err == nil && counts[push.Sent] == 3 && counts[push.Expired] == 2 && b.rdb.XLen(t.Context(), jobsKey(p)).Val() == 0
	})
	stop()
	for id, want := range map[string]push.Status{"old": push.Expired, "over": push.Expired, "still": push.Sent, "young": push.Sent, "zeros": push.Sent} {
		if r := b.get(t, id); r.Status != want {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if r := b.get(t, "still"); r.ExpiresAt != stamp(due.Add(time.Hour)) {
		t.Errorf("%+v", r)
	}
	if got := testutil.ToFloat64(c.metrics.ended.WithLabelValues(string(push.Expired), noCode)); got != 2 {
		t.Errorf("%v counted as expired", got)
	}
}
