package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Process is one running process. What it prints goes to <dir>/<name>.log.
type Process struct {
	Name string
	Log  string // path
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended, once done is closed
}

// Start starts a program in dir with further environment variables.
func Start(dir, name string, env []string, program string, args ...string) (*Process, error) {
	path := filepath.Join(dir, name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer log.Close() // the child has its own
	p := &Process{Name: name, Log: path, cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := Tie(p.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the process ended: nil is exit code 0. It waits for the end.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Signal sends a signal; that the process is gone is no error.
func (p *Process) Signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.Name, err)
	}
	return nil
}

// Stop asks the process to end, and kills it after timeout; then it returns an
// error, as it does if the process ended with another exit code than 0.
func (p *Process) Stop(timeout time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-time.After(timeout):
		p.Kill()
		return fmt.Errorf("%s did not stop within %v and was killed", p.Name, timeout)
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w", p.Name, p.err)
	}
	return nil
}

// Kill ends the process at once.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may be gone
	<-p.done
}

// Tail returns the last lines of what the process printed, for error messages.
func (p *Process) Tail() string {
	b, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-15):], []byte("\n")))
}

// Ready waits until ok returns nil, the process has ended, or ctx has.
func (p *Process) Ready(ctx context.Context, ok func(context.Context) error) error {
	for {
		err := ok(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended at once:\n%s", p.Name, p.Tail())
		case <-ctx.Done():
			return fmt.Errorf("%s does not become ready (%w):\n%s", p.Name, err, p.Tail())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// ReadyAt waits until http://addr/readyz answers 200.
func (p *Process) ReadyAt(ctx context.Context, addr string) error { return p.ok(ctx, addr, "/readyz") }

// AliveAt waits until http://addr/healthz answers 200.
func (p *Process) AliveAt(ctx context.Context, addr string) error { return p.ok(ctx, addr, "/healthz") }

func (p *Process) ok(ctx context.Context, addr, path string) error {
	client := http.Client{Timeout: 5 * time.Second}
	return p.Ready(ctx, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // only for the message
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", resp.Status, bytes.TrimSpace(body))
		}
		return nil
	})
}

// given are the ports that FreeAddr has handed out: until they are listened on,
// the kernel may offer them again.
var given sync.Map

// FreeAddr returns an address of loopback whose port was free a moment ago, and
// never the same one twice.
func FreeAddr() (string, error) {
	for range 100 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", fmt.Errorf("find a free port: %w", err)
		}
		addr := ln.Addr().String()
		ln.Close()
		if _, before := given.LoadOrStore(addr, true); !before {
			return addr, nil
		}
	}
	return "", errors.New("find a free port: every one was handed out before")
}
