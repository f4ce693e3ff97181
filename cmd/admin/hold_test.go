package main

import (
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

func TestHolds(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	checkRun(t, runs(t, s.Server, "hold", "list"), 0, []string{"PROJECT  REASON"}, nil)
	checkRun(t, runs(t, s.Server, "hold", "end", "demo"), 1, nil, []string{"sending to demo is not held"})
	checkRun(t, runs(t, s.Server, "hold", "end"), 2, nil, []string{"<project>", "admin --help"})

	s.accept(t, "a", "b", "c")
	s.consumer(t, "c1", push.CodePermission)
	s.eventually(t, "sending is held", func() bool {
		holds, err := s.control.Holds(t.Context())
		return err == nil && len(holds) == 1
	})
	checkRun(t, runs(t, s.Server, "hold", "list"), 0, []string{"demo     permission  PERMISSION", "played", stream.HoldPermission.Mend()[:80]}, nil)
	checkRun(t, runs(t, s.Server, "hold", "end", "demo"), 0, []string{"the hold of demo has ended; sending begins slowly\n"}, nil)
	if holds, err := s.control.Holds(t.Context()); err != nil || len(holds) != 0 {
		t.Errorf("%v %v", holds, err)
	}
}
