package main

import (
	"slices"
	"strings"
	"testing"

	"pushstream/internal/setting"
)

// Whoever starts the process sees every mistake at once, by the name of the
// variable, and nobody the password.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	args := []string{
		"--redis-url=redis://:hunter2/more@host:6379", "--prefix={x}", "--partitions=0", "--log-level=loud", "--zone=Seoul", "--max-backlog=-1", "--max-scheduled=x",
		"serve", "--listen-addr=8081", "--ops-addr=x", "--max-body=1", "--max-jobs=0", "--max-requests=many",
	}
	var stdout, stderr output
	code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	text := stderr.String()
	for _, name := range variables {
		if strings.Count(text, "\n"+name+": ") != 1 {
			t.Errorf("%s is not named, or not once", name)
		}
	}
	if code != setting.ExitUsage || stdout.String() != "" || strings.Contains(text, "hunter2") || strings.Contains(text, "more@") {
		t.Errorf("exit code %d: %q\n%s", code, stdout.String(), text)
	}
}

func TestMistakesFromTheEnvironment(t *testing.T) {
	wrong := map[string]string{"REDIS_URL": "redis://:hunter2@host:port", "MAX_BACKLOG": "lots", "PUSH_ZONE": ""}
	for name, value := range wrong {
		t.Setenv(name, value)
	}
	var stdout, stderr output
	if code := run(t.Context(), []string{"load", "-"}, strings.NewReader(""), &stdout, &stderr); code != setting.ExitUsage {
		t.Errorf("exit code %d", code)
	}
	for name := range wrong {
		if !strings.Contains(stderr.String(), name+": ") {
			t.Errorf("%s is not named: %s", name, stderr.String())
		}
	}
	if strings.Contains(stderr.String(), "hunter2") {
		t.Errorf("the password is printed: %s", stderr.String())
	}
}

// Neither in logs, nor when the connection fails, nor in --help.
func TestPasswordIsNeverPrinted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.rdb.ConfigSet(t.Context(), "requirepass", "right")
	for _, args := range [][]string{
		{"--redis-url=unix://:hunter2@" + b.redis.Socket, "--log-level=debug", "send", "--device-id=t", "--title=x"},
		{"--redis-url=unix://:hunter2@" + b.redis.Socket, "--help"},
	} {
		var stdout, stderr output
		code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
		if text := stdout.String() + stderr.String(); strings.Contains(text, "hunter2") || text == "" {
			t.Errorf("%q: exit code %d: %s", args, code, text)
		}
	}
}

func TestHelpListsEveryVariable(t *testing.T) {
	t.Setenv("REDIS_URL", "redis://:hunter2@host")
	help := func(args ...string) string {
		var stdout, stderr output
		if code := run(t.Context(), append(args, "--help"), strings.NewReader(""), &stdout, &stderr); code != 0 || stderr.String() != "" {
			t.Errorf("%q: exit code %d: %s", args, code, stderr.String())
		}
		return stdout.String()
	}
	all := help() + help("serve")
	for _, name := range variables {
		if !strings.Contains(all, "$"+name) {
			t.Errorf("no word of %s", name)
		}
	}
	for _, command := range []string{"load", "send", "serve", "bench-fill"} {
		if !strings.Contains(help(), command) {
			t.Errorf("no word of %s", command)
		}
	}
	for _, flag := range []string{"--format", "--rejects", "--batch"} {
		if !strings.Contains(help("load"), flag) {
			t.Errorf("no word of %s", flag)
		}
	}
	if text := all + help("load") + help("send"); strings.Contains(text, "hunter2") {
		t.Error("the password is printed")
	}
}

func TestVariablesAreThoseOfTheFlags(t *testing.T) {
	t.Parallel()
	if len(slices.Compact(slices.Sorted(slices.Values(variables)))) != 12 {
		t.Error(variables)
	}
}

func TestWrongCommands(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"jump"}, {"--colour"}, {"serve", "more"}} {
		var stdout, stderr output
		if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != setting.ExitUsage || stdout.String() != "" {
			t.Errorf("%q: exit code %d: %s", args, code, stderr.String())
		}
	}
}
