package main

import (
	"context"
	"fmt"

	"pushstream/internal/audit"
)

type jobCancel struct{ jobID }

// Entry is what the audit log says.
func (c *jobCancel) Entry() audit.Entry { return audit.Entry{Action: audit.JobCancel, Subject: c.ID} }

// Run ends a job with the steps that are planned. What it has changed stays so.
func (c *jobCancel) Run(ctx context.Context, a *app) error {
	if _, err := a.job(ctx, c.ID); err != nil {
		return err
	}
	j, err := a.jobs.Cancel(ctx, c.ID, author())
	if err != nil {
		return err
	}
	word := "cancelled"
	if j.State.Open() {
		word = "it ends with the step that is planned"
	}
	fmt.Fprintf(a.stdout, "%s: %s\n", word, summary(j))
	return nil
}
