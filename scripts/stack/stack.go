package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/launch"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 40 * time.Second // a consumer lets what is in flight finish
)

// stack is everything that runs.
type stack struct {
	launch.System
	cli            *cli
	stdout, stderr io.Writer
	redis, sim     string // addresses
	producer       string
	admin          string
	locked         *os.File // keeps other runs out of the folder; nil with --once, whose folder is new
}

// newStack settles folder and addresses; nothing runs yet.
func newStack(c *cli, stdout, stderr io.Writer) (*stack, error) {
	s := &stack{System: launch.System{Bin: c.Bin}, cli: c, stdout: stdout, stderr: stderr}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	file := c.File
	if c.Once != "" {
		file = c.Once
	}
	if _, err := os.Stat(file); file != "" && err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	if c.Once != "" {
		dir, err = os.MkdirTemp(dir, "once-")
	} else {
		s.locked, err = lock(dir)
	}
	if err != nil {
		return nil, err
	}
	s.Dir = dir
	for _, a := range []struct {
		addr            *string
		port, otherwise int
	}{{&s.redis, c.RedisPort, 6390}, {&s.sim, c.FCMSimPort, 8090}, {&s.producer, c.ProducerPort, 8081}, {&s.admin, c.AdminPort, 8080}} {
		switch {
		case a.port != 0:
			a.otherwise = a.port
		case c.Once != "":
			if *a.addr, err = launch.FreeAddr(); err != nil {
				return nil, err
			}
			continue
		}
		*a.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(a.otherwise))
	}
	s.Env = []string{"REDIS_URL=redis://" + s.redis + "/0", "OPS_ADDR=", "LISTEN_ADDR=", "BASE_PATH=/"}
	if s.real() {
		s.Env = append(s.Env, "FCM_ENDPOINT=", "FCM_PROJECT_ID="+c.ProjectID,
			"GOOGLE_APPLICATION_CREDENTIALS="+c.Credentials, "RETRY_MIN_DELAY="+cmp.Or(c.MinDelay, "10s"))
	} else {
		s.Env = append(s.Env, "FCM_ENDPOINT=http://"+s.sim, "FCM_PROJECT_ID=demo",
			"GOOGLE_APPLICATION_CREDENTIALS=", "RETRY_MIN_DELAY="+cmp.Or(c.MinDelay, "1s"))
	}
	return s, nil
}

// real says that pushes go to FCM itself.
func (s *stack) real() bool { return s.cli.ProjectID != "" && s.cli.Credentials != "" }

func (s *stack) say(format string, args ...any) { fmt.Fprintf(s.stderr, format+"\n", args...) }

// start starts everything, each when what it needs is ready.
func (s *stack) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for _, addr := range []string{s.redis, s.sim, s.producer, s.admin} {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("%w (REDIS_PORT, FCMSIM_PORT, PRODUCER_PORT and ADMIN_PORT choose others)", err)
		}
		ln.Close()
	}
	redis, err := launch.Redis(ctx, filepath.Join(s.Dir, "redis"), s.redis)
	if err != nil {
		return err
	}
	s.Track(redis)
	if !s.real() {
		if _, err := s.Simulator(ctx, "fcmsim", s.sim); err != nil {
			return err
		}
	}
	if err := s.launch(ctx, "producer", s.producer, "LISTEN_ADDR="+s.producer); err != nil {
		return err
	}
	for _, name := range []string{"consumer-1", "consumer-2"} {
		addr, err := launch.FreeAddr()
		if err != nil {
			return err
		}
		if err := s.launch(ctx, name, addr, "OPS_ADDR="+addr, "CONSUMER_NAME="+name); err != nil {
			return err
		}
	}
	password, err := s.password()
	if err != nil {
		return err
	}
	return s.launch(ctx, "admin", s.admin, "LISTEN_ADDR="+s.admin, "ADMIN_USER="+adminUser, "ADMIN_PASSWORD="+password)
}

// adminUser is the first administrator.
const adminUser = "admin"

// password is the first administrator's: made once, and kept beside the data, since
// it counts only as long as there is no user.
func (s *stack) password() (string, error) {
	file := filepath.Join(s.Dir, passwordFile)
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		b = []byte(rand.Text())
		err = os.WriteFile(file, b, 0o600)
	}
	return string(b), err
}

const passwordFile = "admin-password"

// launch starts one of our own programs and waits until it is ready at addr.
func (s *stack) launch(ctx context.Context, name, addr string, env ...string) error {
	var args []string
	if name == "producer" || name == "admin" {
		args = []string{"serve"}
	}
	p, err := s.Start(name, env, args...)
	if err != nil {
		return err
	}
	return p.ReadyAt(ctx, addr)
}

// stop stops everything in the reverse order of its start.
func (s *stack) stop() error {
	err := s.Stop(stopTimeout)
	if s.locked != nil {
		err = errors.Join(err, s.locked.Close())
	}
	return err
}

// imported is the last line of producer load.
type imported struct {
	Accepted int `json:"accepted"`
	Repeated int `json:"repeated"`
	Conflict int `json:"conflict"`
	Rejected int `json:"rejected"`
}

// load imports a file, its progress going to stderr, rejected lines to a file
// in the folder dir.
func (s *stack) load(ctx context.Context, file, dir string) (imported, error) {
	name := filepath.Base(file)
	rejects := filepath.Join(dir, name+".rejected"+strings.ToLower(filepath.Ext(strings.TrimSuffix(name, ".gz"))))
	cmd := exec.CommandContext(ctx, s.Program("producer"), "load", "--rejects", rejects, file)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), s.Env[0], "LISTEN_ADDR=127.0.0.1:0")
	cmd.Stderr = s.stderr
	var in imported
	out, err := cmd.Output()
	if err != nil {
		return in, fmt.Errorf("import: %w", err)
	}
	if err := json.Unmarshal(bytes.TrimSpace(out), &in); err != nil {
		return in, fmt.Errorf("import: %w", err)
	}
	return in, nil
}
