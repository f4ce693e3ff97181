package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// lines are n lines of NDJSON with the ids 0 to n-1.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(job(fmt.Sprint(i)) + "\n")
	}
	return b.String()
}

// drain takes everything off the stream, as a consumer would.
func (b *bundle) drain(t *testing.T) int {
	t.Helper()
	entries := []string{}
	for _, m := range b.rdb.XRange(t.Context(), "push:{0}:jobs", "-", "+").Val() {
		entries = append(entries, m.ID)
	}
	if len(entries) > 0 {
		b.rdb.XDel(t.Context(), "push:{0}:jobs", entries...)
	}
	return len(entries)
}

// A full backlog is waited out: nothing is lost, and never are there more.
func TestLoadWaitsForRoom(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const limit, n = 100, 350
	p := b.start(t, nil, "--max-backlog=100", "load", b.file(t, "jobs.ndjson", lines(n)))
	drained := 0
	eventually(t, "a full backlog", func() bool { return strings.Contains(p.stderr.String(), "the backlog is full: ") })
	if got := len(b.onStream(t)); got != limit || !p.running() {
		t.Errorf("%d jobs are taken, running: %v", got, p.running())
	}
	eventually(t, "the end", func() bool {
		one := b.drain(t)
		if drained += one; one > limit {
			t.Errorf("%d jobs at once", one)
		}
		return !p.running()
	})
	p.wait(t)
	p.counts(t, n, n, 0, 0)
	if drained += b.drain(t); drained != n || len(b.records(t)) != n {
		t.Errorf("%d jobs, %d records", drained, len(b.records(t)))
	}
}

// A Redis without memory for more is waited out like a full backlog.
func TestLoadWaitsForMemory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n = 1000
	b.run(t, "send", "--device-id=t", "--title=x") // a store in use
	b.rdb.ConfigSet(t.Context(), "maxmemory", "1")
	r, w := io.Pipe()
	p := b.start(t, r, "load", "-", "--encoding=utf-8", "--batch=b", "--rejects", filepath.Join(b.dir, "rejects"))
	go func() {
		_, _ = io.WriteString(w, lines(n))
		w.Close()
	}()
	eventually(t, "waiting", func() bool { return strings.Contains(p.stderr.String(), "waiting") || !p.running() })
	b.rdb.ConfigSet(t.Context(), "maxmemory", "0")
	p.wait(t)
	p.counts(t, n, n, 0, 0)
}

// Redis is killed while lines come in, and starts again with what it wrote
// down: every line is accepted, and once.
func TestLoadOverARestartOfRedis(t *testing.T) {
	t.Parallel()
	b := setup(t, "--appendonly", "yes", "--appendfsync", "always")
	const n = 12_000
	all := strings.SplitAfter(strings.TrimSuffix(lines(n), "\n"), "\n")
	r, w := io.Pipe()
	p := b.start(t, r, "load", "-", "--encoding=utf-8", "--batch=b", "--rejects", filepath.Join(b.dir, "rejects"))
	feed := func(from, to int) {
		if _, err := io.WriteString(w, strings.Join(all[from:to], "")); err != nil {
			t.Error(err)
		}
	}
	accepted := func() int64 { return b.rdb.ZCard(t.Context(), "push:{0}:index").Val() }
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		feed(0, n) // it blocks while Redis is away
		w.Close()
	}()
	eventually(t, "a part of the import", func() bool { return accepted() > 500 })
	b.redis.Kill()
	if !p.running() {
		t.Fatal("it was done before")
	}
	eventually(t, "waiting", func() bool { return strings.Contains(p.stderr.String(), "waiting for Redis") })
	b.redis.Start(t)
	<-fed
	p.wait(t)
	// What was accepted in the moment of the kill is told as repeated.
	if s := p.summary(t); p.code != 0 || s.Lines != n || s.Accepted+s.Repeated != n || s.Rejected != 0 {
		t.Errorf("exit code %d, %+v", p.code, s)
	}
	stream := b.onStream(t)
	slices.Sort(stream)
	if len(stream) != n || len(slices.Compact(stream)) != n || len(b.records(t)) != n {
		t.Errorf("%d entries of %d jobs, %d records; want %d of each", len(stream), len(slices.Compact(stream)), len(b.records(t)), n)
	}
}

// checkStopped wants the end that ctx asked for: exit code 1, the summary last.
func checkStopped(t *testing.T, p *process) {
	t.Helper()
	p.cancel()
	if code := p.wait(t); code != 1 || !strings.HasSuffix(p.stderr.String(), "producer: stopped\n") {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

func TestLoadIsStopped(t *testing.T) {
	t.Parallel()
	t.Run("while the backlog is full", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.start(t, nil, "--max-backlog=5", "load", b.file(t, "jobs.ndjson", lines(5000)))
		eventually(t, "a full backlog", func() bool { return strings.Contains(p.stderr.String(), "the backlog is full: ") })
		checkStopped(t, p)
		if s := p.summary(t); s.Accepted != 5 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("while Redis is away", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.redis.Kill()
		p := b.start(t, nil, "load", b.file(t, "jobs.ndjson", lines(5)))
		eventually(t, "waiting", func() bool { return strings.Contains(p.stderr.String(), "waiting for Redis") })
		checkStopped(t, p)
	})
	t.Run("while nobody types", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		r, w := io.Pipe()
		defer w.Close() // the goroutine that reads it ends
		p := b.start(t, r, "load", "-", "--encoding=utf-8", "--batch=b", "--rejects", filepath.Join(b.dir, "rejects"))
		if _, err := io.WriteString(w, job("a")); err != nil { // read: the command is there
			t.Fatal(err)
		}
		checkStopped(t, p)
	})
	t.Run("while a pipe is silent in the middle", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		r, w := io.Pipe()
		defer w.Close()
		p := b.start(t, r, "load", "-", "--encoding=utf-8", "--batch=b", "--rejects", filepath.Join(b.dir, "rejects"))
		if _, err := io.WriteString(w, lines(3000)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a part of the import", func() bool { return len(b.onStream(t)) > 0 })
		checkStopped(t, p)
		if s := p.summary(t); s.Accepted > len(b.onStream(t)) {
			t.Errorf("%+v, %d jobs", s, len(b.onStream(t)))
		}
	})
}

// A file that can't be read to its end is no success; what was read is in.
func TestLoadOfABrokenFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := io.MultiReader(strings.NewReader(lines(2000)), iotest.ErrReader(errors.New("the disk is gone")))
	p := b.start(t, r, "load", "-", "--encoding=utf-8", "--batch=b", "--rejects", filepath.Join(b.dir, "rejects"))
	if code := p.wait(t); code != 1 || !strings.Contains(p.stderr.String(), "read line 2001: the disk is gone") {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	if s := p.summary(t); s.Accepted != 2000 || len(b.records(t)) != 2000 {
		t.Errorf("%+v, %d records", s, len(b.records(t)))
	}
}

// A Redis that may throw pushes away is handed none.
func TestUnfitRedis(t *testing.T) {
	t.Parallel()
	b := setup(t, "--maxmemory-policy", "allkeys-lru")
	for _, args := range [][]string{
		{"load", b.file(t, "jobs.ndjson", lines(5))}, {"send", "--device-id=t", "--title=x"}, {"serve", "--listen-addr=127.0.0.1:0"},
	} {
		p := b.run(t, args...)
		if p.code != 1 || !strings.Contains(p.stderr.String(), "noeviction") {
			t.Errorf("%s: exit code %d: %s", args[0], p.code, p.stderr.String())
		}
	}
	b.checkIDs(t)
}
