package stream

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// State is what a worker is doing.
type State string

// The states of a worker.
const (
	Running  State = "running"
	Draining State = "draining" // it was told to stop: what is in flight finishes
	Paused   State = "paused"
	// CircuitOpen is a worker that does not get through to FCM: its circuit breaker is open,
	// handed its work over, and probes.
	CircuitOpen State = "circuit_open"
	Lost        State = "lost" // no heartbeat any more; its work is reclaimed, then it leaves the list
)

// States returns every state, so that metrics can start each at zero.
func States() []State { return []State{Running, Draining, Paused, CircuitOpen, Lost} }

// Worker is one consumer as its heartbeats describe it.
type Worker struct {
	Name      string   `json:"name"`     // of the instance: what it is paused by
	Consumer  string   `json:"consumer"` // of the process: its member name in the group; empty if none runs
	State     State    `json:"state"`
	Desired   State    `json:"desired"` // running or paused
	Host      string   `json:"host,omitempty"`
	PID       int      `json:"pid,omitempty"`
	Version   string   `json:"version,omitempty"`
	StartedAt string   `json:"started_at,omitempty"`
	BeatAt    string   `json:"beat_at,omitempty"`
	Silent    float64  `json:"silent_seconds"` // since its last heartbeat
	InFlight  int      `json:"in_hand"`        // by its last heartbeat
	Pending   int64    `json:"pending"`        // entries that Redis says it has
	Sent      int64    `json:"sent"`
	Rate      float64  `json:"rate"` // sent a second
	Project   string   `json:"project,omitempty"`
	Simulator bool     `json:"simulator"` // what it sends goes to a simulator of FCM
	OpsAddr   string   `json:"ops_addr,omitempty"`
	LastError string   `json:"last_error,omitempty"`
	Circuit   *Circuit `json:"circuit,omitempty"` // why its circuit breaker is open, if it has

	ClockOffset int64  `json:"clock_offset_ms,omitempty"` // how far Redis's clock is ahead of this worker's
	ClockStep   int64  `json:"clock_step_ms,omitempty"`   // how far Redis's clock jumped last, negative: back
	ClockStepAt string `json:"clock_step_at,omitempty"`   // when, by the new time
}

// Workers returns all workers by name: those that live, those that are lost, and
// those that are to stay paused though no process of that name runs.
func (c *Control) Workers(ctx context.Context) ([]Worker, error) {
	pending, err := c.pending(ctx)
	if err != nil {
		return nil, err
	}
	names, err := c.rdb.ZRange(ctx, workersKey(c.keys), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("list workers: %w", err)
	}
	for name := range pending {
		if !slices.Contains(names, name) && name != unassigned {
			names = append(names, name)
		}
	}
	control, err := c.rdb.HGetAll(ctx, controlKey(c.keys)).Result()
	if err != nil {
		return nil, fmt.Errorf("read control: %w", err)
	}
	silent, err := silence(ctx, c.rdb, c.keys, names)
	if err != nil {
		return nil, err
	}
	pipe := c.rdb.Pipeline()
	hashes := make([]*redis.MapStringStringCmd, len(names))
	for i, name := range names {
		hashes[i] = pipe.HGetAll(ctx, workerKey(c.keys, name))
	}
	if _, err := pipe.Exec(ctx); err != nil && len(names) > 0 {
		return nil, fmt.Errorf("read workers: %w", err)
	}
	workers := []Worker{}
	for i, name := range names {
		w := parseWorker(name, hashes[i].Val())
		w.Pending, w.Silent = pending[name], float64(silent[name].Milliseconds())/1000
		if silent[name] >= lostAfter {
			w.State = Lost
		}
		workers = append(workers, w)
	}
	for name := range control {
		if name != everyone && !slices.ContainsFunc(workers, func(w Worker) bool { return w.Name == name }) {
			workers = append(workers, Worker{Name: name, State: Lost})
		}
	}
	for i := range workers {
		workers[i].Desired = Running
		if control[everyone] != "" || control[workers[i].Name] != "" {
			workers[i].Desired = Paused
		}
	}
	slices.SortFunc(workers, func(a, b Worker) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Consumer, b.Consumer)) })
	return workers, nil
}

// pending counts what each member of the group has pending, over all partitions.
func (c *Control) pending(ctx context.Context) (map[string]int64, error) {
	counts := map[string]int64{}
	for _, p := range c.keys.All() {
		for _, lane := range []int{laneNormal, laneUrgent} {
			owners, err := pendingByOwner(ctx, c.rdb, laneKey(p, lane))
			if err != nil {
				return nil, err
			}
			for name, n := range owners {
				counts[name] += n
			}
		}
	}
	return counts, nil
}

func parseWorker(name string, h map[string]string) Worker {
	w := Worker{
		Name: cmp.Or(h["name"], name), Consumer: name, State: State(h["state"]), Host: h["host"], Version: h["version"],
		StartedAt: h["started_at"], BeatAt: h["beat_at"], Project: h["project"], OpsAddr: h["ops_addr"], LastError: h["last_error"],
	}
	if reason := Reason(h["circuit_reason"]); reason != "" {
		w.Circuit = &Circuit{Reason: reason, Code: push.Code(h["circuit_code"]), Detail: h["circuit_detail"], Mend: reason.Mend(),
			Since: h["circuit_since"], ProbeAt: h["circuit_probe_at"]}
		w.Circuit.Tokens, _ = strconv.Atoi(h["circuit_tokens"])
	}
	// What can't be read stays 0: a heartbeat is for showing only.
	w.PID, _ = strconv.Atoi(h["pid"])
	w.InFlight, _ = strconv.Atoi(h["in_hand"])
	w.Sent, _ = strconv.ParseInt(h["sent"], 10, 64)
	w.Simulator, _ = strconv.ParseBool(h["simulator"])
	w.Rate, _ = strconv.ParseFloat(h["rate"], 64)
	w.ClockOffset, _ = strconv.ParseInt(h["clock_offset_ms"], 10, 64)
	w.ClockStep, _ = strconv.ParseInt(h["clock_step_ms"], 10, 64)
	w.ClockStepAt = h["clock_step_at"]
	return w
}
