package main

import (
	"context"
)

type sessionList struct {
	Name string `arg:"" optional:"" help:"List only the sessions of this user."`
}

// Run lists the sessions.
func (c *sessionList) Run(ctx context.Context, a *app) error {
	sessions, err := a.access.Sessions(ctx, c.Name)
	if err != nil {
		return err
	}
	t := newTable(a.stdout, "ID", "USER", "BY", "FROM", "SINCE", "USED", "ENDS", "BROWSER")
	for _, s := range sessions {
		t.row(s.ID, s.User, s.How, s.Address, shown(s.CreatedAt), shown(s.SeenAt), shown(s.EndsAt), s.UserAgent)
	}
	return t.flush()
}
