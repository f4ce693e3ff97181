package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documented are the metrics that docs/metrics.md says a binary has.
func documented(t *testing.T, binary string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	row := regexp.MustCompile("^\\| `(pushstream_[a-z_]+)` \\|([^|]*)\\|")
	section := ""
	for line := range strings.Lines(string(text)) {
		if title, is := strings.CutPrefix(line, "## "); is {
			section = strings.TrimSpace(title)
		}
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		switch {
		case section == "Of every process",
			section == "Of a consumer" && binary == "consumer",
			section == "Of producer and admin" && strings.Contains(m[2], binary):
			names[m[1]] = true
		}
	}
	return names
}

// shown are the metrics of a scrape, and their labels.
func shown(text string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		if name, is := strings.CutPrefix(line, "# TYPE pushstream_"); is {
			name, _, _ = strings.Cut(name, " ")
			names["pushstream_"+name] = true
		}
	}
	return names
}

// TestMetricsPage: each binary shows the metrics that docs/metrics.md says, all of them
// and no others, and Prometheus's own tool finds nothing to say against them.
func TestMetricsPage(t *testing.T) {
	s := setup(t, options{})
	consumer := s.consumer("consumer", "CONSUMER_NAME=consumer-1")
	for _, p := range []*process{consumer, s.producer("OPS_ADDR=127.0.0.1:0"), s.admin("OPS_ADDR=127.0.0.1:0")} {
		status, body, err := get("http://"+p.ops()+"/metrics", "")
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %v", p.Name, status, err)
		}
		got, want := shown(string(body)), documented(t, p.Name)
		if len(want) < 15 {
			t.Fatalf("the page names %d metrics of %s: it has another form", len(want), p.Name)
		}
		for name := range want {
			if !got[name] {
				t.Errorf("%s does not show %s", p.Name, name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(got)) {
			if !want[name] {
				t.Errorf("docs/metrics.md lacks %s of %s", name, p.Name)
			}
		}
		t.Run("promtool check metrics, "+p.Name, func(t *testing.T) {
			tool, err := promtool()
			if err != nil {
				t.Skip(err)
			}
			cmd := exec.CommandContext(t.Context(), tool, "check", "metrics")
			cmd.Stdin = strings.NewReader(string(body))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// promtool is where Prometheus's tool is: in the PATH, or where scripts/setup puts it.
func promtool() (string, error) {
	if path, err := exec.LookPath("promtool"); err == nil {
		return path, nil
	}
	path, err := filepath.Abs("../bin/promtool")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return "", fmt.Errorf("promtool is needed; scripts/test fetches it: %w", err)
	}
	return path, nil
}

// TestAllConsumersKilled: what nobody sends, and that no consumer lives, is seen at the
// producer and the admin.
func TestAllConsumersKilled(t *testing.T) {
	s := setup(t, options{})
	producer, admin := s.producer("OPS_ADDR=127.0.0.1:0"), s.admin("OPS_ADDR=127.0.0.1:0")
	consumer := s.consumer("consumer", "CONSUMER_NAME=consumer-1")
	for _, p := range []*process{producer, admin} {
		eventually(t, patience, p.Name+" to see the consumer", func() error {
			if got := p.metrics(); got[`pushstream_workers{state="running"}`] != 1 || got[`pushstream_redis_up`] != 1 {
				return fmt.Errorf("%v", got)
			}
			return nil
		})
	}
	consumer.stopped = true // not by us, in order
	consumer.Kill()
	s.load(jobs("waits", 10, nil))
	for _, p := range []*process{producer, admin} {
		eventually(t, patience, p.Name+" to see that it is lost", func() error {
			got := p.metrics()
			if got[`pushstream_workers{state="running"}`] != 0 || got[`pushstream_workers{state="lost"}`] != 1 ||
				got[`pushstream_backlog{lane="normal",state="unread"}`] != 10 {
				return fmt.Errorf("%v", got)
			}
			return nil
		})
	}
	s.redis.Kill()
	for _, p := range []*process{producer, admin} {
		eventually(t, patience, p.Name+" to say that Redis is away", func() error {
			got := p.metrics()
			if up, there := got["pushstream_redis_up"]; !there || up != 0 || got[`pushstream_ready{check="redis"}`] != 0 {
				return fmt.Errorf("%v", got)
			}
			return nil
		})
	}
	s.redis.Start(t)
	s.consumer("another", "CONSUMER_NAME=consumer-1")
	s.settled(10)
}
