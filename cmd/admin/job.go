package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pushstream/internal/audit"
	"pushstream/internal/jobs"
	"pushstream/internal/stream"
)

// follow tells how far a job is until it has ended; with help, the command works on it,
// too. It is an error if the job was not done.
func (a *app) follow(ctx context.Context, j *jobs.Job, help bool) error {
	told, id := time.Now(), j.ID
	j, err := a.jobs.Follow(ctx, id, help, func(j *jobs.Job) {
		if time.Since(told) >= tellEvery {
			told = time.Now()
			fmt.Fprintln(a.stderr, summary(j))
		}
	})
	if j != nil {
		a.result = map[string]string{"job": id}
		maps.Copy(a.result, texts(j.Changes))
	}
	switch {
	case ctx.Err() != nil:
		return outcomeError{audit.Partial, fmt.Errorf("no longer watched; the job goes on in consumers and admins: admin job show %s says how far it is, admin job cancel %s ends it", id, id)}
	case err != nil:
		return outcomeError{audit.Partial, fmt.Errorf("the job %s goes on: %w", id, err)}
	}
	fmt.Fprintln(a.stdout, summary(j))
	switch j.State {
	case jobs.Done:
		return nil
	case jobs.Cancelled:
		return outcomeError{audit.Cancelled, fmt.Errorf("the job was not done: %s by %s", j.State, cell(j.CancelledBy))}
	}
	err = fmt.Errorf("the job was not done: %s: %s", j.State, cell(j.Error))
	if j.Matched > 0 {
		return outcomeError{audit.Partial, err}
	}
	return err
}

// summary says how far a job is: 12 failed pushes examined, 5 matched: 4 queued,
// 1 unsendable.
func summary(j *jobs.Job) string {
	var states, changes []string
	for _, s := range j.Filter.Status {
		states = append(states, string(s)+" ")
	}
	for _, change := range slices.SortedFunc(maps.Keys(j.Changes), func(a, b stream.Change) int {
		return cmp.Or(cmp.Compare(j.Changes[b], j.Changes[a]), cmp.Compare(a, b))
	}) {
		changes = append(changes, fmt.Sprintf("%d %s", j.Changes[change], strings.ReplaceAll(string(change), "_", " ")))
	}
	return strings.TrimSuffix(fmt.Sprintf("%d %spushes examined, %d matched: %s", j.Looked, strings.Join(states, "or "), j.Matched, strings.Join(changes, ", ")), ": ")
}

// jobID is an argument that names a job.
type jobID struct {
	ID string `arg:"" help:"Id of the job, as list shows it."`
}

// errNoJob says that there is no such job.
var errNoJob = errors.New("no such job; list the jobs with admin job list")

// job reads a job.
func (a *app) job(ctx context.Context, id string) (*jobs.Job, error) {
	if !jobs.ValidID(id) {
		return nil, outcomeError{audit.Refused, errNoJob}
	}
	j, err := a.jobs.Get(ctx, id)
	if errors.Is(err, jobs.ErrNone) {
		err = outcomeError{audit.Refused, errNoJob}
	}
	return j, err
}
