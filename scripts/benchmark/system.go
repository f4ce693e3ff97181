package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/launch"
)

// system is fcmsim over TLS and some consumers, as processes.
type system struct {
	launch.System
	sim       string // address of its plain port
	consumers []*launch.Process
}

// system starts fcmsim and n consumers.
func (p *pipeline) system(ctx context.Context, n int) (_ *system, err error) {
	s := &system{System: launch.System{Dir: p.dir, Bin: p.bin}, consumers: make([]*launch.Process, n)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	var tls string
	for _, addr := range []*string{&s.sim, &tls} {
		if *addr, err = launch.FreeAddr(); err != nil {
			return nil, err
		}
	}
	cert := filepath.Join(p.dir, "fcmsim.pem")
	wait, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if _, err = s.Simulator(wait, "fcmsim", s.sim, "TLS_LISTEN_ADDR="+tls, "TLS_CERT_FILE="+cert); err != nil {
		return nil, err
	}
	s.Env = []string{"LOG_MAX_AGE=0", "LOG_PACK_AFTER=" + packAfter.String(), "REDIS_URL=" + p.url, "FCM_ENDPOINT=https://" + tls, "FCM_PROJECT_ID=bench", "SSL_CERT_FILE=" + cert}
	for i := range s.consumers {
		if err := s.start(ctx, i); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// start starts the ith consumer and waits until it is ready.
func (s *system) start(ctx context.Context, i int) (err error) {
	addr, err := launch.FreeAddr()
	if err != nil {
		return err
	}
	if s.consumers[i], err = s.Start("consumer", []string{"OPS_ADDR=" + addr}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return s.consumers[i].ReadyAt(ctx, addr)
}

// stop stops the consumers, then fcmsim.
func (s *system) stop() error { return s.Stop(30 * time.Second) }

// processCPU is the CPU time of a process so far, in seconds (Linux: ticks of
// 10 ms).
func processCPU(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100, err
}
