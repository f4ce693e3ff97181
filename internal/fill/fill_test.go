package fill

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/storecheck"
	"pushstream/internal/stream"
)

// What is filled in holds all that must hold of a store in which work was done.
func TestFilledStoreIsSound(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		t.Run(fmt.Sprint(partitions), func(t *testing.T) {
			t.Parallel()
			b := setup(t, partitions)
			told := 0
			// All within the time that the counters of minutes live.
			r := b.fill(t, Options{Rows: 6000, Days: 1, Seed: 7, Progress: func(n int) {
				if n <= told {
					t.Errorf("%d after %d", n, told)
				}
				told = n
			}})
			if r.Rows() != 6000 || told != 6000 || r.Unfinished != 0 {
				t.Errorf("%+v, told of %d", r, told)
			}
			records := b.sound(t, storecheck.Options{})
			got := Result{}
			for _, record := range records {
				switch record.Status() {
				case push.Sent:
					got.Sent++
				case push.Failed:
					got.Failed++
				case push.Expired:
					got.Expired++
				case push.Cancelled:
					got.Cancelled++
				}
			}
			if got != r {
				t.Errorf("in the store are %+v, it says %+v", got, r)
			}
			for what, share := range map[string][3]float64{
				"sent": {float64(r.Sent), 0.94, 0.98}, "failed": {float64(r.Failed), 0.02, 0.04},
				"expired": {float64(r.Expired), 0.002, 0.012}, "cancelled": {float64(r.Cancelled), 0.001, 0.006},
			} {
				if part := share[0] / 6000; part < share[1] || part > share[2] {
					t.Errorf("%.4f are %s", part, what)
				}
			}
		})
	}
}

// Of older pushes only the hours are counted; what counters there are, live as long
// as if they had been counted then.
func TestCountersOfAMonth(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	r := b.fill(t, Options{Rows: 3000, Days: 30})
	records := b.sound(t, storecheck.Options{SkipCounters: true})
	hours, n := b.counters(t, "push:{*}:hour:*")
	want := map[string]int{"accepted": 3000, "sent": r.Sent, "failed": r.Failed, "expired": r.Expired, "cancelled": r.Cancelled}
	for field, count := range want {
		if hours[field] != count {
			t.Errorf("the hours count %d %s, there are %d", hours[field], field, count)
		}
	}
	if n < 400 || hours["retrying"] == 0 || hours["error.UNREGISTERED"] == 0 || hours["error.UNAVAILABLE"] < hours["retrying"]/2 {
		t.Errorf("%d hours: %v", n, hours)
	}
	recent := 0
	for id, record := range records {
		at, _ := time.Parse(pushlog.TimeFormat, record[pushlog.FieldAcceptedAt])
		ttl := b.rdb.TTL(t.Context(), b.keys.Of(id).Hour(at)).Val()
		if least := hourLife - time.Since(at); ttl < least-time.Minute || ttl > least+2*time.Hour {
			t.Fatalf("the hour of %v lives for another %v", at, ttl)
		}
		ttl = b.rdb.TTL(t.Context(), b.keys.Of(id).Minute(at)).Val()
		least := minuteLife - time.Since(at)
		if least > time.Minute {
			recent++
		}
		if least > time.Minute && (ttl < least-time.Minute || ttl > least+2*time.Minute) || least < -time.Minute && ttl != -2 {
			t.Fatalf("the minute of %v lives for another %v", at, ttl)
		}
	}
	if minutes, _ := b.counters(t, "push:{*}:minute:*"); recent == 0 || minutes["accepted"] < recent || minutes["accepted"] > recent+60 {
		t.Errorf("%d pushes of the last 48 h: %v", recent, minutes)
	}
}

// Ids come in the order of their times, as those that accept gives.
func TestIDs(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.fill(t, Options{Rows: 2000, Days: 2})
	v7 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	all := b.rdb.ZRangeWithScores(t.Context(), "push:{0}:index", 0, -1).Val()
	together := 0
	for i, z := range all {
		id := z.Member.(string)
		ms, err := strconv.ParseInt(id[:8]+id[9:13], 16, 64)
		if err != nil || !v7.MatchString(id) || ms != int64(z.Score) {
			t.Fatalf("%s of %d", id, int64(z.Score))
		}
		if i > 0 && z.Score == all[i-1].Score {
			together++
		}
	}
	if together < 100 || together > 300 {
		t.Errorf("%d of %d were accepted with another one", together, len(all))
	}
	if last := time.Since(time.UnixMilli(int64(all[len(all)-1].Score))); last < 0 || last > time.Hour {
		t.Errorf("the last one came %v ago", last)
	}
}

// The same seed and the same time make the same pushes; another seed makes others.
func TestSeed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	rows := func(seed uint32) (ids []string, all []fields) {
		batches := make(chan batch, 100)
		m := newMaker(pushlog.Keys{Prefix: "push", Partitions: 2}, Options{Rows: 500, Days: 3, Seed: seed, Zone: seoul}, now)
		if err := m.run(t.Context(), batches); err != nil {
			t.Fatal(err)
		}
		close(batches)
		last := map[int]int64{}
		for b := range batches {
			if b.rows[0].ms <= last[b.partition.Number] {
				t.Error("a batch begins within the millisecond in which the one before ended")
			}
			for _, r := range b.rows {
				if r.ms < last[b.partition.Number] {
					t.Error("a push comes after a newer one")
				}
				last[b.partition.Number] = r.ms
				if r.life.ended.After(now) {
					t.Errorf("%v ends %v from now", r.fields, r.life.ended.Sub(now))
				}
				ids, all = append(ids, r.id), append(all, r.fields)
			}
		}
		return ids, all
	}
	ids, one := rows(1)
	again, two := rows(1)
	if len(ids) != 500 || !slices.Equal(ids, again) || !reflect.DeepEqual(one, two) {
		t.Error("the same seed makes other pushes")
	}
	if other, three := rows(2); slices.Equal(ids, other) || reflect.DeepEqual(one, three) {
		t.Error("another seed makes the same pushes")
	}
}

func TestUnfinished(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	if r := b.fill(t, Options{Rows: 300, Days: 1, Unfinished: 150}); r.Unfinished != 150 || r.Rows() != 300 {
		t.Errorf("%+v", r)
	}
	counts, err := pushlog.New(b.rdb, b.keys).Counts(t.Context())
	if err != nil || counts[push.Scheduled] != 150 || counts[push.Queued] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
	now := time.Now()
	for _, p := range b.keys.All() {
		for _, z := range b.rdb.ZRangeWithScores(t.Context(), p.Base+":due", 0, -1).Val() {
			if due := time.UnixMilli(int64(z.Score)); due.Before(now.Add(59*time.Minute)) || due.After(now.Add(8*24*time.Hour)) {
				t.Errorf("%v is due at %v", z.Member, due)
			}
		}
	}
}

// A log with anything in it, or in which something was sealed, is left alone.
func TestRefusesWhatIsNotEmpty(t *testing.T) {
	t.Parallel()
	for name, seed := range map[string]func(*bundle) error{
		"a push": func(b *bundle) error {
			_, err := stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{}).Accept(context.Background(),
				[]push.Job{{ID: "a", DeviceID: "t", MsgTitle: "t", Priority: push.Normal, TTL: 60}})
			return err
		},
		"sealed": func(b *bundle) error {
			return b.rdb.HSet(context.Background(), b.keys.Partition(1).Sealed(), "until_ms", 5).Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 2)
			if err := stream.EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
				t.Fatal(err)
			}
			if err := seed(b); err != nil {
				t.Fatal(err)
			}
			before := b.rdb.DBSize(t.Context()).Val()
			r, err := Run(t.Context(), b.rdb, b.keys, Options{Rows: 10, Days: 1, Zone: seoul})
			if !errors.Is(err, ErrNotEmpty) || r != (Result{}) || b.rdb.DBSize(t.Context()).Val() != before {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	b := setup(t, 2)
	b.fill(t, Options{Rows: 10, Days: 1})
	b.keys.Partitions = 3
	if _, err := Run(t.Context(), b.rdb, b.keys, Options{Rows: 10, Days: 1, Zone: seoul}); !errors.Is(err, stream.ErrPartitions) {
		t.Errorf("another number of partitions: %v", err)
	}
}

func TestSomebodyElseWrites(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	once := false
	_, err := Run(t.Context(), b.rdb, b.keys, Options{Rows: 500, Days: 1, Zone: seoul, Progress: func(int) {
		if !once {
			once = true
			b.rdb.ZAdd(context.Background(), "push:{0}:index", redis.Z{Score: float64(time.Now().UnixMilli()), Member: "other"})
		}
	}})
	if !errors.Is(err, ErrDisturbed) {
		t.Errorf("%v", err)
	}
}

// Stopped half-way, what is in is whole, and counted.
func TestStopped(t *testing.T) {
	t.Parallel()
	b := setup(t, 3)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := Run(ctx, b.rdb, b.keys, Options{Rows: 1_000_000, Days: 1, Unfinished: 5, Zone: seoul, Progress: func(n int) {
		if n >= 1000 {
			stop()
		}
	}})
	if !errors.Is(err, context.Canceled) || r.Rows() < 1000 || r.Rows() > 10_000 || r.Unfinished != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if records := b.sound(t, storecheck.Options{}); len(records) != r.Rows() {
		t.Errorf("%d records, it says %d", len(records), r.Rows())
	}
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: b.srv.Socket, MaxRetries: -1})
	defer rdb.Close()
	r, err := Run(t.Context(), rdb, b.keys, Options{Rows: 5000, Days: 1, Zone: seoul, Progress: func(n int) {
		if n >= 500 {
			b.srv.Kill()
		}
	}})
	if err == nil || r.Rows() < 500 || r.Rows() > 1000 {
		t.Errorf("%+v, %v", r, err)
	}
}

// A consumer and a sealer that run meanwhile seal what is in, and miss nothing.
func TestConsumerBesides(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	if err := stream.EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 2)
	c := stream.NewConsumer(b.rdb, b.srv.Client(t), b.keys, &script{}, stream.ConsumerOptions{Name: "consumer-1-2-abcdef"})
	s := logkeep.NewSealer(b.rdb, b.keys, logkeep.Options{Owner: "consumer-1-2-abcdef"})
	for _, run := range []func(context.Context) error{c.Run, s.Run} {
		go func() { done <- run(ctx) }()
	}
	slowly := func(int) { time.Sleep(20 * time.Millisecond) } // long enough for several passes
	b.fill(t, Options{Rows: 12_000, Days: 1, Progress: slowly})
	p := b.keys.Partition(0)
	for deadline := time.Now().Add(20 * time.Second); b.rdb.ZCard(t.Context(), p.Chunks()).Val() < 5; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d chunks", b.rdb.ZCard(t.Context(), p.Chunks()).Val())
		}
	}
	stop()
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	b.sound(t, storecheck.Options{})
}
