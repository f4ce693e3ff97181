package pushlog

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// putInIndexes puts a push into the indexes alone: that is all that is counted.
func (b *bundle) putInIndexes(t *testing.T, id string, ms int64, status push.Status, code push.Code) {
	t.Helper()
	p, z := b.keys.Of(id), redis.Z{Score: float64(ms), Member: id}
	b.rdb.ZAdd(t.Context(), p.Index(), z)
	if status != push.Sent {
		b.rdb.ZAdd(t.Context(), p.StatusIndex(status), z)
	}
	if code != "" {
		b.rdb.ZAdd(t.Context(), p.ErrorCodeIndex(code), z)
	}
}

func TestCountsByState(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 5} {
		b := setup(t, partitions)
		counts, err := b.Counts(t.Context())
		if err != nil || len(counts) != 7 || slices.ContainsFunc(slices.Collect(maps.Values(counts)), func(n int64) bool { return n != 0 }) {
			t.Errorf("of nothing: %v %v", counts, err)
		}
		want := map[push.Status]int64{}
		for i, s := range push.Statuses() {
			for n := range i * 3 {
				b.putInIndexes(t, fmt.Sprint(s, n), int64(1000+n), s, "")
				want[s]++
			}
		}
		want[push.Scheduled] = 0
		if counts, err = b.Counts(t.Context()); err != nil || !maps.Equal(counts, want) {
			t.Errorf("%d partitions: %v %v, want %v", partitions, counts, err, want)
		}
	}
}

func TestCountErrorCodes(t *testing.T) {
	t.Parallel()
	const day = 1795478400000 // 2026-11-24T00:00:00Z
	for _, partitions := range []int{1, 5} {
		b := setup(t, partitions)
		if codes, err := b.ErrorCodes(t.Context()); err != nil || codes == nil || len(codes) != 0 {
			t.Errorf("of nothing: %v %v", codes, err)
		}
		for n := range int64(40) {
			b.putInIndexes(t, fmt.Sprint("u", n), day+1000*n, push.Failed, push.CodeUnregistered)
		}
		b.putInIndexes(t, "sent-after-a-503", day-1, push.Sent, push.CodeUnavailable)
		b.putInIndexes(t, "retrying", day+5, push.Retrying, push.CodeUnavailable)
		b.putInIndexes(t, "poison", day+7, push.Failed, push.CodePoison)
		b.putInIndexes(t, "fine", day+9, push.Sent, "")
		want := []CodeCount{
			{push.CodeUnregistered, 40, "2026-11-24T00:00:00.000Z", "2026-11-24T00:00:39.000Z"},
			{push.CodeUnavailable, 2, "2026-11-23T23:59:59.999Z", "2026-11-24T00:00:00.005Z"},
			{push.CodePoison, 1, "2026-11-24T00:00:00.007Z", "2026-11-24T00:00:00.007Z"},
		}
		if codes, err := b.ErrorCodes(t.Context()); err != nil || !slices.Equal(codes, want) {
			t.Errorf("%d partitions: %+v %v, want %+v", partitions, codes, err, want)
		}
	}
}

func TestCodesAreThoseOfRecords(t *testing.T) {
	t.Parallel()
	codes := Codes()
	for _, c := range []push.Code{push.CodeUnregistered, push.CodeQuotaExceeded, push.CodeInvalidJob, push.CodeSuppressed, push.CodePoison} {
		if !slices.Contains(codes, c) {
			t.Errorf("%s is missing", c)
		}
	}
	for _, c := range []push.Code{push.CodeAccepted, push.CodeStopped} {
		if slices.Contains(codes, c) {
			t.Errorf("no record has %s", c)
		}
	}
}

func TestCounters(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 23, 58, 0, 0, time.UTC)
	for _, partitions := range []int{1, 3} {
		b := setup(t, partitions)
		for _, p := range b.keys.All() {
			b.rdb.HSet(t.Context(), p.Minute(at), "accepted", 7, "sent", 5, "failed", 1, "error.UNREGISTERED", 1, "colour", 9, "expired", "many")
			b.rdb.HSet(t.Context(), p.Minute(at.Add(3*time.Minute)), "expired", 1, "cancelled", 2, "retrying", 3, "redriven", 4, "error.UNAVAILABLE", 3, "error.UNREGISTERED", 1)
			b.rdb.HSet(t.Context(), p.Hour(at), "accepted", 100)
		}
		n := int64(partitions)
		minutes := []Counters{
			{At: at.Add(-time.Minute)},
			{At: at, Accepted: 7 * n, Sent: 5 * n, Failed: n, Errors: map[push.Code]int64{push.CodeUnregistered: n}},
			{At: at.Add(time.Minute)},
			{At: at.Add(2 * time.Minute)},
			{At: at.Add(3 * time.Minute), Expired: n, Cancelled: 2 * n, Retrying: 3 * n, Redriven: 4 * n,
				Errors: map[push.Code]int64{push.CodeUnavailable: 3 * n, push.CodeUnregistered: n}},
		}
		seoul := time.FixedZone("KST", 9*3600)
		tests := []struct {
			name         string
			since, until time.Time
			step         time.Duration
			want         []Counters
		}{
			{"whole minutes", at.Add(-time.Minute), at.Add(4 * time.Minute), time.Minute, minutes},
			{"rounded away from each other, from another zone", at.Add(-time.Second).In(seoul), at.Add(3*time.Minute + 1).In(seoul), time.Minute, minutes},
			{"one minute", at, at.Add(time.Minute), time.Minute, minutes[1:2]},
			{"nothing between", at, at, time.Minute, []Counters{}},
			{"hours", at, at.Add(time.Hour), time.Hour, []Counters{
				{At: at.Truncate(time.Hour), Accepted: 100 * n}, {At: at.Truncate(time.Hour).Add(time.Hour)}}},
		}
		for _, tt := range tests {
			if got, err := b.Counters(t.Context(), tt.since, tt.until, tt.step); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%d partitions, %s: %+v %v\nwant %+v", partitions, tt.name, got, err, tt.want)
			}
		}
		if _, err := b.Counters(t.Context(), at, at.Add(time.Hour), time.Second); !errors.Is(err, ErrStep) {
			t.Errorf("seconds: %v", err)
		}
	}
}

// Two days of minutes, in several round trips, none left out, each at its place.
func TestCountersOfTwoDays(t *testing.T) {
	t.Parallel()
	b := setup(t, 3)
	since := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for minute := range 2880 {
		if minute%7 == 0 {
			at := since.Add(time.Duration(minute) * time.Minute)
			b.rdb.HSet(t.Context(), b.keys.Partition(minute%3).Minute(at), "sent", minute)
		}
	}
	all, err := b.Counters(t.Context(), since, since.Add(48*time.Hour), time.Minute)
	if err != nil || len(all) != 2880 {
		t.Fatalf("%d %v", len(all), err)
	}
	for minute, c := range all {
		want := int64(0)
		if minute%7 == 0 {
			want = int64(minute)
		}
		if c.Sent != want || !c.At.Equal(since.Add(time.Duration(minute)*time.Minute)) {
			t.Fatalf("minute %d: %+v", minute, c)
		}
	}
}

// What goes wrong is an error, not a zero.
func TestCountsWithoutRedis(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: "/nowhere", MaxRetries: -1})
	defer rdb.Close()
	l := New(rdb, Keys{Prefix: "push", Partitions: 2})
	_, byState := l.Counts(t.Context())
	_, byCode := l.ErrorCodes(t.Context())
	_, counters := l.Counters(t.Context(), time.Now(), time.Now().Add(time.Hour), time.Minute)
	for _, err := range []error{byState, byCode, counters} {
		if err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("%v", err)
		}
	}
}
