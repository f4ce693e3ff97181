package fcmsim

import (
	"strings"
	"testing"
	"time"
)

func TestQuota(t *testing.T) {
	t.Parallel()
	q := newQuota(2)
	start := time.Unix(1_000_000, 500)
	for i, step := range []struct {
		after   time.Duration
		project string
		want    string // Retry-After; "" is taken
	}{
		{0, "p", ""},
		{time.Second, "p", ""},
		{time.Second, "p", "59"},
		{time.Second + 1, "p", "59"},
		{2*time.Second - 1, "p", "59"},
		{2 * time.Second, "p", "58"},
		{2 * time.Second, "other", ""},
		{time.Minute - 1, "p", "1"},
		{time.Minute, "p", ""}, // full again; the 429s took nothing
		{time.Minute, "p", ""},
		{time.Minute, "p", "60"},
		{3*time.Minute + time.Second, "p", ""}, // the bucket keeps its minute
		{3*time.Minute + time.Second, "p", ""},
		{3*time.Minute + time.Second, "p", "59"},
	} {
		got := ""
		if a := q.take(step.project, start.Add(step.after)); a != nil {
			got = a.retryAfter
			if a.code != "QUOTA_EXCEEDED" || a.status != 429 {
				t.Errorf("step %d: answer %+v", i, a)
			}
		}
		if got != step.want {
			t.Errorf("step %d: Retry-After %q, want %q", i, got, step.want)
		}
	}
}

func TestNoQuota(t *testing.T) {
	t.Parallel()
	q := newQuota(0)
	for range 1000 {
		if q.take("p", time.Now()) != nil {
			t.Fatal("a quota without one")
		}
	}
}

// A token over its own limit gets 429 for the device; others are let through.
func TestDeviceLimit(t *testing.T) {
	t.Parallel()
	q, now := newDeviceQuota(2), time.Unix(1_764_000_000, 0)
	for i, want := range []bool{true, true, false} {
		if a := q.take("phone", now); (a == nil) != want {
			t.Errorf("request %d: %+v", i, a)
		} else if a != nil && !strings.Contains(string(a.errorBody()), "Device message rate exceeded") {
			t.Errorf("%s", a.errorBody())
		}
	}
	if a := q.take("other", now); a != nil {
		t.Errorf("%+v", a)
	}
}
