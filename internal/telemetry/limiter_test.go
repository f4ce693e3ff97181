package telemetry

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// A flood is a handful of lines and a count; another class is not touched by it.
func TestLimiter(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.InfoLevel)
	l := NewLimiter(zap.New(core))
	l.tell = 50 * time.Millisecond
	began := time.Now()
	var all sync.WaitGroup
	const lines = 20_000
	for range 4 {
		all.Go(func() {
			for range lines / 4 {
				l.Log(zapcore.InfoLevel, "401", "request refused")
			}
		})
	}
	all.Wait()
	l.Log(zapcore.WarnLevel, "503", "request failed")
	l.Log(zapcore.DebugLevel, "401", "nothing")
	written := func() int { return logs.FilterMessage("request refused").Len() }
	if most := linesBurst + int(time.Since(began)/linesEvery) + 1; written() > most || written() == 0 {
		t.Errorf("%d lines, at most %d may be", written(), most)
	}
	if logs.FilterMessage("request failed").Len() != 1 || logs.FilterMessage("nothing").Len() != 0 {
		t.Errorf("%v", logs.All())
	}
	eventually(t, "all that was left out is counted", func() bool {
		left := 0
		for _, line := range logs.FilterMessage("lines left out of the log").All() {
			f := line.ContextMap()
			if f["class"] != "401" {
				t.Fatalf("%v", f)
			}
			left += int(f["lines"].(int64))
		}
		return left+written() == lines
	})
}

// Classes beyond a number share one, so that nobody fills memory with them.
func TestLimiterClasses(t *testing.T) {
	t.Parallel()
	l := NewLimiter(zap.NewNop())
	for i := range 10 * maxClasses {
		l.allow(fmt.Sprint(i))
	}
	if len(l.classes) > maxClasses+1 {
		t.Errorf("%d classes", len(l.classes))
	}
}
