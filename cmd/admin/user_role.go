package main

import (
	"context"
	"strconv"

	"pushstream/internal/access"
	"pushstream/internal/audit"
)

type userRole struct {
	userName
	Role   string `required:"" enum:"viewer,operator,admin" help:"Role: viewer, operator or admin."`
	Reveal *bool  `negatable:"" help:"Allow, or forbid, to see personal data in clear; unchanged if absent."`
}

// Entry is what the audit log says.
func (c *userRole) Entry() audit.Entry {
	e := audit.Entry{Action: audit.UserRole, Subject: c.Name, Details: map[string]string{"role": c.Role}}
	if c.Reveal != nil {
		e.Details["reveal"] = strconv.FormatBool(*c.Reveal)
	}
	return e
}

// Run changes the role.
func (c *userRole) Run(ctx context.Context, a *app) error {
	u, err := a.access.User(ctx, c.Name)
	if err != nil {
		return err
	}
	a.result = map[string]string{"role_before": string(u.Role), "reveal_before": strconv.FormatBool(u.Reveal)}
	if c.Reveal != nil {
		u.Reveal = *c.Reveal
	}
	return a.access.SetRole(ctx, c.Name, access.Role(c.Role), u.Reveal)
}
