package main

import (
	"context"
	"fmt"

	"pushstream/internal/redisclock"
	"pushstream/internal/stream"
)

type workerList struct{}

// Run lists the workers.
func (*workerList) Run(ctx context.Context, a *app) error {
	workers, err := a.control.Workers(ctx)
	if err != nil {
		return err
	}
	all, err := a.control.PausedAll(ctx)
	if err != nil {
		return err
	}
	t := newTable(a.stdout, "NAME", "CONSUMER", "STATE", "DESIRED", "IN FLIGHT", "PENDING", "SENT", "RATE", "LAST SEEN", "CLOCK", "HOST", "VERSION", "CIRCUIT BREAKER", "LAST ERROR")
	for _, w := range workers {
		t.row(w.Name, w.Consumer, w.State, w.Desired, w.InFlight, w.Pending, w.Sent, fmt.Sprintf("%.1f/s", w.Rate),
			fmt.Sprintf("%.1fs ago", w.Silent), clockCell(w.ClockOffset), w.Host, w.Version, why(w.Circuit), w.LastError)
	}
	if all {
		fmt.Fprintln(a.stderr, "all workers are to pause, until: admin worker resume --all")
	}
	return t.flush()
}

// why says in one cell why the circuit breaker of a worker is open, and since when.
func why(c *stream.Circuit) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf("%s since %s: %s %s; %s", c.Reason, c.Since, c.Code, c.Detail, c.Mend)
}

// clockCell says how far Redis's clock is ahead of a worker's, in ms.
func clockCell(offset int64) string {
	word := "ahead"
	if offset < 0 {
		word, offset = "behind", -offset
	}
	if offset < redisclock.WarnAbove.Milliseconds() {
		return "ok"
	}
	return fmt.Sprintf("Redis %.1fs %s", float64(offset)/1000, word)
}
