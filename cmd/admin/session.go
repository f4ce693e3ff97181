package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
)

func (a *app) sessionList(ctx context.Context, user string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	sessions, err := a.access.Sessions(ctx, user)
	if err != nil {
		return err
	}
	t := newTable(stdout, "ID", "USER", "BY", "FROM", "SINCE", "USED", "ENDS", "BROWSER")
	for _, s := range sessions {
		t.row(s.ID, s.User, s.How, s.Address, shown(s.CreatedAt), shown(s.SeenAt), shown(s.EndsAt), s.UserAgent)
	}
	return t.flush()
}

func (a *app) sessionEnd(ctx context.Context, f *sessionEndFlags, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if f.User == "" {
		return a.access.EndSession(ctx, f.ID)
	}
	if _, err := a.access.User(ctx, f.User); err != nil {
		return err
	}
	n, err := a.access.EndSessions(ctx, f.User)
	if err != nil {
		return err
	}
	a.result = map[string]string{"sessions": strconv.Itoa(n)}
	fmt.Fprintf(stdout, "%d sessions ended\n", n)
	return nil
}
