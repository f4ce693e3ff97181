package main

import (
	"context"
	"strconv"

	"pushstream/internal/access"
	"pushstream/internal/audit"
)

// userName names a user.
type userName struct {
	Name string `arg:"" help:"Name of the user: 1 to 64 characters of A-Z a-z 0-9 . _ @ -; case does not matter."`
}

type userAdd struct {
	userName
	Role   string `required:"" enum:"viewer,operator,admin" help:"Role: viewer, operator or admin."`
	Reveal bool   `help:"Allow to see personal data in clear, one record at a time, with a reason."`
	newPassword
}

// Entry is what the audit log says.
func (c *userAdd) Entry() audit.Entry {
	return audit.Entry{Action: audit.UserAdd, Subject: c.Name, Details: map[string]string{"role": c.Role, "reveal": strconv.FormatBool(c.Reveal)}}
}

// Run adds the user.
func (c *userAdd) Run(ctx context.Context, a *app) error {
	return c.with(ctx, a, func(ctx context.Context, password string) error {
		return a.access.AddUser(ctx, access.NewUser{Name: c.Name, Password: password, Role: access.Role(c.Role), Reveal: c.Reveal, By: osUser()})
	})
}
