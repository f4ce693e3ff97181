package main

import (
	"context"

	"pushstream/internal/audit"
)

type apiTokenRemove struct{ apiTokenName }

// Entry is what the audit log says.
func (c *apiTokenRemove) Entry() audit.Entry {
	return audit.Entry{Action: audit.APITokenRemove, Subject: c.Name}
}

// Run removes a token.
func (c *apiTokenRemove) Run(ctx context.Context, a *app) error {
	return a.access.RemoveToken(ctx, c.Name)
}
