package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"pushstream/internal/admin"
	"pushstream/internal/stream"
)

const (
	pushChunk = 100         // ids in one round trip
	tellEvery = time.Second // of a long selection
)

// verb is what push does to pushes.
type verb struct {
	done     stream.Change // what is to become of them
	one      func(ctx context.Context, ids ...string) ([]stream.Change, error)
	selected func(ctx context.Context, s stream.Selection, tell func(stream.Progress)) (stream.Progress, error)
}

func (a *app) redrive() verb {
	return verb{stream.ChangeQueued, a.control.Redrive, a.control.RedriveSelected}
}

func (a *app) cancel() verb {
	return verb{stream.ChangeCancelled, a.control.Cancel, a.control.CancelSelected}
}

// pushChange redrives or cancels what the flags name.
func (a *app) pushChange(ctx context.Context, v verb, stdout, stderr io.Writer) error {
	short, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	// With another number of partitions, some pushes would not be found.
	if err := stream.CheckPartitions(short, a.rdb, a.keys); err != nil {
		return err
	}
	if len(a.chosen.ids) > 0 {
		return v.each(ctx, a.chosen.ids, stdout)
	}
	return v.all(ctx, a.chosen.all, stdout, stderr)
}

// each changes pushes by id and says of each what became of it. It is an error if
// one stays as it was.
func (v verb) each(ctx context.Context, ids []string, stdout io.Writer) error {
	left := 0
	for chunk := range slices.Chunk(ids, pushChunk) {
		ctx, cancel := context.WithTimeout(ctx, commandTimeout)
		changes, err := v.one(ctx, chunk...)
		cancel()
		if err != nil {
			return err
		}
		for i, change := range changes {
			text := string(change)
			if change != v.done {
				text = admin.Explain(change)
				left++
			}
			fmt.Fprintf(stdout, "%s: %s\n", chunk[i], text)
		}
	}
	if left > 0 {
		return fmt.Errorf("%d of %d pushes are not %s", left, len(ids), v.done)
	}
	return nil
}

// all changes a selection and says how many pushes came to what.
func (v verb) all(ctx context.Context, s stream.Selection, stdout, stderr io.Writer) error {
	told := time.Now()
	p, done, err := admin.WorkThrough(ctx, v.selected, s, func(p stream.Progress) {
		if time.Since(told) >= tellEvery {
			told = time.Now()
			fmt.Fprintln(stderr, summary(s, p))
		}
	})
	fmt.Fprintln(stdout, summary(s, p))
	if err == nil && !done {
		err = errors.New("stopped; the same again does the rest")
	}
	return err
}

// summary says how far a selection has come: 12 failed pushes looked at, 5 match:
// 4 queued, 1 unsendable.
func summary(s stream.Selection, p stream.Progress) string {
	var changes []string
	for _, change := range slices.SortedFunc(maps.Keys(p.Changes), func(a, b stream.Change) int {
		return cmp.Or(cmp.Compare(p.Changes[b], p.Changes[a]), cmp.Compare(a, b))
	}) {
		changes = append(changes, fmt.Sprintf("%d %s", p.Changes[change], strings.ReplaceAll(string(change), "_", " ")))
	}
	return strings.TrimSuffix(fmt.Sprintf("%d %s pushes looked at, %d match: %s", p.Looked, s.Status, p.Matched, strings.Join(changes, ", ")), ": ")
}
