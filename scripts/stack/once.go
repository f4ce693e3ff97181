package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
)

// summary is the last line of run --once.
type summary struct {
	Accepted  int64   `json:"accepted"`           // distinct ids
	Repeated  int     `json:"repeated"`           // input lines
	Conflict  int     `json:"conflict,omitempty"` // input lines
	Sent      int64   `json:"sent"`
	Failed    int64   `json:"failed"`
	Expired   int64   `json:"expired"`
	Cancelled int64   `json:"cancelled"`
	Rejected  int     `json:"rejected"` // input lines
	Seconds   float64 `json:"seconds"`
}

// errLost says that an accepted job has no terminal state.
var errLost = errors.New("not every accepted job reached a terminal state")

// once imports a file into a new store, waits until every job is terminal,
// stops everything and prints the summary. The folder goes if all went well.
func (s *stack) once(ctx context.Context, file string, timeout time.Duration) (err error) {
	begin := time.Now()
	var sum summary
	defer func() {
		if e := s.stop(); err == nil {
			err = e
		}
		if err == nil {
			err = os.RemoveAll(s.Dir)
		}
		if err == nil || errors.Is(err, errLost) {
			err = errors.Join(err, json.NewEncoder(s.stdout).Encode(sum))
		}
	}()
	s.say("starting (data and logs in %s)", s.Dir)
	if err := s.start(ctx); err != nil {
		return err
	}
	s.say("importing %s", file)
	// The folder goes at the end, the reject file stays beside it.
	in, err := s.load(ctx, file, filepath.Dir(s.Dir))
	if err != nil {
		return err
	}
	counts, open, err := s.settle(ctx, timeout)
	if err != nil {
		return err
	}
	sum = summary{
		Repeated: in.Repeated, Conflict: in.Conflict, Rejected: in.Rejected,
		Sent: counts[push.Sent], Failed: counts[push.Failed], Expired: counts[push.Expired], Cancelled: counts[push.Cancelled],
		Seconds: float64(time.Since(begin).Milliseconds()) / 1000,
	}
	terminal := sum.Sent + sum.Failed + sum.Expired + sum.Cancelled
	// The import counts what Redis answered for: a record less is a job lost.
	sum.Accepted = max(terminal+open, int64(in.Accepted))
	if terminal != sum.Accepted {
		return fmt.Errorf("%w: %d of %d did", errLost, terminal, sum.Accepted)
	}
	return nil
}

// settle waits until no job is open, at most for timeout, and returns the
// counts and how many are open still.
func (s *stack) settle(ctx context.Context, timeout time.Duration) (map[push.Status]int64, int64, error) {
	rdb := redis.NewClient(&redis.Options{Addr: s.redis})
	defer rdb.Close()
	var check setting.Checker
	keys := commonKeys(&check)
	if err := check.Err(); err != nil {
		return nil, 0, err
	}
	log := pushlog.New(rdb, keys)
	end, said := time.Now().Add(timeout), time.Now()
	for {
		counts, err := log.Counts(ctx)
		if err != nil {
			return nil, 0, err
		}
		open := counts[push.Scheduled] + counts[push.Queued] + counts[push.Retrying]
		if open == 0 || time.Now().After(end) {
			return counts, open, nil
		}
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			s.say("waiting: %d scheduled, %d queued, %d retrying", counts[push.Scheduled], counts[push.Queued], counts[push.Retrying])
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

// commonKeys are the keys that the processes use: they get the same variables.
func commonKeys(check *setting.Checker) pushlog.Keys {
	c := setting.Common{Prefix: "push", Partitions: "1"}
	if v := os.Getenv("PUSH_PREFIX"); v != "" {
		c.Prefix = v
	}
	if v := os.Getenv("PUSH_PARTITIONS"); v != "" {
		c.Partitions = v
	}
	return c.Keys(check)
}
