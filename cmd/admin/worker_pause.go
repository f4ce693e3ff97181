package main

import (
	"cmp"
	"context"
	"fmt"

	"pushstream/internal/audit"
	"pushstream/internal/setting"
)

// workerFlags name a worker, or all.
type workerFlags struct {
	Name string `arg:"" optional:"" help:"Name of the worker, as list shows it."`
	All  bool   `help:"All workers, also those that start later."`
}

// workerPause and workerResume are each other's opposite.
type (
	workerPause  struct{ workerFlags }
	workerResume struct{ workerFlags }
)

// Validate checks the flags.
func (c *workerFlags) Validate(check *setting.Checker) {
	if (c.Name == "") == !c.All {
		check.Fault("NAME", "give the name of a worker, or --all")
	}
}

func (c *workerFlags) workers() string { return cmp.Or(c.Name, "all workers") }

// Entry is what the audit log says.
func (c *workerPause) Entry() audit.Entry {
	return audit.Entry{Action: audit.Pause, Subject: c.workers()}
}

// Entry is what the audit log says.
func (c *workerResume) Entry() audit.Entry {
	return audit.Entry{Action: audit.Resume, Subject: c.workers()}
}

// Run pauses a worker, or all.
func (c *workerPause) Run(ctx context.Context, a *app) error {
	if err := a.control.Pause(ctx, c.Name); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s to pause, within a second\n", cell(c.workers()))
	return nil
}

// Run resumes a worker, or all.
func (c *workerResume) Run(ctx context.Context, a *app) error {
	if err := a.control.Resume(ctx, c.Name); err != nil {
		return err
	}
	all, err := a.control.PausedAll(ctx)
	if err != nil {
		return err
	}
	if all {
		fmt.Fprintf(a.stdout, "%s to go on, but all workers are to pause, until: admin worker resume --all\n", cell(c.workers()))
		return nil
	}
	fmt.Fprintf(a.stdout, "%s to go on, within a second\n", cell(c.workers()))
	return nil
}
