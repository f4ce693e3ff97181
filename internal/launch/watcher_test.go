package launch

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary itself is the process that starts another and is killed then.
const orphanEnv = "PUSHSTREAM_MAKE_ORPHAN"

// makeOrphan starts a process, with a child of its own, by a way of tying, prints its id,
// and waits to be killed.
func makeOrphan(tie string) {
	cmd := exec.Command("sh", "-c", "sleep 600 & wait")
	start := Tie
	if tie == "watcher" {
		start = tieByWatcher
	}
	if err := start(cmd); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(cmd.Process.Pid)
	_ = cmd.Wait()
	os.Exit(1)
}

// TestTie: what was started dies with the process that started it, even if that is
// killed; by the kernel where it can, and by a watcher elsewhere.
func TestTie(t *testing.T) {
	t.Parallel()
	for _, tie := range []string{"kernel", "watcher"} {
		t.Run(tie, func(t *testing.T) {
			t.Parallel()
			parent := exec.Command(os.Args[0])
			parent.Env = append(os.Environ(), orphanEnv+"="+tie)
			var stderr bytes.Buffer
			parent.Stderr = &stderr
			out, err := parent.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := Tie(parent); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatalf("%v: %s", err, stderr.String())
			}
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Kill(-pid, syscall.SIGKILL) })
			if err := syscall.Kill(pid, 0); err != nil {
				t.Fatalf("it does not run: %v", err)
			}
			_ = parent.Process.Kill()
			_ = parent.Wait()
			for deadline := time.Now().Add(20 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("it lives on without the process that started it")
				}
			}
		})
	}
}

// alive says whether a process runs; what was killed and not yet reaped does not.
func alive(pid int) bool {
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
}
