package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/admin"
	"pushstream/internal/audit"
	"pushstream/internal/pushlog"
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

// pushShow prints the record of a push.
func (a *app) pushShow(ctx context.Context, id string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	// With another number of partitions, it might not be found.
	if err := stream.CheckPartitions(ctx, a.rdb, a.keys); err != nil {
		return err
	}
	h, err := pushlog.New(a.rdb, a.keys).Hash(ctx, id)
	if err != nil {
		return err
	}
	if len(h) == 0 {
		return pushlog.ErrNotFound
	}
	e := json.NewEncoder(stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(h)
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
		counts, err := v.each(ctx, a.chosen.ids, stdout)
		a.result = texts(counts)
		return err
	}
	counts, err := v.all(ctx, a.chosen.all, stdout, stderr)
	a.result = texts(counts)
	return err
}

// each changes pushes by id and says of each what became of it. It is an error if
// one stays as it was.
func (v verb) each(ctx context.Context, ids []string, stdout io.Writer) (map[stream.Change]int, error) {
	counts := map[stream.Change]int{}
	for chunk := range slices.Chunk(ids, pushChunk) {
		ctx, cancel := context.WithTimeout(ctx, commandTimeout)
		changes, err := v.one(ctx, chunk...)
		cancel()
		if err != nil {
			return counts, v.partial(counts, err)
		}
		for i, change := range changes {
			text := string(change)
			counts[change]++
			if change != v.done {
				text = admin.Explain(change)
			}
			fmt.Fprintf(stdout, "%s: %s\n", chunk[i], text)
		}
	}
	if left := len(ids) - counts[v.done]; left > 0 {
		return counts, v.partial(counts, outcomeError{audit.Refused, fmt.Errorf("%d of %d pushes are not %s", left, len(ids), v.done)})
	}
	return counts, nil
}

// partial is an error after which some pushes are changed, if there are any.
func (v verb) partial(counts map[stream.Change]int, err error) error {
	if counts[v.done] == 0 {
		return err
	}
	return outcomeError{audit.Partial, err}
}

// texts are counts for the audit log.
func texts(counts map[stream.Change]int) map[string]string {
	all := map[string]string{}
	for change, n := range counts {
		all[string(change)] = strconv.Itoa(n)
	}
	return all
}

// all changes a selection and says how many pushes came to what.
func (v verb) all(ctx context.Context, s stream.Selection, stdout, stderr io.Writer) (map[stream.Change]int, error) {
	told := time.Now()
	p, done, err := admin.WorkThrough(ctx, v.selected, s, func(p stream.Progress) {
		if time.Since(told) >= tellEvery {
			told = time.Now()
			fmt.Fprintln(stderr, summary(s, p))
		}
	})
	fmt.Fprintln(stdout, summary(s, p))
	if err == nil && !done {
		err = outcomeError{audit.Cancelled, errors.New("stopped; the same again does the rest")}
	}
	if err != nil {
		err = v.partial(p.Changes, err)
	}
	return p.Changes, err
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
