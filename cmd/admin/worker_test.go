package main

import (
	"strings"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

func TestWorkers(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	p := runs(t, s.Server, "worker", "list")
	checkRun(t, p, 0, []string{"NAME  CONSUMER  STATE"}, nil)
	line(t, p.stdout.String())

	s.consumer(t, "c1", push.CodeAccepted)
	s.consumer(t, "c2-with-a-long-name", push.CodeAccepted)
	checkRun(t, runs(t, s.Server, "worker", "pause", "c1"), 0, []string{"c1 to pause, within a second\n"}, nil)
	s.eventually(t, "c1 is paused", func() bool {
		p = runs(t, s.Server, "worker", "list")
		return strings.Contains(p.stdout.String(), " paused   paused")
	})
	lines := strings.Split(p.stdout.String(), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[1], "c1  ") || !strings.HasPrefix(lines[2], "c2-with-a-long-name  ") || lines[3] != "" ||
		strings.Index(lines[0], "STATE") != strings.Index(lines[1], "paused") || strings.Index(lines[0], "STATE") != strings.Index(lines[2], "running") {
		t.Errorf("not in columns:\n%s", p.stdout.String())
	}

	checkRun(t, runs(t, s.Server, "worker", "pause", "--all"), 0, []string{"all workers to pause, within a second\n"}, nil)
	checkRun(t, runs(t, s.Server, "worker", "list"), 0, []string{"c1"}, []string{"all workers are to pause, until: admin worker resume --all"})
	checkRun(t, runs(t, s.Server, "worker", "resume", "c1"), 0, []string{"c1 to go on, but all workers are to pause, until: admin worker resume --all\n"}, nil)
	checkRun(t, runs(t, s.Server, "worker", "resume", "--all"), 0, []string{"all workers to go on, within a second\n"}, nil)
	s.eventually(t, "all go on", func() bool {
		workers, err := s.control.Workers(t.Context())
		return err == nil && workers[0].State == stream.Running && workers[1].State == stream.Running
	})
}

func TestWorkerMistakes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.consumer(t, "c1", push.CodeAccepted)
	tests := []struct {
		args []string
		code int
		hint string
	}{
		{[]string{"worker", "pause", "c2"}, 1, "no such worker"},
		{[]string{"worker", "resume", "*"}, 1, "no such worker"},
		{[]string{"worker", "pause"}, 2, "NAME: give the name of a worker, or --all"},
		{[]string{"worker", "pause", ""}, 2, "NAME: give the name of a worker, or --all"},
		{[]string{"worker", "resume"}, 2, "NAME: give the name of a worker, or --all"},
		{[]string{"worker", "pause", "c1", "--all"}, 2, "NAME: give the name of a worker, or --all"},
		{[]string{"worker", "pause", "c1", "c2"}, 2, "admin --help"},
		{[]string{"worker"}, 2, "admin --help"},
		{[]string{"worker", "stop"}, 2, "admin --help"},
	}
	for _, tt := range tests {
		checkRun(t, runs(t, s.Server, tt.args...), tt.code, nil, []string{tt.hint})
	}
	if n := s.rdb.Exists(t.Context(), "push:control").Val(); n != 0 {
		t.Error("somebody is paused")
	}
}
