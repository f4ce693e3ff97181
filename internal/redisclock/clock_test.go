package redisclock_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pushstream/internal/redisclock"
	"pushstream/internal/redistest"
)

// near reports whether a clock is some time ahead of the machine's.
func near(c *redisclock.Clock, want time.Duration) bool {
	return (c.Offset()-want).Abs() < 400*time.Millisecond && (time.Until(c.Now())-want).Abs() < 400*time.Millisecond
}

// The clock tells Redis's time, says when it has jumped, and how far it is away: once for
// each change.
func TestClockFollowsRedis(t *testing.T) {
	t.Parallel()
	srv := redistest.NewSteppable(t)
	core, logs := observer.New(zap.InfoLevel)
	c := redisclock.New(srv.Client(t), "push:control", zap.New(core))
	if !near(c, 0) || c.Known() || c.Check(t.Context()) != nil || !c.Known() {
		t.Error("it does not begin with the machine's time, and learn when it is asked")
	}
	for _, step := range []struct {
		ahead time.Duration
		says  string // of Check
		log   string // the last line
		steps int64
	}{
		{0, "", "", 0},
		{-90 * time.Second, "90.0 s behind", "differ", 1},
		{-90 * time.Second, "90.0 s behind", "differ", 1},
		{3 * time.Second, "", "differ", 2},
		{0, "", "agree again", 3},
		{time.Hour, "ahead", "differ", 4},
	} {
		srv.SetClock(t, step.ahead)
		for range 3 {
			if err := c.Learn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !near(c, step.ahead) {
			t.Errorf("%v ahead: the offset is %v", step.ahead, c.Offset())
		}
		err := c.Check(t.Context())
		if (err != nil) != (step.says != "") || err != nil && !strings.Contains(err.Error(), step.says) {
			t.Errorf("%v ahead: %v", step.ahead, err)
		}
		if n, last := c.Steps(); n != step.steps || n > 0 && last == nil {
			t.Errorf("%v ahead: %d steps", step.ahead, n)
		}
		if all := logs.All(); step.log != "" && !strings.Contains(all[len(all)-1].Message, step.log) {
			t.Errorf("%v ahead: the log says %q", step.ahead, all[len(all)-1].Message)
		}
	}
	if n := logs.FilterMessageSnippet("jumped").Len(); n != 4 {
		t.Errorf("%d lines of jumps", n)
	}
	if n := logs.Len() - 4; n != 4 { // far, a little, agree, far
		t.Errorf("%d lines of the difference", n)
	}
	if got := testutil.CollectAndCount(c, "pushstream_clock_offset_seconds", "pushstream_clock_steps_total"); got != 2 {
		t.Errorf("%d metrics", got)
	}
	at := c.Now().Add(time.Minute)
	if left := time.Until(c.Local(at)); (left - time.Minute).Abs() > time.Second {
		t.Errorf("a minute of Redis's is in %v", left)
	}
}

// Confirm notices a step at once, but does not ask again and again.
func TestConfirm(t *testing.T) {
	t.Parallel()
	srv := redistest.NewSteppable(t)
	rdb := srv.Client(t)
	c := redisclock.New(rdb, "push:control", nil)
	c.Confirm(t.Context())
	srv.SetClock(t, -10*time.Minute)
	for end := time.Now().Add(10 * time.Second); !near(c, -10*time.Minute); c.Confirm(t.Context()) {
		if time.Now().After(end) {
			t.Fatal("it does not notice")
		}
	}
	srv.Kill()
	c.Confirm(t.Context())
	if !near(c, -10*time.Minute) || c.Learn(t.Context()) == nil {
		t.Error("without Redis it does not go on as it was")
	}
}
