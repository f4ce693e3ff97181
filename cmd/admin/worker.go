package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"pushstream/internal/redisclock"
	"pushstream/internal/stream"
)

func (a *app) workerList(ctx context.Context, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	workers, err := a.control.Workers(ctx)
	if err != nil {
		return err
	}
	all, err := a.control.PausedAll(ctx)
	if err != nil {
		return err
	}
	t := newTable(stdout, "NAME", "CONSUMER", "STATE", "DESIRED", "IN HAND", "PENDING", "SENT", "RATE", "SILENT", "CLOCK", "HOST", "VERSION", "WHY STEPPED BACK", "LAST ERROR")
	for _, w := range workers {
		t.row(w.Name, w.Consumer, w.State, w.Desired, w.InHand, w.Pending, w.Sent, fmt.Sprintf("%.1f/s", w.Rate),
			fmt.Sprintf("%.1fs", w.Silent), clockCell(w.ClockOffset), w.Host, w.Version, why(w.Circuit), w.LastError)
	}
	if all {
		fmt.Fprintln(stderr, "all workers are to pause, until: admin worker resume --all")
	}
	return t.flush()
}

// why says in one cell why a worker has stepped back, and since when.
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

// workerDesire pauses or resumes the workers of a name, or all if it is empty.
func (a *app) workerDesire(ctx context.Context, name string, desired stream.State, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	do, verb := a.control.Pause, "pause"
	if desired == stream.Running {
		do, verb = a.control.Resume, "go on"
	}
	if err := do(ctx, name); err != nil {
		return err
	}
	whose := cell(cmp.Or(name, "all workers")) + " to " + verb
	all, err := a.control.PausedAll(ctx)
	if err != nil {
		return err
	}
	if all && desired == stream.Running {
		fmt.Fprintf(stdout, "%s, but all workers are to pause, until: admin worker resume --all\n", whose)
		return nil
	}
	fmt.Fprintf(stdout, "%s, within a second\n", whose)
	return nil
}
