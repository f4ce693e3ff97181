package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"pushstream/internal/admin"
	"pushstream/internal/audit"
	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
)

const flushLook = 200 * time.Millisecond // between looks at a flush that is running

type logFlush struct {
	long
	filterFlags
	Yes    bool `help:"Confirm the removal. Removed ids are unknown: handed in again, they are sent again."`
	Cancel bool `help:"Stop the running flush instead. Removed records do not come back."`

	filter pushlog.Filter
}

// Validate checks the flags.
func (c *logFlush) Validate(check *setting.Checker) {
	given := c.given()
	switch {
	case c.Cancel && (c.Yes || len(given) > 0):
		check.Fault("--cancel", "goes with nothing else")
	case !c.Cancel && !c.Yes:
		check.Fault("--yes", "is needed: what leaves the log does not come back")
	}
	var err error
	c.filter, err = admin.ParseFlush(given, check.Zone("PUSH_ZONE", c.Zone))
	if err != nil {
		check.Add(err)
	}
}

// Entry is what the audit log says.
func (c *logFlush) Entry() audit.Entry {
	if c.Cancel {
		return audit.Entry{Action: audit.FlushCancel}
	}
	return selected(audit.Flush, nil, c.given())
}

// Run orders a flush of what the flags select, and tells how far it is until it has
// ended.
func (c *logFlush) Run(ctx context.Context, a *app) error {
	short, cancel := brief(ctx)
	defer cancel()
	// With another number of partitions, some pushes would not be found.
	if err := stream.CheckPartitions(short, a.rdb, a.keys); err != nil {
		return err
	}
	if c.Cancel {
		f, err := a.control.CancelFlush(short)
		if err == nil {
			fmt.Fprintln(a.stdout, "cancelled: "+flushed(f))
		}
		return err
	}
	f, err := a.control.StartFlush(short, c.filter, author())
	if errors.Is(err, stream.ErrFlushRunning) {
		if f, now := a.control.Flush(short); now == nil && f != nil {
			err = fmt.Errorf("%w, of %s since %s: %s", err, cell(f.By), f.StartedAt, flushed(f))
		}
	}
	if err != nil {
		return err
	}
	workers, err := a.control.Workers(short)
	if err == nil && !slices.ContainsFunc(workers, func(w stream.Worker) bool { return w.State != stream.Lost }) {
		fmt.Fprintln(a.stderr, "no consumer is running; it begins when one does")
	}
	return a.watchFlush(ctx, f, a.stdout, a.stderr)
}

// watchFlush tells how far a flush is until it has ended. It is an error if it was
// not done.
func (a *app) watchFlush(ctx context.Context, f *stream.Flush, stdout, stderr io.Writer) error {
	started, told := f.StartedAt, time.Now()
	for f.State == stream.FlushRunning {
		select {
		case <-time.After(flushLook):
		case <-ctx.Done():
			return outcomeError{audit.Partial, errors.New("no longer watched; the flush goes on, admin log flush --cancel ends it")}
		}
		short, cancel := brief(ctx)
		now, err := a.control.Flush(short)
		cancel()
		switch {
		case ctx.Err() != nil:
			continue
		case err != nil:
			return fmt.Errorf("the flush goes on: %w", err)
		case now == nil || now.StartedAt != started:
			return errors.New("it has ended, and another one has begun")
		}
		f = now
		if time.Since(told) >= tellEvery {
			told = time.Now()
			fmt.Fprintln(stderr, flushed(f))
		}
	}
	fmt.Fprintln(stdout, flushed(f))
	a.result = map[string]string{"removed": strconv.FormatInt(f.Removed, 10), "left": strconv.FormatInt(f.Left, 10)}
	if f.State != stream.FlushDone {
		err := fmt.Errorf("the flush was not done: %s %s", f.State, cell(f.Error))
		if f.State == stream.FlushCancelled {
			return outcomeError{audit.Cancelled, err}
		}
		return err
	}
	return nil
}

// flushed says how far a flush is: 5000 of 20000 examined, 4990 removed, 10 left (they have not ended).
func flushed(f *stream.Flush) string {
	text := fmt.Sprintf("%d of %d examined, %d removed", f.Looked, f.Of, f.Removed)
	if f.Left > 0 {
		text += fmt.Sprintf(", %d left, which have not ended", f.Left)
	}
	return text
}

// author is whom to show as who ordered something.
func author() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return osUser() + "@" + host
}
