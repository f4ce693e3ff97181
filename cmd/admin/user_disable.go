package main

import (
	"context"
	"fmt"

	"pushstream/internal/access"
	"pushstream/internal/admin"
	"pushstream/internal/audit"
)

type userDisable struct{ userName }

// Entry is what the audit log says.
func (c *userDisable) Entry() audit.Entry {
	return audit.Entry{Action: audit.UserDisable, Subject: c.Name}
}

// Run disables a user, and names what stops with the user.
func (c *userDisable) Run(ctx context.Context, a *app) error {
	if err := a.access.Disable(ctx, c.Name); err != nil {
		return err
	}
	if err := admin.ForgetSearches(ctx, a.rdb, a.keys.Prefix, c.Name); err != nil {
		return err
	}
	user := access.Canonical(c.Name)
	tokens, err := a.access.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, one := range tokens {
		if one.Owner == user && !one.Expired {
			fmt.Fprintf(a.stderr, "stopped: API token %s; to give it another owner: admin apitoken transfer %s --to USER\n", one.Name, one.Name)
		}
	}
	return nil
}
