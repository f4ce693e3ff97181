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
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

const (
	pushChunk = 100         // ids in one round trip
	tellEvery = time.Second // of a long selection
)

// verb is what push does to pushes.
type verb struct {
	kind     stream.BulkKind
	done     stream.Change // what is to become of them
	one      func(ctx context.Context, ids ...string) ([]stream.Change, error)
	selected func(ctx context.Context, s stream.Selection, tell func(stream.Progress)) (stream.Progress, error)
}

func (a *app) redrive() verb {
	return verb{stream.BulkRedrive, stream.ChangeQueued, a.control.Redrive, a.control.RedriveSelected}
}

func (a *app) cancel() verb {
	return verb{stream.BulkCancel, stream.ChangeCancelled, a.control.Cancel, a.control.CancelSelected}
}

// pushShow prints the record of a push.
func (a *app) pushShow(ctx context.Context, id string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	// With another number of partitions, it might not be found.
	if err := stream.CheckPartitions(ctx, a.rdb, a.keys); err != nil {
		return err
	}
	h, err := pushlog.New(a.rdb, a.keys).Hash(ctx, push.Short(id))
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
	s, goes, err := a.estimated(short, v.kind, stdout)
	if err != nil || !goes {
		return err
	}
	counts, err := v.all(ctx, s, stdout, stderr)
	a.result = texts(counts)
	return err
}

// estimated is the chosen selection, bounded by what there is now, and whether it is to be
// changed: not by a dry run, which says what it would take. An error if pushes would be sent
// that are past their ttl, and neither a period nor --yes says that they are to be.
func (a *app) estimated(ctx context.Context, kind stream.BulkKind, stdout io.Writer) (s stream.Selection, goes bool, err error) {
	s = a.chosen.all
	e, err := stream.NewBulk(a.rdb, a.keys, "", a.log).Estimate(ctx, kind, s.Filter())
	if err != nil {
		return s, false, err
	}
	s.Until = e.Until
	switch {
	case a.chosen.dry:
		fmt.Fprintln(stdout, taken(s.Status, e, time.Now()))
		return s, false, nil
	case e.PastTTL > 0 && s.Since.IsZero() && s.Status != push.Expired && !a.chosen.yes:
		return s, false, outcomeError{audit.Refused, fmt.Errorf("nothing was done: %s; each would get its whole ttl anew: give --since, or --yes to take them all",
			taken(s.Status, e, time.Now()))}
	}
	return s, true, nil
}

// taken says what a selection takes: 474 failed pushes, the oldest accepted
// 2026-11-01T00:00:00.000Z, 29 d 3 h 12 m ago; 409 past their ttl.
func taken(status push.Status, e stream.Estimate, now time.Time) string {
	least := func(exact bool) string {
		if exact {
			return ""
		}
		return "at least "
	}
	text := fmt.Sprintf("%s%d %s pushes", least(e.Exact), e.Count, status)
	if at, err := time.Parse(pushlog.TimeFormat, e.Oldest); err == nil {
		age := now.Sub(at).Truncate(time.Minute)
		text += fmt.Sprintf(", the oldest accepted %s, %d d %d h %d m ago", e.Oldest, age/(24*time.Hour), age/time.Hour%24, age/time.Minute%60)
	}
	if e.PastTTL > 0 || !e.PastExact {
		text += fmt.Sprintf("; %s%d past their ttl", least(e.PastExact), e.PastTTL)
	}
	return text
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
