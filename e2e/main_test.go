package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// bin is the folder of the binaries.
var bin string

// mark is a variable that every process inherits from this one.
const mark = "PUSHSTREAM_E2E"

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	// What is set on this machine must not reach the processes.
	for _, name := range []string{
		"REDIS_URL", "PUSH_PREFIX", "PUSH_PARTITIONS", "PUSH_ZONE", "FCM_PROJECT_ID", "GOOGLE_APPLICATION_CREDENTIALS",
		"FCM_ENDPOINT", "CONSUMER_CONCURRENCY", "CONSUMER_LEASE", "RETRY_MIN_DELAY", "LISTEN_ADDR", "OPS_ADDR", "LOG_LEVEL",
		"MAX_BACKLOG", "MAX_SCHEDULED", "APNS_SOUND", "RUN_DIR", "RUN_BIN", "REDIS_PORT", "FCMSIM_PORT", "PRODUCER_PORT", "ADMIN_PORT", "FCMSIM_CONFIG",
	} {
		os.Unsetenv(name)
	}
	os.Setenv(mark, strconv.Itoa(os.Getpid()))
	dir, err := os.MkdirTemp("", "pushstream-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if built := os.Getenv("PUSHSTREAM_BIN"); built != "" { // by scripts/test, of the same source
		bin = built
		return runAll(m)
	}
	bin = filepath.Join(dir, "bin")
	build := exec.Command("go", "build", "-o", bin+string(filepath.Separator), "./cmd/...", "./scripts/...")
	build.Dir, build.Stdout, build.Stderr = "..", os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		return 1
	}
	return runAll(m)
}

// runAll runs the tests, which must leave neither process nor goroutine.
func runAll(m *testing.M) int {
	code := m.Run()
	if left := running(ours); len(left) > 0 {
		fmt.Fprintln(os.Stderr, "left running:", left)
		code = max(code, 1)
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

// running lists the processes that live and that match says are meant, this
// one aside.
func running(match func(parent int, env []string, cwd string) bool) []string {
	var found []string
	self := os.Getpid()
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == self {
			continue
		}
		at := filepath.Join("/proc", e.Name())
		stat, err := os.ReadFile(filepath.Join(at, "stat")) // pid (name) state ppid …
		if err != nil {
			continue // it has just ended
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 2 || fields[0] == "Z" || fields[0] == "X" {
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		env, _ := os.ReadFile(filepath.Join(at, "environ"))
		cwd, _ := os.Readlink(filepath.Join(at, "cwd"))
		if match(parent, strings.Split(string(env), "\x00"), cwd) {
			command, _ := os.ReadFile(filepath.Join(at, "cmdline"))
			found = append(found, e.Name()+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}

// ours are the children of this process, and what they started.
func ours(parent int, env []string, _ string) bool {
	return parent == os.Getpid() || slices.Contains(env, mark+"="+os.Getenv(mark))
}

// eventually waits until ok returns nil, at most for within, which should be
// far more than a healthy system needs.
func eventually(t testing.TB, within time.Duration, what string, ok func() error) {
	t.Helper()
	end := time.Now().Add(within)
	for {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s: %v", within, what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
