package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

// later is a time after now: pushes of this millisecond are before it.
func later() string { return time.Now().Add(time.Hour).UTC().Format(time.RFC3339) }

// seedFailed makes pushes that failed: of customers 0 and 1 in turn, of groups 0
// to 2, and those of group 0 with another code.
func (b *bundle) seedFailed(t *testing.T, n int) {
	t.Helper()
	jobs := make([]push.Job, n)
	for i := range jobs {
		jobs[i] = jobOf(fmt.Sprintf("g%d-%04d", i%3, i))
		jobs[i].Csno, jobs[i].PushGrpID = fmt.Sprint("csno-", i%2), fmt.Sprint("G", i%3)
	}
	b.accept(t, jobs...)
	stop := b.consumer(t, "ender", senderFunc(func(j *push.Job) push.Outcome {
		if strings.HasPrefix(j.ID, "g0") {
			return push.Outcome{Code: push.CodeInvalidArgument, HTTPStatus: 400}
		}
		return push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}
	}))
	defer stop()
	b.eventually(t, "all have failed", func() bool { return b.count(t, push.Failed) == int64(n) })
}

func (b *bundle) count(t *testing.T, status push.Status) int64 {
	t.Helper()
	counts, err := b.log.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return counts[status]
}

func TestRedriveSelection(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, more string
		looked     int
		matched    int
	}{
		{"all", ``, 12, 12},
		{"a customer", `,"csno":"csno-1"`, 12, 6},
		{"a group", `,"push_grp_id":"G0"`, 12, 4},
		{"a code", `,"error_code":"INVALID_ARGUMENT"`, 12, 4},
		{"a token", `,"device_id":"token-g0-0003"`, 12, 1},
		{"several", `,"csno":"csno-0","error_code":"INVALID_ARGUMENT"`, 12, 2},
		{"nobody", `,"csno":"csno-9"`, 12, 0},
		{"time", `,"since":"2020-01-01T00:00:00+09:00","until":"2999-01-01T00:00:00Z"`, 12, 12},
		{"another time", `,"until":"2020-01-01T00:00:00Z"`, 0, 0},
		{"to come", `,"since":"2999-01-01T00:00:00Z"`, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := empty(t)
			b.seedFailed(t, 12)
			w := b.do("POST", "/api/v1/pushes/redrive", `{"status":"failed"`+tt.more+`}`)
			got := decode[selected](t, w)
			if w.Code != 200 || got.Looked != tt.looked || got.Matched != tt.matched || got.Changes[stream.ChangeQueued] != tt.matched || !got.Done {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if n := b.count(t, push.Queued); n != int64(tt.matched) || b.count(t, push.Failed) != int64(12-tt.matched) {
				t.Errorf("%d are queued", n)
			}
		})
	}
}

func TestCancelSelection(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.do("POST", "/api/v1/pushes/cancel", `{"status":"queued","csno":"csno-b","until":"`+later()+`"}`)
	if got := decode[selected](t, w); w.Code != 200 || got.Looked != 4 || got.Matched != 1 || got.Changes[stream.ChangeCancelled] != 1 || !got.Done {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = b.do("POST", "/api/v1/pushes/cancel", `{"status":"scheduled","until":"`+later()+`"}`)
	if got := decode[selected](t, w); w.Code != 200 || got.Changes[stream.ChangeCancelled] != 1 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for id, want := range map[string]push.Status{"a": push.Queued, "b": push.Cancelled, "e": push.Cancelled} {
		if got := b.status(t, id); got != want {
			t.Errorf("%s is %s", id, got)
		}
	}
	// Nothing is left to do: no change, and an object all the same.
	if w := b.do("POST", "/api/v1/pushes/cancel", `{"status":"scheduled"}`); w.Body.String() != `{"looked":0,"matched":0,"changes":{},"done":true}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A request that ends early, because the process is asked to stop, or its time
// is up, has counted what it did; the next one does the rest.
func TestSelectionInParts(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.seedFailed(t, 250)
	b.stop()
	seen := 0
	for n := 0; ; n++ {
		w := b.do("POST", "/api/v1/pushes/redrive", `{"status":"failed"}`)
		got := decode[selected](t, w)
		seen += got.Changes[stream.ChangeQueued]
		if w.Code != 200 || got.Looked > 100 || b.count(t, push.Queued) != int64(seen) {
			t.Fatalf("%d %s; %d are queued, %d were counted", w.Code, w.Body, b.count(t, push.Queued), seen)
		}
		if got.Done {
			break
		}
		if n == 10 {
			t.Fatal("it does not end")
		}
	}
	if seen != 250 {
		t.Errorf("%d", seen)
	}
}

func TestWorkThroughTells(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.seedFailed(t, 150)
	ctx, cancel := context.WithCancel(t.Context())
	var told []int
	p, done, err := WorkThrough(ctx, b.control.RedriveSelected, stream.Selection{Status: push.Failed}, func(p stream.Progress) {
		told = append(told, p.Looked)
	})
	if err != nil || !done || p.Looked != 150 || len(told) < 2 || !slices.IsSorted(told) || told[len(told)-1] != 150 {
		t.Errorf("%+v %v %v, told %v", p, done, err, told)
	}
	cancel()
	if p, done, err := WorkThrough(ctx, b.control.RedriveSelected, stream.Selection{Status: push.Failed}, nil); err != nil || !done || p.Looked != 0 {
		t.Errorf("nothing to do: %+v %v %v", p, done, err)
	}
	away := errors.New("away")
	_, done, err = WorkThrough(t.Context(), func(context.Context, stream.Selection, func(stream.Progress)) (stream.Progress, error) {
		return stream.Progress{Looked: 5}, away
	}, stream.Selection{}, nil)
	if done || !errors.Is(err, away) {
		t.Errorf("%v %v", done, err)
	}
}

func TestParseSelection(t *testing.T) {
	t.Parallel()
	s, err := ParseSelection(Given{"status": {"failed"}, "since": {"2026-11-24T09:00:00+09:00"}, "until": {"2026-11-24T01:00:00Z"},
		"error_code": {"UNREGISTERED"}, "csno": {"1"}, "push_grp_id": {"2"}, "device_id": {"3"}}, Redrivable())
	want := stream.Selection{Status: push.Failed, ErrorCode: push.CodeUnregistered, Csno: "1", PushGrpID: "2", DeviceID: "3"}
	if !s.Since.Equal(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)) || !s.Until.Equal(time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", s)
	}
	if s.Since, s.Until = want.Since, want.Until; s != want || err != nil {
		t.Errorf("%+v %v", s, err)
	}
}
