package whole

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/jobs"
	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
	"pushstream/internal/storecheck"
	"pushstream/internal/stream"
)

// storeBefore is a store that the version before has written: its time in ms, then a line
// for each key: the key, its TTL in ms and its DUMP, the first and the last in base64.
const storeBefore = "testdata/store-before.txt"

// loadBefore restores that store in a server whose clock says that it was written a minute
// ago.
func loadBefore(t *testing.T) (*redistest.Server, *bundle) {
	t.Helper()
	text, err := os.ReadFile(storeBefore)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	written := time.UnixMilli(number(lines[0]))
	srv := redistest.NewSteppable(t)
	srv.SetClock(t, written.Add(time.Minute).Sub(time.Now()))
	b := &bundle{rdb: srv.Client(t), keys: pushlog.Keys{Prefix: "push", Partitions: 1}}
	b.log = pushlog.New(b.rdb, b.keys)
	b.producer, b.control = stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{}), stream.NewControl(b.rdb, b.keys)
	for _, line := range lines[1:] {
		parts := strings.Split(line, "\t")
		key, err := base64.StdEncoding.DecodeString(parts[0])
		dump, err2 := base64.StdEncoding.DecodeString(parts[2])
		ttl, err3 := strconv.Atoi(parts[1])
		if err != nil || err2 != nil || err3 != nil {
			t.Fatal(line[:40], err, err2, err3)
		}
		if err := b.rdb.Restore(t.Context(), string(key), time.Duration(ttl)*time.Millisecond, string(dump)).Err(); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	return srv, b
}

// records are all pushes of the log, newest first, by a look at every record.
func (b *bundle) records(t *testing.T) (all []pushlog.Record) {
	t.Helper()
	p := b.keys.Partition(0)
	all, err := b.log.Fetch(t.Context(), p, b.rdb.ZRange(t.Context(), p.Index(), 0, -1).Val())
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(x, y pushlog.Record) int {
		return -strings.Compare(x.AcceptedAt+" "+x.ID, y.AcceptedAt+" "+y.ID)
	})
	return all
}

// finds asks for every value of every column that can be searched, as a whole and for a
// part of it, and compares with a look at every record.
func (b *bundle) finds(t *testing.T, when string) {
	t.Helper()
	all, asked := b.records(t), map[string]bool{}
	for i := range all {
		for _, name := range pushlog.SearchColumns() {
			value := pushlog.ColumnOf(name).Cell(&all[i])
			part := []rune(value)
			if asked[name+value] || value == "" {
				continue
			}
			asked[name+value] = true
			for whole, word := range map[bool]string{true: value, false: string(part[len(part)/3:])} {
				f := pushlog.Filter{Zone: seoul, Text: pushlog.Text{Column: name, Word: pushlog.NormalWord(name, word), Whole: whole}}
				if f.Text.Word == "" || !whole && slices.Contains(pushlog.TimeColumns(), name) {
					continue
				}
				var want, got []string
				for k := range all {
					if f.Matches(&all[k]) {
						want = append(want, all[k].ID)
					}
				}
				page, err := b.log.List(t.Context(), pushlog.Query{Filter: f, Page: 1, Size: 1000})
				for _, r := range page.Records {
					got = append(got, r.ID)
				}
				if err != nil || !slices.Equal(got, want) || len(want) == 0 {
					t.Errorf("%s: %s %q (whole %v) finds %q by %s, want %q: %v", when, name, word, whole, got, page.How, want, err)
				}
			}
		}
	}
	var paged, each []string
	for n := 1; len(paged) < len(all); n++ {
		page, err := b.log.List(t.Context(), pushlog.Query{Page: n, Size: 13})
		if err != nil || len(page.Records) == 0 || page.Total != int64(len(all)) {
			t.Fatal(when, n, page.Total, err)
		}
		for _, r := range page.Records {
			paged = append(paged, r.ID)
		}
	}
	err := b.log.Each(t.Context(), pushlog.Filter{}, false, func(some []pushlog.Record) error {
		for _, r := range some {
			each = append(each, r.ID)
		}
		return nil
	})
	if err != nil || len(each) != len(all) || !slices.Equal(each, paged) {
		t.Errorf("%s: %d on pages, %d exported, %d records: %v", when, len(paged), len(each), len(all), err)
	}
}

// A store of the version before is opened, read, searched, paged and exported; its pushes
// are delivered, its job and its flush are finished, and its log is sealed, merged, packed
// and cleared on.
func TestStoreOfTheVersionBefore(t *testing.T) {
	t.Parallel()
	srv, b := loadBefore(t)
	ctx, p := t.Context(), b.keys.Partition(0)
	if err := stream.EnsureGroups(ctx, b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}

	counts, err := b.log.Counts(ctx)
	want := map[push.Status]int64{push.Sent: 108, push.Failed: 9, push.Retrying: 3, push.Scheduled: 2, push.Queued: 6, push.Cancelled: 1, push.Expired: 1}
	if err != nil || !maps.Equal(counts, want) {
		t.Errorf("counts %v, want %v: %v", counts, want, err)
	}
	if packed := b.packed(t, p); len(packed) < 90 || b.rdb.ZCard(ctx, p.Chunks()).Val() != 4 {
		t.Errorf("%d are packed", len(packed))
	}
	b.checkPacked(t)
	b.finds(t, "before")
	records := map[string]map[string]string{}
	for _, r := range b.records(t) {
		records[r.ID] = b.hash(t, r.ID)
	}

	// People, programs and what they did.
	people := access.New(b.rdb, "push", access.Options{})
	if users, err := people.Users(ctx); err != nil || len(users) != 1 || users[0].Name != "kim" || users[0].Role != access.Admin {
		t.Errorf("users %+v, %v", users, err)
	}
	if tokens, err := people.Tokens(ctx); err != nil || !slices.ContainsFunc(tokens, func(one access.Token) bool { return one.Name == "grafana" }) {
		t.Errorf("tokens %+v, %v", tokens, err)
	}
	if key := b.rdb.HVals(ctx, "push:keys").Val(); len(key) != 1 || !strings.Contains(key[0], "orders") {
		t.Errorf("producer keys %q", key)
	}
	if page, err := audit.New(b.rdb, "push", audit.Options{}).List(ctx, audit.Query{}); err != nil || len(page.Entries) != 3 {
		t.Errorf("audit entries %+v, %v", page, err)
	}
	if paused := b.rdb.HGetAll(ctx, "push:control").Val(); len(paused) != 1 || paused["batch-3"] == "" {
		t.Errorf("paused: %v", paused)
	}
	if hold := b.rdb.HGetAll(ctx, "push:hold:{another}").Val(); hold["reason"] != string(stream.HoldQuota) {
		t.Errorf("hold %v", hold)
	}
	if n := b.rdb.ZCard(ctx, "push:suppressed:{demo}").Val(); n != 9 {
		t.Errorf("%d suppressed tokens", n)
	}
	if b.rdb.Exists(ctx, "push:search:0123456789abcdef0123456789abcdef").Val() != 1 {
		t.Error("the kept search is gone")
	}

	// What is handed in once more is known, packed or not.
	for _, id := range []string{"sent-003", "tail-001"} {
		r, err := b.log.Get(ctx, id)
		other := r.Job
		if other.MsgTitle += "."; err != nil {
			t.Fatal(err)
		}
		if got := b.accept(t, r.Job, other); !slices.Equal(got, []stream.Answer{stream.Repeated, stream.Conflict}) {
			t.Errorf("%s: %v", id, got)
		}
	}

	// Two hours later all is due.
	srv.SetClock(t, time.UnixMilli(written(t)).Add(2*time.Hour).Sub(time.Now()))
	c := stream.NewConsumer(b.rdb, srv.Client(t), b.keys, acceptsAll{}, stream.ConsumerOptions{Name: "new-1", Project: "demo"})
	roles, stop := context.WithCancel(ctx)
	done := make(chan error, 2)
	go func() { done <- c.Run(roles) }()
	go func() { done <- jobs.New(b.rdb, b.keys, "new-1", zap.NewNop()).Run(roles) }()
	eventually(t, "everything has ended", func() bool {
		counts, err := b.log.Counts(ctx)
		return err == nil && counts[push.Queued]+counts[push.Scheduled]+counts[push.Retrying]+counts[push.Failed] == 0
	})
	eventually(t, "the flush is done", func() bool {
		for id := range records {
			if strings.HasPrefix(id, "sent-") && records[id][push.FieldCsno] == "10020001" && len(b.hash(t, id)) > 0 {
				return false
			}
		}
		return true
	})
	bulk := b.rdb.ZRange(ctx, "push:{bulk}:jobs", 0, 0).Val()
	eventually(t, "the job is done", func() bool {
		return len(bulk) == 1 && b.rdb.HGet(ctx, "push:{bulk}:job:"+bulk[0], "state").Val() == "done"
	})
	stop()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	b.finds(t, "delivered")

	// The log is kept: what was packed stays what it was.
	s := logkeep.NewSealer(b.rdb, b.keys, logkeep.Options{Owner: "new-1", ChunkRows: 5, PackAfter: time.Nanosecond})
	for range 5 {
		time.Sleep(2 * time.Millisecond)
		if err := s.Pass(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.rdb.ZCard(ctx, p.Late()).Val(); n != 0 || b.rdb.ZCard(ctx, p.Chunks()).Val() <= 4 {
		t.Errorf("%d updates are not merged, %d chunks", n, b.rdb.ZCard(ctx, p.Chunks()).Val())
	}
	for _, id := range b.packed(t, p) {
		if before := records[id]; before[pushlog.FieldStatus] == string(push.Sent) && !maps.Equal(before, b.hash(t, id)) {
			t.Errorf("%s is %v, was %v", id, b.hash(t, id), before)
		}
	}
	b.finds(t, "packed")
	_, faults, err := storecheck.Finished(ctx, b.rdb, b.keys, storecheck.Options{SkipEvents: true, SkipCounters: true})
	if err != nil || len(faults) > 0 {
		t.Error(err, strings.Join(faults, "\n"))
	}
	r := logkeep.NewRetainer(b.rdb, b.keys, logkeep.Options{Owner: "new-1", MaxRows: 20})
	for more := true; more; {
		if more, err = r.Pass(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(b.records(t)); n != 20 {
		t.Errorf("%d stay, want 20", n)
	}
	b.checkPacked(t)
}

// written is when the store was written, in ms.
func written(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(storeBefore)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return number(first)
}

// acceptsAll is an FCM that accepts every push.
type acceptsAll struct{}

// Send implements stream.Sender.
func (acceptsAll) Send(_ context.Context, j *push.Job, _ time.Time) push.Outcome {
	return push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200, MessageID: fmt.Sprintf("projects/demo/messages/%s", j.ID)}
}
