package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"pushstream/internal/fill"
	"pushstream/internal/setting"
)

type benchFill struct {
	N          string `arg:"" help:"Number of pushes, up to 100000000. Each takes about 1.5 KB of Redis memory."`
	Days       string `default:"30" help:"Spread the times of acceptance over this many days up to now, 1 to 400, with more pushes by day than by night (PUSH_ZONE)."`
	Unfinished string `default:"0" placeholder:"K" help:"Add this many reserved pushes that are due within the next week. A consumer sends them at their time."`
	Seed       string `default:"1" help:"Seed of the random numbers. The same seed makes the same pushes, apart from their times."`

	fill fill.Options
}

// Validate checks the flags.
func (c *benchFill) Validate(check *setting.Checker) {
	c.fill = fill.Options{
		Rows:       check.Int("N", c.N, 1, fill.MaxRows),
		Days:       check.Int("--days", c.Days, 1, fill.MaxDays),
		Unfinished: check.Int("--unfinished", c.Unfinished, 0, 1_000_000),
		Seed:       uint32(check.Int("--seed", c.Seed, 0, 1<<31-1)),
	}
}

// filled is what bench-fill did; its JSON is the last line.
type filled struct {
	Rows       int     `json:"rows"` // finished pushes that are in
	Sent       int     `json:"sent"`
	Failed     int     `json:"failed"`
	Expired    int     `json:"expired"`
	Cancelled  int     `json:"cancelled"`
	Unfinished int     `json:"unfinished"`
	Seconds    float64 `json:"seconds"`
}

// Run fills the log with finished pushes. The summary comes even if it was stopped: what
// is in stays in.
func (c *benchFill) Run(ctx context.Context, a *app) error {
	if err := a.ready(ctx); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // measured: a fifth more a second for some MB of memory
	}
	o := c.fill
	o.Zone = a.zone
	progress := newRowProgress(a.stderr, o.Rows)
	o.Progress = progress.rows
	start := time.Now()
	r, err := fill.Run(ctx, a.rdb, a.keys, o)
	progress.finish()
	if errors.Is(err, fill.ErrNotEmpty) {
		return err // nothing was done
	}
	sum := filled{r.Rows(), r.Sent, r.Failed, r.Expired, r.Cancelled, r.Unfinished, float64(time.Since(start).Milliseconds()) / 1000}
	fmt.Fprintf(a.stderr, "%d pushes: %d sent, %d failed, %d expired, %d cancelled in %.1f s (%.0f a second); %d scheduled besides\n",
		sum.Rows, sum.Sent, sum.Failed, sum.Expired, sum.Cancelled, sum.Seconds, float64(sum.Rows)/max(sum.Seconds, 0.001), sum.Unfinished)
	return errors.Join(err, json.NewEncoder(a.stdout).Encode(sum))
}
