package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pushstream/internal/setting"
)

func TestWrongFlags(t *testing.T) {
	t.Parallel()
	for args, says := range map[string][]string{
		"--seconds 0 --kills=-1 --rate 0 --consumers 1 --lease 1ms": {"--seconds", "--kills", "--rate", "--consumers", "--lease"},
		"--appendfsync sometimes":                                   {"--appendfsync"},
		"--no-such":                                                 {"--no-such"},
	} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), strings.Fields(args), &stdout, &stderr); code != setting.ExitUsage {
			t.Errorf("%s: exit code %d", args, code)
		}
		for _, part := range says {
			if !strings.Contains(stderr.String(), part) {
				t.Errorf("%s: nothing about %s in:\n%s", args, part, stderr.String())
			}
		}
	}
}

func TestHelpIsComplete(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"--help"}, &stdout, &stderr); code != setting.ExitOK {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	for _, part := range []string{"--seconds", "--seed", "--kills", "--rate", "--consumers", "--lease", "--appendfsync", "--keep", "$RUN_BIN", "10s"} {
		if !strings.Contains(stdout.String(), part) {
			t.Errorf("no %s in:\n%s", part, stdout.String())
		}
	}
}

// fakeBin is a folder with programs that do nothing but what script says.
func fakeBin(t *testing.T, script string, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, program := range programs {
		if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// If it can't start, it says why and leaves nothing running.
func TestStartFails(t *testing.T) {
	t.Parallel()
	bin := fakeBin(t, "echo the reason; exit 3", "fcmsim")
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"--bin", bin}, &stdout, &stderr); code != setting.ExitFailed {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(stderr.String(), "the reason") || stdout.Len() > 0 {
		t.Errorf("it says %s and %s", stderr.String(), stdout.String())
	}
	_, dir, _ := strings.Cut(stderr.String(), "data and logs in ")
	dir, _, _ = strings.Cut(dir, ")")
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the logs are gone: %v", err)
	}
	_ = os.RemoveAll(dir)
}

// Told to stop, it stops and leaves no folder.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	bin := fakeBin(t, "exec sleep 600", "fcmsim")
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	var stdout, stderr strings.Builder
	if code := run(ctx, []string{"--bin", bin}, &stdout, &stderr); code != setting.ExitFailed || stdout.Len() > 0 {
		t.Errorf("exit code %d, %s", code, stdout.String())
	}
	_, dir, _ := strings.Cut(stderr.String(), "data and logs in ")
	dir, _, _ = strings.Cut(dir, ")")
	if _, err := os.Stat(dir); dir == "" || !os.IsNotExist(err) {
		t.Errorf("%q is left: %v", dir, err)
	}
}
