// Package prometheus holds the alert rules; this tests them with Prometheus's own tool.
package prometheus

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// rule is an alert or a recording rule.
type rule struct {
	Alert       string
	Record      string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

func rules(t *testing.T) (alerts, records []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	read(t, "rules.yml", &file)
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				alerts = append(alerts, r)
			} else {
				records = append(records, r)
			}
		}
	}
	if len(alerts) < 30 || len(records) == 0 {
		t.Fatalf("%d alerts, %d records: the file has another form", len(alerts), len(records))
	}
	return alerts, records
}

// cases are the tests of rules_test.yml.
func cases(t *testing.T) (file map[string]any, all []map[string]any) {
	t.Helper()
	read(t, "rules_test.yml", &file)
	list, _ := file["tests"].([]any)
	for _, one := range list {
		all = append(all, one.(map[string]any))
	}
	return file, all
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// promtool is where Prometheus's tool is: in the PATH, or where scripts/setup puts it.
func promtool(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("promtool"); err == nil {
		return path
	}
	path, err := filepath.Abs("../../bin/promtool")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Skipf("promtool is needed; scripts/test fetches it: %v", err)
	}
	return path
}

// Each case of rules_test.yml, as a test of its own.
func TestRules(t *testing.T) {
	t.Parallel()
	tool := promtool(t)
	if out, err := exec.CommandContext(t.Context(), tool, "check", "rules", "--lint-fatal", "rules.yml").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	file, all := cases(t)
	absolute, err := filepath.Abs("rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range all {
		t.Run(fmt.Sprint(one["name"]), func(t *testing.T) {
			t.Parallel()
			text, err := yaml.Marshal(map[string]any{"rule_files": []string{absolute}, "evaluation_interval": file["evaluation_interval"], "tests": []any{one}})
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), fmt.Sprint(i, ".yml"))
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), tool, "test", "rules", path).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// Each alert says how bad it is, what happens, and what to do; and has a case in which it
// fires, and one in which it does not.
func TestEveryAlertIsWhole(t *testing.T) {
	t.Parallel()
	alerts, _ := rules(t)
	_, all := cases(t)
	tested := map[string]int{}
	for _, one := range all {
		alert, what, _ := strings.Cut(fmt.Sprint(one["name"]), " ")
		kind, _, _ := strings.Cut(what, ":")
		tested[alert+" "+kind]++
	}
	names := map[string]bool{}
	for _, a := range alerts {
		if names[a.Alert] {
			t.Errorf("%s is there twice", a.Alert)
		}
		names[a.Alert] = true
		if !slices.Contains([]string{"critical", "warning", "info"}, a.Labels["severity"]) {
			t.Errorf("%s: severity %q", a.Alert, a.Labels["severity"])
		}
		for _, name := range []string{"summary", "description", "runbook"} {
			if a.Annotations[name] == "" {
				t.Errorf("%s has no %s", a.Alert, name)
			}
		}
		for _, kind := range []string{"fires", "does not fire"} {
			if tested[a.Alert+" "+kind] == 0 {
				t.Errorf("no case in which %s %s", a.Alert, kind)
			}
			delete(tested, a.Alert+" "+kind)
		}
	}
	for name := range tested {
		t.Errorf("a case of no alert: %s", name)
	}
}

var metricName = regexp.MustCompile(`pushstream[_:][a-z0-9_:]+`)

// A rule about a metric that no process shows would never fire.
func TestRulesUseMetricsThatExist(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(pushstream_[a-z_]+)`").FindAllStringSubmatch(string(page), -1) {
		known[m[1]] = true
	}
	alerts, records := rules(t)
	for _, r := range records {
		known[r.Record] = true
	}
	for _, r := range append(alerts, records...) {
		for _, name := range metricName.FindAllString(r.Expr, -1) {
			if !known[name] {
				t.Errorf("%s%s: docs/metrics.md has no %s", r.Alert, r.Record, name)
			}
		}
	}
}

// Whom an alert wakes finds it in the operator's page, and the page has no other.
func TestAlertsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## Alerts\n")
	if !found {
		t.Fatal("docs/operations.md has no section Alerts, which runbook links to")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(Pushstream[A-Za-z]+)` \\|").FindAllStringSubmatch(section, -1) {
		documented[m[1]] = true
	}
	alerts, _ := rules(t)
	for _, a := range alerts {
		if !documented[a.Alert] {
			t.Errorf("the page lacks %s", a.Alert)
		}
		if a.Annotations["runbook"] != "docs/operations.md#alerts" {
			t.Errorf("%s: %s", a.Alert, a.Annotations["runbook"])
		}
		delete(documented, a.Alert)
	}
	for name := range documented {
		t.Errorf("the page has %s, which is no rule", name)
	}
}
