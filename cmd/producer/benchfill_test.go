package main

import (
	"encoding/json"
	"strings"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
)

// filled is the last line of stdout.
func (p *process) filled(t *testing.T) filled {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(p.stdout.String(), "\n"), "\n")
	var f filled
	dec := json.NewDecoder(strings.NewReader(lines[len(lines)-1]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		t.Fatalf("the last line of stdout: %v\nstdout: %s\nstderr: %s", err, p.stdout.String(), p.stderr.String())
	}
	if f.Rows != f.Sent+f.Failed+f.Expired+f.Cancelled {
		t.Errorf("%+v", f)
	}
	return f
}

func TestBenchFill(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.run(t, "bench-fill", "700", "--days=2", "--unfinished=5", "--seed=3")
	f := p.filled(t)
	counts, err := pushlog.New(b.rdb, b.keys).Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := filled{Rows: 700, Sent: int(counts[push.Sent]), Failed: int(counts[push.Failed]), Expired: int(counts[push.Expired]),
		Cancelled: int(counts[push.Cancelled]), Unfinished: int(counts[push.Scheduled]), Seconds: f.Seconds}
	if p.code != 0 || f != in || f.Unfinished != 5 || f.Seconds <= 0 {
		t.Errorf("exit code %d, %+v, in the log are %+v\n%s", p.code, f, in, p.stderr.String())
	}

	p = b.run(t, "bench-fill", "700")
	if p.code != 1 || p.stdout.String() != "" || !strings.Contains(p.stderr.String(), "the log is not empty: push:{0}:index has 705 pushes") {
		t.Errorf("exit code %d, %q: %s", p.code, p.stdout.String(), p.stderr.String())
	}
}

// Ctrl-C leaves what is in, and says how much that is.
func TestBenchFillStopped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.start(t, strings.NewReader(""), "bench-fill", "100000000", "--unfinished=5")
	eventually(t, "something is in", func() bool { return b.rdb.ZCard(t.Context(), "push:{0}:index").Val() > 0 })
	p.cancel()
	p.wait(t)
	n := int(b.rdb.ZCard(t.Context(), "push:{0}:index").Val())
	if f := p.filled(t); p.code != 1 || f.Rows != n || f.Unfinished != 0 || !strings.Contains(p.stderr.String(), "producer: stopped") {
		t.Errorf("exit code %d, %+v, in the log are %d: %s", p.code, f, n, p.stderr.String())
	}
}

func TestBenchFillMistakes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.run(t, "bench-fill", "0", "--days=401", "--unfinished=-1", "--seed=x")
	if p.code != setting.ExitUsage {
		t.Errorf("exit code %d", p.code)
	}
	for _, name := range []string{"N: ", "--days: ", "--unfinished: ", "--seed: "} {
		if !strings.Contains(p.stderr.String(), name) {
			t.Errorf("no word of %s in %s", name, p.stderr.String())
		}
	}
	if p := b.run(t, "bench-fill"); p.code != setting.ExitUsage {
		t.Errorf("without a number: exit code %d", p.code)
	}
}
