package main

import (
	"maps"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

func TestLogFlush(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeUnregistered, push.Failed, "a", "b")
	s.end(t, push.CodeAccepted, push.Sent, "c", "d")
	time.Sleep(2 * time.Millisecond)
	s.consumer(t, "c", push.CodeAccepted)
	checkRun(t, runs(t, s.Server, "log", "flush", "--yes", "--status=failed,expired", "--device-id=token-b"), 0,
		[]string{"1 of 1 examined, 1 removed\n"}, nil)
	checkRun(t, runs(t, s.Server, "log", "flush", "--yes", "--since=2020-01-01T00:00:00Z"), 0, []string{"3 of 3 examined, 3 removed\n"}, nil)
	if n := s.rdb.ZCard(t.Context(), s.keys.Partition(0).Index()).Val(); n != 0 {
		t.Errorf("%d stay", n)
	}
	checkRun(t, runs(t, s.Server, "log", "flush", "--cancel"), 1, nil, []string{"no flush is running"})
}

// Nobody carries it out: it waits, says so, can be left and cancelled.
func TestLogFlushWithoutConsumer(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.accept(t, "a")
	p := start(t, "--redis-url="+s.URL(), "log", "flush", "--yes")
	s.eventually(t, "it says why it waits", func() bool { return strings.Contains(p.stderr.String(), "no consumer is running") })
	checkRun(t, runs(t, s.Server, "log", "flush", "--yes", "--csno=1"), 1, nil, []string{"another flush is running, of ", "0 of 0 examined"})
	p.cancel()
	if p.wait(t) != 1 || !strings.Contains(p.stderr.String(), "the flush goes on, admin log flush --cancel ends it") {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	if f, err := s.control.Flush(t.Context()); err != nil || f.State != stream.FlushRunning || !strings.Contains(f.By, "@") {
		t.Errorf("%+v %v", f, err)
	}
	checkRun(t, runs(t, s.Server, "log", "flush", "--cancel"), 0, []string{"cancelled: 0 of 0 examined, 0 removed\n"}, nil)
}

// One that is cancelled while somebody watches it.
func TestLogFlushCancelled(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	p := start(t, "--redis-url="+s.URL(), "log", "flush", "--yes")
	s.eventually(t, "a flush", func() bool { f, err := s.control.Flush(t.Context()); return err == nil && f != nil })
	if _, err := s.control.CancelFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.wait(t) != 1 || !strings.Contains(p.stderr.String(), "the flush was not done: cancelled") {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
}

// A mistake flushes nothing, and above all not more than was meant.
func TestLogFlushMistakes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeUnregistered, push.Failed, "a")
	before := redistest.Dump(t, s.rdb)
	for _, tt := range []struct {
		args  []string
		hints []string
	}{
		{nil, []string{"--yes: "}},
		{[]string{"--csno=1"}, []string{"--yes: "}},
		{[]string{"--yes", "--csno="}, []string{"csno must not be empty"}},
		{[]string{"--yes", "--status="}, []string{"status must be one of"}},
		{[]string{"--yes", "--status=failed,queued"}, []string{"status must be one of [sent failed expired cancelled]"}},
		{[]string{"--since=x", "--error-code=x", "--column=csno"}, []string{"--yes: ", "since must", "error_code must", "column goes with contains or equals"}},
		{[]string{"--yes", "--column=msg_title", "--equals="}, []string{"equals must not be empty"}},
		{[]string{"--yes", "--equals=x"}, []string{"column goes with"}},
		{[]string{"--cancel", "--csno=1"}, []string{"--cancel: "}},
		{[]string{"--cancel", "--yes"}, []string{"--cancel: "}},
		{[]string{"a"}, []string{"unexpected argument a"}},
	} {
		checkRun(t, runs(t, s.Server, append([]string{"log", "flush"}, tt.args...)...), 2, nil, tt.hints)
	}
	if after := redistest.Dump(t, s.rdb); !maps.Equal(before, after) {
		t.Error("it has changed")
	}
}
