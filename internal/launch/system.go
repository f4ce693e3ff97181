package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// System is the processes that a program starts, each with its log in Dir.
type System struct {
	Dir string   // data and logs
	Bin string   // where our programs are
	Env []string // of all that Start and Run start

	mu      sync.Mutex
	running []*Process // in the order of their start
}

// Program is the path of one of our programs.
func (s *System) Program(name string) string { return filepath.Join(s.Bin, name) }

// Start starts one of our programs. Its name is that of its log: the program's, or that
// with a hyphen and more behind it.
func (s *System) Start(name string, env []string, args ...string) (*Process, error) {
	program, _, _ := strings.Cut(name, "-")
	p, err := Start(s.Dir, name, slices.Concat(s.Env, env), s.Program(program), args...)
	if err != nil {
		return nil, err
	}
	s.Track(p)
	return p, nil
}

// Simulator starts fcmsim, which listens on addr, with further environment variables,
// and waits until it answers.
func (s *System) Simulator(ctx context.Context, name, addr string, env ...string) (*Process, error) {
	p, err := s.Start(name, append([]string{"LISTEN_ADDR=" + addr}, env...))
	if err != nil {
		return nil, err
	}
	return p, p.AliveAt(ctx, addr)
}

// Track has a process end with the others. Those that have ended are forgotten.
func (s *System) Track(p *Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = append(slices.DeleteFunc(s.running, (*Process).ended), p)
}

// Running returns what was started, but for what had ended when the last one started.
func (s *System) Running() []*Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.running)
}

// Run runs one of our programs to its end, and returns what it printed.
func (s *System) Run(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.Program(program), args...)
	cmd.Env = append(slices.Concat(os.Environ(), s.Env), "LISTEN_ADDR=127.0.0.1:0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", program, args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return strings.TrimSpace(string(out)), nil
}

// Stop stops everything, in the reverse order of its start; each has so much time.
func (s *System) Stop(timeout time.Duration) error {
	var errs []error
	for _, p := range slices.Backward(s.Running()) {
		errs = append(errs, p.Stop(timeout))
	}
	return errors.Join(errs...)
}

// Kill kills everything that still runs.
func (s *System) Kill() {
	for _, p := range s.Running() {
		p.Kill()
	}
}

func (p *Process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
