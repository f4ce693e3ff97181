package main

import (
	"context"
)

type userList struct{}

// Run lists the users.
func (*userList) Run(ctx context.Context, a *app) error {
	users, err := a.access.Users(ctx)
	if err != nil {
		return err
	}
	t := newTable(a.stdout, "NAME", "ROLE", "REVEAL", "STATE", "LOGIN BY", "MADE", "MADE BY", "LAST LOGIN", "FROM")
	for _, u := range users {
		reveal, state := "no", "enabled"
		if u.Reveal {
			reveal = "yes"
		}
		if u.Disabled {
			state = "disabled"
		}
		t.row(u.Name, u.Role, reveal, state, u.How, shown(u.CreatedAt), u.CreatedBy, shown(u.LoginAt), u.LoginFrom)
	}
	return t.flush()
}
