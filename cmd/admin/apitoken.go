package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"pushstream/internal/access"
)

func (a *app) apiTokenAdd(ctx context.Context, f *apiTokenAddFlags, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	var scopes []access.Permission
	for _, one := range f.Scope {
		scopes = append(scopes, access.Permission(one))
	}
	secret, err := a.access.AddToken(ctx, access.NewToken{Name: f.Name, Scopes: scopes, By: osUser(), Owner: f.Owner, ExpiresAt: a.clock.Now().Add(a.expires)})
	if err != nil {
		return err
	}
	fmt.Fprintln(stderr, "the token, shown this once (send it as Authorization: Bearer TOKEN):")
	fmt.Fprintln(stdout, secret)
	return nil
}

func (a *app) apiTokenList(ctx context.Context, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	tokens, err := a.access.Tokens(ctx)
	if err != nil {
		return err
	}
	t := newTable(stdout, "NAME", "STATE", "SCOPES", "MADE", "MADE BY", "OWNER", "EXPIRES", "USED")
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

func (a *app) apiTokenRemove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return a.access.RemoveToken(ctx, name)
}
