package main

import (
	"context"
	"fmt"
	"strconv"

	"pushstream/internal/audit"
	"pushstream/internal/setting"
)

type sessionEnd struct {
	ID   string `arg:"" optional:"" help:"Id of the session, as list shows it."`
	User string `placeholder:"NAME" help:"End all sessions of this user instead."`
}

// Validate checks the flags.
func (c *sessionEnd) Validate(check *setting.Checker) {
	if (c.ID == "") == (c.User == "") {
		check.Fault("ID", "give the id of a session, or --user")
	}
}

// Entry is what the audit log says.
func (c *sessionEnd) Entry() audit.Entry {
	if c.User != "" {
		return audit.Entry{Action: audit.SessionEnd, Subject: "all of " + c.User}
	}
	return audit.Entry{Action: audit.SessionEnd, Subject: c.ID}
}

// Run ends one session, or all of a user.
func (c *sessionEnd) Run(ctx context.Context, a *app) error {
	if c.User == "" {
		return a.access.EndSession(ctx, c.ID)
	}
	if _, err := a.access.User(ctx, c.User); err != nil {
		return err
	}
	n, err := a.access.EndSessions(ctx, c.User)
	if err != nil {
		return err
	}
	a.result = map[string]string{"sessions": strconv.Itoa(n)}
	fmt.Fprintf(a.stdout, "%d sessions ended\n", n)
	return nil
}
