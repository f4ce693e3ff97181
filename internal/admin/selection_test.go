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
		"error_code": {"UNREGISTERED"}, "csno": {"1"}, "push_grp_id": {"2"}, "device_id": {"3"}}, Redrivable(), nil)
	want := stream.Selection{Status: push.Failed, ErrorCode: push.CodeUnregistered, Csno: "1", PushGrpID: "2", DeviceID: "3"}
	if !s.Since.Equal(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)) || !s.Until.Equal(time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", s)
	}
	if s.Since, s.Until = want.Since, want.Until; s != want || err != nil {
		t.Errorf("%+v %v", s, err)
	}
}
