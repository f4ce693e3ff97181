package main

import (
	"context"

	"pushstream/internal/audit"
)

// transferFlags name what gets another owner.
type transferFlags struct {
	Name string `arg:"" help:"Name, as list shows it."`
	To   string `required:"" placeholder:"USER" help:"Name of the new owner."`
}

func (f *transferFlags) entry(action audit.Action) audit.Entry {
	return audit.Entry{Action: action, Subject: f.Name, Details: map[string]string{"owner": f.To}}
}

type apiTokenTransfer struct{ transferFlags }

// Entry is what the audit log says.
func (c *apiTokenTransfer) Entry() audit.Entry { return c.entry(audit.APITokenGive) }

// Run gives a token another owner.
func (c *apiTokenTransfer) Run(ctx context.Context, a *app) error {
	return a.access.GiveToken(ctx, c.Name, c.To)
}
