package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"pushstream/internal/fill"
	"pushstream/internal/setting"
)

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

func (f *benchFillFlags) check(check *setting.Checker, zone *time.Location) fill.Options {
	return fill.Options{
		Rows:       check.Int("N", f.N, 1, fill.MaxRows),
		Days:       check.Int("--days", f.Days, 1, fill.MaxDays),
		Unfinished: check.Int("--unfinished", f.Unfinished, 0, 1_000_000),
		Seed:       uint32(check.Int("--seed", f.Seed, 0, 1<<31-1)),
		Zone:       zone,
	}
}

// benchFill fills the log with finished pushes. The summary comes even if it was
// stopped: what is in stays in.
func (a *app) benchFill(ctx context.Context, stdout, stderr io.Writer) error {
	if err := a.ready(ctx); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // measured: a fifth more a second for some MB of memory
	}
	o := a.filling
	progress := newRowProgress(stderr, o.Rows)
	o.Progress = progress.rows
	start := time.Now()
	r, err := fill.Run(ctx, a.rdb, a.keys, o)
	progress.finish()
	if errors.Is(err, fill.ErrNotEmpty) {
		return err // nothing was done
	}
	sum := filled{r.Rows(), r.Sent, r.Failed, r.Expired, r.Cancelled, r.Unfinished, float64(time.Since(start).Milliseconds()) / 1000}
	fmt.Fprintf(stderr, "%d pushes: %d sent, %d failed, %d expired, %d cancelled in %.1f s (%.0f a second); %d scheduled besides\n",
		sum.Rows, sum.Sent, sum.Failed, sum.Expired, sum.Cancelled, sum.Seconds, float64(sum.Rows)/max(sum.Seconds, 0.001), sum.Unfinished)
	return errors.Join(err, json.NewEncoder(stdout).Encode(sum))
}
