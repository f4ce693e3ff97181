package fill

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/corpus"
	"pushstream/internal/push"
	"pushstream/internal/stream"
)

// script is a sender that says of each push what it is told to, one after the other,
// and the last again and again.
type script struct {
	mu    sync.Mutex
	codes map[string][]push.Code
}

func (s *script) Send(_ context.Context, job *push.Job, _ time.Time) push.Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	codes := s.codes[job.ID]
	if len(codes) > 1 {
		s.codes[job.ID] = codes[1:]
	}
	code := codes[0]
	o := push.Outcome{Code: code, HTTPStatus: said[code].status, Detail: said[code].detail, Took: 31 * time.Millisecond}
	if code == push.CodeAccepted {
		o.MessageID = "projects/demo/messages/0:1795538720570361%1b"
	}
	return o
}

// shape takes out of a record what differs from run to run.
func shape(values []string) []string {
	for _, cut := range []struct{ what, with string }{
		{`consumer-\S+`, "consumer-0"},
		{`retry_in=\S+`, "retry_in=0s"},
		{`%[0-9a-f]+`, "%0"},
		{`\d+`, "0"},
	} {
		r := regexp.MustCompile(cut.what)
		for i := 1; i < len(values); i += 2 {
			values[i] = r.ReplaceAllString(values[i], cut.with)
		}
	}
	return values
}

// A record is, field by field and in their order, what the pipeline makes of the same
// job with the same fate.
func TestRecordsAreLikeRealOnes(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	ok, away, gone := push.CodeAccepted, push.CodeUnavailable, push.CodeUnregistered
	fates := map[string]struct {
		real []push.Code // what FCM says
		end  end
		ttl  int
		due  time.Duration
	}{
		"sent":                {[]push.Code{ok}, end{push.Sent, nil}, 3600, 0},
		"reserved":            {[]push.Code{ok}, end{push.Sent, nil}, 3600, 2 * time.Second},
		"flaky":               {[]push.Code{away, ok}, end{push.Sent, []push.Code{away}}, 3600, 0},
		"twice":               {[]push.Code{away, away, ok}, end{push.Sent, []push.Code{away, away}}, 600, 0},
		"gone":                {[]push.Code{gone}, end{push.Failed, []push.Code{gone}}, 3600, 0},
		"flaky and gone":      {[]push.Code{away, gone}, end{push.Failed, []push.Code{away, gone}}, 3600, 0},
		"unspecified":         {[]push.Code{push.CodeUnspecified}, end{push.Failed, slices.Repeat([]push.Code{push.CodeUnspecified}, 3)}, 3600, 0},
		"suppressed":          {nil, end{push.Failed, []push.Code{push.CodeSuppressed}}, 3600, 0},
		"too late":            {nil, end{push.Expired, nil}, 1, 0},
		"away until too late": {[]push.Code{away}, end{push.Expired, []push.Code{away}}, 2, 0},
		"cancelled":           {nil, end{push.Cancelled, nil}, 3600, time.Hour},
		"cancelled at once":   {nil, end{push.Cancelled, nil}, 3600, 0},
	}
	id := func(name string) string { return regexp.MustCompile(" ").ReplaceAllString(name, "-") }
	sender := &script{codes: map[string][]push.Code{}}
	jobs := map[string]push.Job{}
	for n, name := range slices.Sorted(maps.Keys(fates)) {
		fate := fates[name]
		j := corpus.Job("x", 100+n)
		j.ID, j.TTL = id(name), fate.ttl
		if fate.due > 0 {
			j.SndnRsevHour = time.Now().Add(fate.due).Format(time.RFC3339)
		}
		if name == "suppressed" {
			j.DeviceID = jobs["gone"].DeviceID
		}
		if faults := j.Validate(seoul); faults != nil {
			t.Fatal(faults)
		}
		jobs[name], sender.codes[j.ID] = j, fate.real
	}
	if err := stream.EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	producer := stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{})
	accept := func(names ...string) {
		for _, name := range names {
			if _, err := producer.Accept(t.Context(), []push.Job{jobs[name]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	status := func(name string) push.Status {
		return push.Status(b.rdb.HGet(t.Context(), b.keys.Partition(0).Record(id(name)), "status").Val())
	}
	ended := func(names ...string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
			if !slices.ContainsFunc(names, func(name string) bool { return !status(name).Terminal() }) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("they don't end")
			}
		}
	}

	accept("too late", "cancelled", "cancelled at once")
	if _, err := stream.NewControl(b.rdb, b.keys).Cancel(t.Context(), id("cancelled"), id("cancelled at once")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // the life of one of them
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	c := stream.NewConsumer(b.rdb, b.srv.Client(t), b.keys, sender, stream.ConsumerOptions{Name: "consumer-1-2-abcdef", RetryMinDelay: 700 * time.Millisecond})
	go func() { done <- c.Run(ctx) }()
	accept("gone")
	ended("gone")
	for deadline := time.Now().Add(10 * time.Second); b.rdb.ZCard(t.Context(), "push:suppressed:{default}").Val() == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(fates)), func(name string) bool {
		return name == "gone" || name == "too late" || name == "cancelled" || name == "cancelled at once"
	})
	accept(names...)
	ended(slices.Collect(maps.Keys(fates))...)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}

	// RESP2 gives a hash in its order, RESP3 as a map.
	ordered := redis.NewClient(&redis.Options{Network: "unix", Addr: b.srv.Socket, Protocol: 2})
	defer ordered.Close()
	s := scribe{chance: seeded(), names: map[int64][4]string{}}
	for name, fate := range fates {
		job := jobs[name]
		l := life{accepted: time.Now().Add(-24 * time.Hour)}
		if fate.due > 0 {
			l.due = l.accepted.Add(time.Hour)
		}
		l.expires = l.start().Add(time.Duration(fate.ttl) * time.Second)
		if name == "away until too late" {
			l.expires = l.start().Add(25 * time.Second) // three tries, as with the real one's shorter waits
		}
		s.run(&l, fate.end)
		real, err := ordered.Do(t.Context(), "HGETALL", b.keys.Partition(0).Record(job.ID)).StringSlice()
		if err != nil {
			t.Fatal(err)
		}
		got, want := shape(s.record(&job, &l)), shape(real)
		if !slices.Equal(got, want) {
			t.Errorf("%s: it is\n%q, the pipeline's\n%q", name, got, want)
		}
	}
}
