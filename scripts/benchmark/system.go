package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/launch"
)

// system is fcmsim over TLS and one consumer, as processes.
type system struct {
	sim      string // address of its plain port
	consumer *launch.Process
	stop     func() error
}

func (p *pipeline) system(ctx context.Context) (_ *system, err error) {
	var running []*launch.Process
	stop := func() error {
		var errs []error
		for _, r := range slices.Backward(running) {
			errs = append(errs, r.Stop(30*time.Second))
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, stop())
		}
	}()
	var addrs [3]string
	for i := range addrs {
		if addrs[i], err = launch.FreeAddr(); err != nil {
			return nil, err
		}
	}
	cert := filepath.Join(p.dir, "fcmsim.pem")
	start := func(name, alive string, env ...string) (*launch.Process, error) {
		proc, err := launch.Start(p.dir, name, env, filepath.Join(p.bin, name))
		if err != nil {
			return nil, err
		}
		running = append(running, proc)
		wait, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if name == "fcmsim" {
			return proc, proc.AliveAt(wait, alive)
		}
		return proc, proc.ReadyAt(wait, alive)
	}
	if _, err := start("fcmsim", addrs[0], "LISTEN_ADDR="+addrs[0], "TLS_LISTEN_ADDR="+addrs[1], "TLS_CERT_FILE="+cert); err != nil {
		return nil, err
	}
	consumer, err := start("consumer", addrs[2], "REDIS_URL=redis://"+p.addr+"/0", "FCM_ENDPOINT=https://"+addrs[1],
		"FCM_PROJECT_ID=bench", "SSL_CERT_FILE="+cert, "OPS_ADDR="+addrs[2])
	if err != nil {
		return nil, err
	}
	return &system{addrs[0], consumer, stop}, nil
}

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
