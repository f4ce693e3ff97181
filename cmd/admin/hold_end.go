package main

import (
	"context"
	"fmt"

	"pushstream/internal/audit"
)

type holdEnd struct {
	Project string `arg:"" help:"Firebase project, as list shows it."`
}

// Entry is what the audit log says.
func (c *holdEnd) Entry() audit.Entry {
	return audit.Entry{Action: audit.HoldEnd, Subject: c.Project}
}

// Run ends a hold.
func (c *holdEnd) Run(ctx context.Context, a *app) error {
	switch was, err := a.control.EndHold(ctx, c.Project); {
	case err != nil:
		return err
	case !was:
		return outcomeError{audit.Refused, fmt.Errorf("sending to %s is not held", cell(c.Project))}
	}
	fmt.Fprintf(a.stdout, "the hold of %s has ended; sending begins slowly\n", cell(c.Project))
	return nil
}
