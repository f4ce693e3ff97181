package e2e

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// TestHangup: SIGHUP, which a closed terminal sends, drains as SIGTERM does: what is
// in flight finishes, the rest is handed back, the name leaves the group, exit code 0.
func TestHangup(t *testing.T) {
	caught := make(chan os.Signal, 1) // else what ignores it here, such as nohup, has the processes ignore it
	signal.Notify(caught, syscall.SIGHUP)
	defer signal.Stop(caught)
	s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 300}}})
	a := s.consumer("consumer-a", "CONSUMER_CONCURRENCY=16")
	serving := []*process{a, s.start("producer", "producer", nil, "serve"), s.start("admin", "admin", nil, "serve")}
	for _, p := range serving[1:] {
		p.addr("requests")
	}
	name := s.workerOf(a)
	all := jobs("push", 300, nil)
	s.load(all)
	s.inHand(name, 16)
	for _, p := range serving {
		if err := p.Signal(syscall.SIGHUP); err != nil {
			t.Error(err)
		}
	}
	for _, p := range serving {
		p.stopped = true
		select {
		case <-p.Done():
		case <-time.After(patience):
			t.Fatalf("%s does not end", p.Name)
		}
		if err := p.Err(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	s.noMember(name)
	s.consumer("consumer-b")
	s.settled(len(all))
	only(s, s.finished(), push.Sent)
	if stats := s.sim.Stats(); stats.Duplicates != 0 || stats.Requests != int64(len(all)) {
		t.Errorf("%d requests, %d duplicates for %d pushes", stats.Requests, stats.Duplicates, len(all))
	}
}

// TestHangupIgnored: nohup starts a process with SIGHUP ignored, and it stays so.
func TestHangupIgnored(t *testing.T) {
	s := setup(t, options{})
	p := s.start("consumer", "sh", []string{"OPS_ADDR=127.0.0.1:0"}, "-c", "trap '' HUP; exec "+filepath.Join(bin, "consumer"))
	p.ready()
	if err := p.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.load(jobs("after", 20, nil))
	s.settled(20)
	p.lives()
}

// TestVersion: every program says what it is, and needs nothing to say it.
func TestVersion(t *testing.T) {
	t.Parallel()
	for program, name := range map[string]string{"producer": "producer", "consumer": "consumer", "admin": "admin",
		"fcmsim": "fcmsim", "storm": "chaos", "stack": "run", "benchmark": "bench"} {
		out, err := exec.Command(filepath.Join(bin, program), "--version").Output()
		text := string(out)
		if err != nil || !strings.HasPrefix(text, name+" ") || !strings.Contains(text, "commit ") || !strings.Contains(text, "go1.") ||
			strings.Count(text, "\n") != 1 {
			t.Errorf("%s --version: %q, %v", program, text, err)
		}
	}
}
