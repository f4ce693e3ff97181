package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/faketime"
	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/launch"
	"pushstream/internal/pushlog"
)

const (
	startTimeout = 60 * time.Second // the machine may be busy
	stopTimeout  = 45 * time.Second // a consumer lets what is in flight finish
)

// keys are those of the processes: the defaults.
var keys = pushlog.Keys{Prefix: "push", Partitions: 1}

// system is everything that runs.
type system struct {
	launch.System
	flags     *cli
	journal   *journal
	redisAddr string
	simURL    string // its plain port, for control
	producers []*unit
	consumers []*unit
	clock     *faketime.Clock // Redis's, with --parties; nil where there is none to be stepped

	mu    sync.Mutex
	redis *launch.Process
}

// startSystem starts everything, each when what it needs is ready. What it
// returns is to be ended even after an error.
func startSystem(ctx context.Context, flags *cli, dir string, j *journal) (*system, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s := &system{System: launch.System{Dir: dir, Bin: flags.Bin}, flags: flags, journal: j}
	addrs := make([]string, 3+2+flags.Consumers)
	for i := range addrs {
		var err error
		if addrs[i], err = launch.FreeAddr(); err != nil {
			return s, err
		}
	}
	var simTLS, simPlain string
	s.redisAddr, simPlain, simTLS, addrs = addrs[0], addrs[1], addrs[2], addrs[3:]
	s.simURL = "http://" + simPlain
	if flags.Parties {
		var err error
		if s.clock, err = faketime.New(dir); err != nil && !errors.Is(err, faketime.ErrUnavailable) {
			return s, err
		}
	}
	if err := s.startRedis(ctx); err != nil {
		return s, err
	}
	cert := filepath.Join(dir, "fcmsim.pem")
	if _, err := s.Simulator(ctx, "fcmsim", simPlain, "TLS_LISTEN_ADDR="+simTLS, "TLS_CERT_FILE="+cert, "FCMSIM_CONFIG="); err != nil {
		return s, err
	}
	// What is set on this machine must not reach the processes.
	s.Env = []string{
		"REDIS_URL=redis://" + s.redisAddr + "/0", "PUSH_PREFIX=" + keys.Prefix, "PUSH_PARTITIONS=1", "PUSH_ZONE=Asia/Seoul",
		"FCM_ENDPOINT=https://" + simTLS, "SSL_CERT_FILE=" + cert, "FCM_PROJECT_ID=storm", "GOOGLE_APPLICATION_CREDENTIALS=",
		"FCM_RATE=600000", "FCM_RAMP_UP=1s", "RETRY_MIN_DELAY=200ms", "CONSUMER_LEASE=" + flags.Lease.String(),
		"CONSUMER_CONCURRENCY=64", "MAX_BACKLOG=1000000", "LOG_LEVEL=info",
	}
	for n := range 2 {
		s.producers = append(s.producers, s.newUnit(fmt.Sprintf("producer-%d", n+1), addrs[n], []string{"LISTEN_ADDR=" + addrs[n], "OPS_ADDR="}, "producer", "serve"))
	}
	for n := range flags.Consumers {
		name, addr := fmt.Sprintf("consumer-%d", n+1), addrs[2+n]
		s.consumers = append(s.consumers, s.newUnit(name, addr, []string{"CONSUMER_NAME=" + name, "OPS_ADDR=" + addr}, "consumer"))
	}
	for _, u := range append(s.producers[:len(s.producers):len(s.producers)], s.consumers...) {
		if err := u.start(); err != nil {
			return s, err
		}
		if err := u.process().ReadyAt(ctx, u.addr); err != nil {
			return s, err
		}
	}
	return s, nil
}

// startRedis starts redis-server on the data that there is.
func (s *system) startRedis(ctx context.Context) error {
	var env []string
	if s.clock != nil {
		env = s.clock.Env()
	}
	p, err := launch.RedisWith(ctx, filepath.Join(s.Dir, "redis"), s.redisAddr, env, "--appendfsync", s.flags.Appendfsync)
	if err != nil {
		return err
	}
	s.Track(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redis = p
	return nil
}

// killRedis kills redis-server.
func (s *system) killRedis() {
	s.mu.Lock()
	p := s.redis
	s.mu.Unlock()
	p.Kill()
}

// client returns a client of Redis that gives up quickly: who uses it asks
// again by himself.
func (s *system) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.redisAddr, MaxRetries: -1, DialTimeout: 2 * time.Second, ReadTimeout: 5 * time.Second, DialerRetries: 1})
}

// control asks the simulator for something, and gives its answer to read.
func (s *system) control(ctx context.Context, method, path string, body any, read func(io.Reader) error) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.simURL+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the simulator: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // only for the message
		return fmt.Errorf("the simulator: %s %s: %s: %s", method, path, resp.Status, answer)
	}
	if read == nil {
		return nil
	}
	return read(resp.Body)
}

// configure tells the simulator what FCM is like from now on.
func (s *system) configure(ctx context.Context, c fcmsim.Config) error {
	return s.control(ctx, http.MethodPut, "/_sim/config", c, nil)
}

// stats are the simulator's counters.
func (s *system) stats(ctx context.Context) (fcmsim.Stats, error) {
	var stats fcmsim.Stats
	err := s.control(ctx, http.MethodGet, "/_sim/stats", nil, func(r io.Reader) error { return json.NewDecoder(r).Decode(&stats) })
	return stats, err
}

// ledger is what the simulator saw of each push.
func (s *system) ledger(ctx context.Context) (map[string]sighting, error) {
	var all map[string]sighting
	err := s.control(ctx, http.MethodGet, "/_sim/ledger", nil, func(r io.Reader) (err error) {
		all, err = readLedger(r)
		return err
	})
	return all, err
}

// stopAll stops consumers and producers with SIGTERM, all at the same time.
func (s *system) stopAll() error {
	var wait sync.WaitGroup
	units := append(s.producers[:len(s.producers):len(s.producers)], s.consumers...)
	errs := make([]error, len(units))
	for i, u := range units {
		wait.Go(func() { errs[i] = u.stop() })
	}
	wait.Wait()
	return errors.Join(errs...)
}
