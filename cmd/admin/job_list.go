package main

import (
	"context"
	"fmt"
)

type jobList struct{}

// Run lists the jobs.
func (*jobList) Run(ctx context.Context, a *app) error {
	all, err := a.jobs.List(ctx)
	if err != nil {
		return err
	}
	t := newTable(a.stdout, "ID", "KIND", "STATE", "BY", "ORDERED AT", "ENDED AT", "PROGRESS")
	for i := range all {
		j := &all[i]
		progress := summary(j)
		if j.Of >= 0 && j.State.Open() {
			progress += fmt.Sprintf(" (of %d)", j.Of)
		}
		t.row(j.ID, j.Kind, j.State, j.By, j.OrderedAt, j.EndedAt, progress)
	}
	return t.flush()
}
