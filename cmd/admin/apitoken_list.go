package main

import (
	"context"
	"fmt"
	"strings"
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
		state := "works"
		if one.Expired {
			state = "expired"
		} else if one.Stopped {
			state = "stopped: its owner is disabled"
		}
		t.row(one.Name, state, strings.Trim(fmt.Sprint(one.Scopes), "[]"), shown(one.CreatedAt), one.CreatedBy, one.Owner, shown(one.ExpiresAt), shown(one.UsedAt))
	}
	return t.flush()
}
