package main

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"go.uber.org/zap"

	"pushstream/internal/audit"
	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

func TestPushesByID(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeUnregistered, push.Failed, "a", "b", "c")
	s.end(t, push.CodeAccepted, push.Sent, "d")
	checkRun(t, runs(t, s.Server, "push", "redrive", "a", "b"), 0, []string{"a: queued\nb: queued\n"}, nil)
	checkRun(t, runs(t, s.Server, "push", "cancel", "b"), 0, []string{"b: cancelled\n"}, nil)
	checkRun(t, runs(t, s.Server, "push", "redrive", "c", "d", "nobody"), 1,
		[]string{"c: queued\nd: it was sent already\nnobody: no such push\n"}, []string{"2 of 3 pushes are not queued"})
	checkRun(t, runs(t, s.Server, "push", "cancel", "d"), 1, []string{"d: it was sent already\n"}, []string{"1 of 1 pushes are not cancelled"})
	for id, want := range map[string]push.Status{"a": push.Queued, "b": push.Cancelled, "c": push.Queued, "d": push.Sent} {
		if got := s.status(t, id); got != want {
			t.Errorf("%s is %s", id, got)
		}
	}
}

func TestPushShow(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeAccepted, push.Sent, "a")
	checkRun(t, runs(t, s.Server, "push", "show", "a"), 0, []string{"{\n  \"accepted_at\": \"20", "\"status\": \"sent\"", "\"try.1\": \"20"}, nil)
	checkRun(t, runs(t, s.Server, "push", "show", "nobody"), 1, nil, []string{"no such push"})
}

// More ids than one round trip takes, as xargs gives them.
func TestManyPushesByID(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	args := []string{"push", "cancel"}
	for n := range 250 {
		args = append(args, fmt.Sprint("id-", n))
	}
	s.accept(t, args[2:]...)
	p := runs(t, s.Server, args...)
	checkRun(t, p, 0, []string{"id-0: cancelled\n", "id-249: cancelled\n"}, nil)
	if counts, err := s.log.Counts(t.Context()); err != nil || counts[push.Cancelled] != 250 || strings.Count(p.stdout.String(), "\n") != 250 {
		t.Errorf("%v %v", counts, err)
	}
}

func TestPushesOfASelection(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeUnregistered, push.Failed, "a", "b", "c")
	s.end(t, push.CodeInvalidArgument, push.Failed, "d")
	tests := []struct {
		args    []string
		summary string
	}{
		{[]string{"redrive", "--status=failed", "--csno=1"}, "0 failed pushes examined, 0 matched\n"},
		{[]string{"redrive", "--status=failed", "--until=2020-01-01T00:00:00Z"}, "0 failed pushes examined, 0 matched\n"},
		{[]string{"redrive", "--status=failed", "--device-id=token-a", "--push-grp-id=G1"}, "1 failed pushes examined, 1 matched: 1 queued\n"},
		{[]string{"redrive", "--status=failed", "--error-code=INVALID_ARGUMENT", "--csno=10023451"}, "1 failed pushes examined, 1 matched: 1 queued\n"},
		{[]string{"redrive", "--status", "failed", "--since", "2020-01-01T00:00:00+09:00"}, "2 failed pushes examined, 2 matched: 2 queued\n"},
		{[]string{"cancel", "--status=queued", "--until=2999-01-01T00:00:00Z"}, "4 queued pushes examined, 4 matched: 4 cancelled\n"},
		{[]string{"cancel", "--status=scheduled"}, "0 scheduled pushes examined, 0 matched\n"},
	}
	for _, tt := range tests {
		p := runs(t, s.Server, append([]string{"push"}, tt.args...)...)
		checkRun(t, p, 0, []string{tt.summary}, nil)
		line(t, p.stdout.String())
	}
}

// What is past its ttl is not redriven by who did not ask for it; a dry run says what would
// be, and changes nothing.
func TestRedriveOfWhatIsOld(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeUnregistered, push.Failed, "a", "b", "c")
	for _, id := range []string{"a", "b"} {
		s.rdb.HSet(t.Context(), s.keys.Of(id).Record(id), pushlog.FieldExpiresAt, "2026-01-01T00:00:00.000Z")
	}
	before := redistest.Dump(t, s.rdb)
	what := []string{"3 failed pushes, the oldest accepted 20", "0 d 0 h ", "; 2 past their ttl"}
	p := runs(t, s.Server, "push", "redrive", "--status=failed", "--dry-run")
	checkRun(t, p, 0, what, nil)
	line(t, p.stdout.String())
	if after := redistest.Dump(t, s.rdb); !maps.Equal(before, after) {
		t.Error("a dry run changes something")
	}
	checkRun(t, runs(t, s.Server, "push", "redrive", "--status=failed"), 1, nil, append(what, "nothing was done", "give --since, or --yes"))
	checkRun(t, runs(t, s.Server, "push", "redrive", "--status=failed", "--sndn-rsev-since=2026-01-01T00:00:00Z", "--dry-run"), 0, []string{"0 failed pushes\n"}, nil)
	checkRun(t, runs(t, s.Server, "push", "cancel", "--status=queued", "--dry-run"), 0, []string{"0 queued pushes\n"}, nil)
	checkRun(t, runs(t, s.Server, "push", "redrive", "a", "--dry-run"), 2, nil, []string{"--dry-run and --yes go with --status"})
	if n := s.status(t, "a"); n != push.Failed {
		t.Errorf("a is %s", n)
	}
	checkRun(t, runs(t, s.Server, "push", "redrive", "--status=failed", "--since=2020-01-01T00:00:00Z", "--csno=10023451"), 0,
		[]string{"3 failed pushes examined, 3 matched: 3 queued\n"}, nil)
	checkRun(t, runs(t, s.Server, "push", "cancel", "--status=queued"), 0, []string{"3 matched: 3 cancelled\n"}, nil)
	// A redrive has given it its ttl anew; it is as old as before.
	s.rdb.HSet(t.Context(), s.keys.Of("c").Record("c"), pushlog.FieldAcceptedAt, "2026-01-01T00:00:00.000Z")
	checkRun(t, runs(t, s.Server, "push", "redrive", "--status=cancelled"), 1, nil, []string{"; 1 past their ttl"})
	checkRun(t, runs(t, s.Server, "push", "redrive", "--status=cancelled", "--yes"), 0, []string{"3 matched: 3 queued\n"}, nil)
}

// A mistake changes nothing, and above all not more than was meant.
func TestPushMistakes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeUnregistered, push.Failed, "a")
	before := redistest.Dump(t, s.rdb)
	tests := []struct {
		args  []string
		hints []string
	}{
		{[]string{"redrive"}, []string{"ID: give ids of pushes, or --status"}},
		{[]string{"cancel"}, []string{"ID: give ids of pushes, or --status"}},
		{[]string{"redrive", "a", "--status=failed"}, []string{"ID: give ids of pushes, or --status"}},
		{[]string{"redrive", "a", "--csno=1"}, []string{"ID: give ids of pushes, or --status"}},
		{[]string{"redrive", "a b"}, []string{`ID: "a b" must be 1 to 128`}},
		{[]string{"redrive", ""}, []string{`ID: "" must be 1 to 128`}},
		{[]string{"redrive", "--csno=10023451"}, []string{"status must be one of [failed expired cancelled]"}},
		{[]string{"redrive", "--status="}, []string{"status must be one of"}},
		{[]string{"redrive", "--status=queued"}, []string{"status must be one of [failed expired cancelled]"}},
		{[]string{"cancel", "--status=failed"}, []string{"status must be one of [scheduled queued retrying]"}},
		{[]string{"redrive", "--status=failed", "--csno="}, []string{"csno must not be empty"}},
		{[]string{"redrive", "--status=failed", "--csno", ""}, []string{"csno must not be empty"}},
		{[]string{"redrive", "--status=failed", "--push-grp-id=", "--device-id="}, []string{"push_grp_id must", "device_id must"}},
		{[]string{"redrive", "--status=x", "--since=x", "--until=", "--error-code=x"}, []string{"status must", "since must", "until must", "error_code must"}},
		{[]string{"redrive", "--status=failed", "--colour=red"}, []string{"--colour", "admin --help"}},
	}
	for _, tt := range tests {
		checkRun(t, runs(t, s.Server, append([]string{"push"}, tt.args...)...), 2, nil, tt.hints)
	}
	if after := redistest.Dump(t, s.rdb); !maps.Equal(before, after) {
		t.Error("it has changed")
	}
}

// Counted over another number of partitions, some pushes would be left out.
func TestPushesOfOtherPartitions(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.end(t, push.CodeUnregistered, push.Failed, "a")
	for _, args := range [][]string{{"a"}, {"--status=failed"}} {
		checkRun(t, runs(t, s.Server, append([]string{"--partitions=3", "push", "redrive"}, args...)...), 1, nil, []string{"wrong number of partitions"})
	}
}

// Ctrl-C ends the watching: the job goes on, and the command says how to see it and how to
// end it.
func TestStoppedWatching(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var ids []string
	for n := range 250 {
		ids = append(ids, fmt.Sprint("id-", n))
	}
	s.end(t, push.CodeInvalidArgument, push.Failed, ids...)
	engine := jobs.New(s.rdb, s.keys, "a test", zap.NewNop())
	// Another process has the job's partition: there is nothing to help with.
	order := func() *jobs.Job {
		t.Helper()
		j, err := engine.Order(t.Context(), jobs.Order{Kind: jobs.Redrive, Filter: pushlog.Filter{Statuses: []push.Status{push.Failed}}, By: "kim", Of: 250})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	j := order()
	var out, progress output
	a := &app{jobs: engine, stdout: &out, stderr: &progress}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	err := a.follow(ctx, j, true)
	if outcomeOf(err) != audit.Partial || !strings.Contains(err.Error(), "admin job show "+j.ID) || !strings.Contains(err.Error(), "admin job cancel "+j.ID) || out.String() != "" {
		t.Errorf("%v %q", err, out.String())
	}
	checkRun(t, runs(t, s.Server, "job", "list"), 0, []string{j.ID, "redrive", "kim", "(of 250)"}, nil)
	checkRun(t, runs(t, s.Server, "job", "show", j.ID), 0, []string{`"id": "` + j.ID + `"`, `"status": [`}, nil)
	checkRun(t, runs(t, s.Server, "job", "show", "0123456789ab"), 1, nil, []string{"no such job"})
	checkRun(t, runs(t, s.Server, "job", "cancel", "nonsense"), 1, nil, []string{"no such job"})
	if err := a.follow(t.Context(), j, true); err != nil || out.String() != "250 failed pushes examined, 250 matched: 250 queued\n" {
		t.Errorf("%v %q", err, out.String())
	}
	checkRun(t, runs(t, s.Server, "job", "cancel", j.ID), 1, nil, []string{"the job has ended"})
	j = order()
	checkRun(t, runs(t, s.Server, "job", "cancel", j.ID), 0, []string{"cancelled: 0 failed pushes examined, 0 matched\n"}, nil)
	if err := a.follow(t.Context(), j, true); outcomeOf(err) != audit.Cancelled {
		t.Error(err)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	got := summary(&jobs.Job{Filter: jobs.Filter{Status: []push.Status{push.Queued}}, Looked: 9, Matched: 7, Changes: map[stream.Change]int64{
		stream.ChangeInFlight: 2, stream.ChangeCancelled: 4, stream.Change(push.Sent): 1}})
	if want := "9 queued pushes examined, 7 matched: 4 cancelled, 2 in hand, 1 sent"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// People's commands end when Redis is away; none claims to have done something.
func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	s.Kill()
	started := map[string]*process{} // beside each other: each waits for a server that is away
	for _, args := range [][]string{
		{"worker", "list"}, {"worker", "pause", "c1"}, {"worker", "resume", "--all"}, {"push", "redrive", "a"}, {"push", "cancel", "--status=queued"},
		{"log", "export"}, {"hold", "list"}, {"hold", "end", "demo"}, {"token", "list"}, {"token", "forget", pushlog.TokenHash("t")},
	} {
		started[strings.Join(args, " ")] = start(t, append([]string{"--redis-url=" + s.URL()}, args...)...)
	}
	for args, p := range started {
		if p.wait(t) != 1 || p.stdout.String() != "" || p.stderr.String() == "" {
			t.Errorf("%s: exit code %d: %q %s", args, p.code, p.stdout.String(), p.stderr.String())
		}
	}
}

// Nor does one that was interrupted.
func TestStoppedCommand(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	s.Kill()
	p := start(t, "--redis-url="+s.URL(), "worker", "pause", "--all")
	p.cancel()
	if p.wait(t) != 1 || p.stdout.String() != "" {
		t.Errorf("exit code %d: %q %s", p.code, p.stdout.String(), p.stderr.String())
	}
}
