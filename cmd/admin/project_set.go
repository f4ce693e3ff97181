package main

import (
	"context"
	"fmt"

	"pushstream/internal/audit"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
)

type projectSet struct {
	Project string `arg:"" name:"name" help:"Firebase project, as FCM_PROJECT_ID of the consumers has it."`
}

// Validate checks the flags.
func (c *projectSet) Validate(check *setting.Checker) {
	if !stream.ValidProject(c.Project) {
		check.Fault("NAME", fmt.Sprintf("%.80q is no Firebase project: 1 to 100 characters of A-Z a-z 0-9 - _ . :", c.Project))
	}
}

// Entry is what the audit log says.
func (c *projectSet) Entry() audit.Entry {
	return audit.Entry{Action: audit.ProjectSet, Subject: c.Project}
}

// Run sets the project, and says what that means for what runs and waits.
func (c *projectSet) Run(ctx context.Context, a *app) error {
	before, err := a.control.SetProject(ctx, c.Project)
	if err != nil {
		return err
	}
	a.result = map[string]string{"before": before}
	if before == c.Project {
		fmt.Fprintf(a.stdout, "this store sends to %s already\n", c.Project)
		return nil
	}
	fmt.Fprintf(a.stdout, "this store sends to %s from now on\n", c.Project)
	if before == "" {
		return nil
	}
	others, err := consumersOf(ctx, a.control, before)
	if err != nil {
		return err
	}
	normal, urgent, err := stream.ReadBacklog(ctx, a.rdb, a.keys)
	if err != nil {
		return err
	}
	if others > 0 {
		fmt.Fprintf(a.stdout, "%d consumers of %s stop now; start them with FCM_PROJECT_ID=%s\n", others, cell(before), c.Project)
	}
	if n := normal.Unread + normal.Pending + normal.Due + urgent.Unread + urgent.Pending; n > 0 {
		fmt.Fprintf(a.stdout, "%d unfinished pushes go to %s\n", n, c.Project)
	}
	return nil
}

// consumersOf counts the living consumers of a project.
func consumersOf(ctx context.Context, control *stream.Control, project string) (n int, err error) {
	workers, err := control.Workers(ctx)
	for _, w := range workers {
		if w.Project == project && w.State != stream.Lost {
			n++
		}
	}
	return n, err
}
