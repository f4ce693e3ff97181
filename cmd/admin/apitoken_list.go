package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"pushstream/internal/access"
)

type apiTokenList struct{}

// Run lists the tokens.
func (*apiTokenList) Run(ctx context.Context, a *app) error {
	tokens, err := a.access.Tokens(ctx)
	if err != nil {
		return err
	}
	t := newTable(a.stdout, "NAME", "STATE", "SCOPES", "MADE", "MADE BY", "OWNER", "EXPIRES", "USED")
	for _, one := range tokens {
		t.row(one.Name, stateOf(one), strings.Trim(fmt.Sprint(one.Scopes), "[]"), shown(one.CreatedAt), one.CreatedBy, one.Owner, cmp.Or(shown(one.ExpiresAt), "never"), shown(one.UsedAt))
	}
	return t.flush()
}

// stateOf says whether a token works.
func stateOf(t access.Token) string {
	state := "works"
	if t.Expired {
		state = "expired"
	} else if t.Stopped {
		state = "stopped: its owner is disabled"
	}
	if t.Old {
		state += " (producer key: admin apitoken convert)"
	}
	return state
}
