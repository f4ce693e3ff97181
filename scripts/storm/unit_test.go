package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pushstream/internal/launch"
)

// newTestUnit is a consumer that is only played by a script.
func newTestUnit(t *testing.T, script string) *unit {
	t.Helper()
	s := &system{System: launch.System{Dir: t.TempDir(), Bin: fakeBin(t, script, "consumer")}, journal: &journal{}}
	t.Cleanup(s.Kill)
	u := s.newUnit("consumer-1", "127.0.0.1:1", nil, "consumer")
	if err := u.start(); err != nil {
		t.Fatal(err)
	}
	return u
}

// happened are the journal's events but the start.
func (u *unit) happened() (all []what) {
	for _, e := range u.sys.journal.history() {
		if e.what != started && e.isOf(fmt.Sprintf("consumer-1-%d-abcdef", u.process().PID())) {
			all = append(all, e.what)
		}
	}
	return all
}

func TestUnitIsKilled(t *testing.T) {
	t.Parallel()
	u := newTestUnit(t, "exec sleep 600")
	p := u.kill()
	select {
	case <-p.Done():
	default:
		t.Error("it lives")
	}
	if got := u.happened(); len(got) != 1 || got[0] != killed {
		t.Errorf("the journal says %v", got)
	}
}

func TestUnitIsStopped(t *testing.T) {
	t.Parallel()
	u := newTestUnit(t, "trap 'exit 3' TERM; echo up; while :; do sleep 0.01; done")
	waitUntil(t, func() bool { return strings.Contains(u.process().Tail(), "up") })
	if err := u.stop(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("the stop says %v", err)
	}
	if got := u.happened(); len(got) != 1 || got[0] != stopped {
		t.Errorf("the journal says %v", got)
	}
}

func TestUnitIsPaused(t *testing.T) {
	t.Parallel()
	u := newTestUnit(t, "exec sleep 600")
	p, goOn, err := u.pause()
	if err != nil {
		t.Fatal(err)
	}
	state := func() string { // the letter after the name in parentheses
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
		if err != nil {
			t.Fatal(err)
		}
		return string(bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])[0])
	}
	waitUntil(t, func() bool { return state() == "T" })
	if err := goOn(); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, func() bool { return state() != "T" })
	e := u.sys.journal.history()[1]
	if e.what != paused || e.until.IsZero() {
		t.Errorf("the journal says %+v", e)
	}
}

func TestUnitEndsByItself(t *testing.T) {
	t.Parallel()
	u := newTestUnit(t, "echo why; exit 5")
	waitUntil(t, func() bool { return len(u.happened()) == 1 })
	e := u.sys.journal.history()[1]
	if e.what != endedItself || !strings.Contains(e.note, "exit status 5") || !strings.Contains(e.note, "why") {
		t.Errorf("the journal says %+v", e)
	}
}

// waitUntil polls, with a deadline that is far longer than it takes.
func waitUntil(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}
