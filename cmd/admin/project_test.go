package main

import (
	"strings"
	"testing"

	"pushstream/internal/push"
)

func TestProject(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	checkRun(t, runs(t, s.Server, "project", "show"), 0, nil, []string{"no project yet"})
	s.end(t, push.CodeAccepted, push.Sent, "a")
	checkRun(t, runs(t, s.Server, "project", "show"), 0, []string{"demo\n"}, nil)
	checkRun(t, runs(t, s.Server, "project", "set", "demo"), 0, []string{"sends to demo already"}, nil)
	s.accept(t, "b")
	checkRun(t, runs(t, s.Server, "project", "set", "firm-push"), 0, []string{"sends to firm-push from now on", "1 unfinished pushes go to firm-push"}, nil)
	checkRun(t, runs(t, s.Server, "project", "show"), 0, []string{"firm-push\n"}, nil)
	checkRun(t, runs(t, s.Server, "audit", "list", "--action=project_set"), 0, []string{"project_set", "firm-push", "done"}, nil)
	for _, wrong := range []string{"", "a b", "{a}", strings.Repeat("a", 101)} {
		checkRun(t, runs(t, s.Server, "project", "set", wrong), 2, nil, []string{"NAME: ", "is no Firebase project"})
	}
}
