// Package faketime gives a process that this one starts, above all redis-server, a wall
// clock that can be stepped while it runs: as NTP, a resumed machine or a failover to a
// replica with another clock does. It is for tests, and for scripts/storm:
//
//	clock, err := faketime.New(dir)             // ErrUnavailable where it can't be had
//	process, err := launch.RedisWith(ctx, dir, addr, clock.Env())
//	err = clock.Set(-10 * time.Minute)          // from now on it is ten minutes behind
//
// In tests, redistest.NewSteppable does all of that. A Go program asks the kernel
// without libc, and does not notice.
package faketime

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

//go:embed preload/clock.c
var source []byte

// ErrUnavailable says that this machine has no C compiler, or no LD_PRELOAD.
var ErrUnavailable = errors.New("a steppable clock needs Linux and a C compiler (cc)")

// Clock is the clock of the processes that were started with its Env.
type Clock struct{ library, file string }

// New compiles the library in dir, which must outlive the processes. The clock is that
// of the machine until Set.
func New(dir string) (*Clock, error) {
	cc, err := exec.LookPath("cc")
	if err != nil || runtime.GOOS != "linux" {
		return nil, ErrUnavailable
	}
	c := &Clock{library: filepath.Join(dir, "clock.so"), file: filepath.Join(dir, "clock.shift")}
	code := filepath.Join(dir, "clock.c")
	if err := os.WriteFile(code, source, 0o600); err != nil {
		return nil, fmt.Errorf("write the clock's source: %w", err)
	}
	if out, err := exec.Command(cc, "-shared", "-fPIC", "-O2", "-o", c.library, code).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile the clock: %w\n%s", err, out)
	}
	return c, c.Set(0)
}

// Env are the variables that give a process this clock.
func (c *Clock) Env() []string {
	return []string{"LD_PRELOAD=" + c.library, "PUSHSTREAM_CLOCK=" + c.file}
}

// Set puts the clock ahead of the machine's, or behind it if ahead is negative.
func (c *Clock) Set(ahead time.Duration) error {
	file, err := os.OpenFile(c.file, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	// In one write, and in place: the processes have mapped it.
	_, err = file.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(ahead.Nanoseconds())), 0)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	return nil
}
