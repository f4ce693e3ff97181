package main

import (
	"context"

	"pushstream/internal/audit"
)

type userEnable struct{ userName }

// Entry is what the audit log says.
func (c *userEnable) Entry() audit.Entry {
	return audit.Entry{Action: audit.UserEnable, Subject: c.Name}
}

// Run enables a user.
func (c *userEnable) Run(ctx context.Context, a *app) error { return a.access.Enable(ctx, c.Name) }
