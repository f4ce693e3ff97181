package main

import (
	"context"

	"pushstream/internal/audit"
)

type userPasswd struct {
	userName
	newPassword
}

// Entry is what the audit log says.
func (c *userPasswd) Entry() audit.Entry {
	return audit.Entry{Action: audit.UserPassword, Subject: c.Name}
}

// Run sets the password.
func (c *userPasswd) Run(ctx context.Context, a *app) error {
	return c.with(ctx, a, func(ctx context.Context, password string) error { return a.access.SetPassword(ctx, c.Name, password) })
}
