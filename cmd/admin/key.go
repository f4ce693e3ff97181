package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/setting"
)

// The commands of admin key are those of admin apitoken for tokens with the scope submit,
// as scripts know them: producers had keys of their own before.
type (
	keyAdd struct {
		apiTokenName
		Owner   string `placeholder:"USER" help:"User who owns the token. No owner if empty."`
		Expires string `placeholder:"AGE" help:"Time for which the token works, such as 90d. Without end if empty."`

		token apiTokenAdd
	}
	keyList     struct{}
	keyRemove   struct{ apiTokenRemove }
	keyTransfer struct{ apiTokenTransfer }
)

// Validate checks the flags.
func (c *keyAdd) Validate(check *setting.Checker) {
	c.token = apiTokenAdd{apiTokenName: c.apiTokenName, Scope: []string{string(access.Submit)}, Expires: c.Expires, Owner: c.Owner}
	c.token.Validate(check)
}

// Entry is what the audit log says.
func (c *keyAdd) Entry() audit.Entry { return c.token.Entry() }

// Run makes a token with the scope submit.
func (c *keyAdd) Run(ctx context.Context, a *app) error {
	fmt.Fprintln(a.stderr, "admin key is now admin apitoken: admin apitoken add NAME --scope submit")
	return c.token.Run(ctx, a)
}

// Run prints a line for each token with the scope submit, with tabs between: name, when
// and by whom it was made, owner, end, state.
func (*keyList) Run(ctx context.Context, a *app) error {
	tokens, err := submitTokens(ctx, a)
	for _, t := range tokens {
		end := "never"
		if !t.ExpiresAt.IsZero() {
			end = t.ExpiresAt.Format(time.RFC3339)
		}
		fmt.Fprintf(a.stdout, "%s\t%s\t%s\t%s\t%s\t%s\n", t.Name, t.CreatedAt.Format(time.RFC3339),
			cmp.Or(t.CreatedBy, "unknown"), cell(t.Owner), end, stateOf(t))
	}
	return err
}

// Run removes a token with the scope submit.
func (c *keyRemove) Run(ctx context.Context, a *app) error {
	if err := submits(ctx, a, c.Name); err != nil {
		return err
	}
	return c.apiTokenRemove.Run(ctx, a)
}

// Run gives a token with the scope submit another owner.
func (c *keyTransfer) Run(ctx context.Context, a *app) error {
	if err := submits(ctx, a, c.Name); err != nil {
		return err
	}
	return c.apiTokenTransfer.Run(ctx, a)
}

// submits checks that a token has the scope submit.
func submits(ctx context.Context, a *app, name string) error {
	tokens, err := submitTokens(ctx, a)
	if err == nil && !slices.ContainsFunc(tokens, func(t access.Token) bool { return access.Canonical(t.Name) == access.Canonical(name) }) {
		err = access.ErrNoToken
	}
	return err
}

func submitTokens(ctx context.Context, a *app) ([]access.Token, error) {
	tokens, err := a.access.Tokens(ctx)
	return slices.DeleteFunc(tokens, func(t access.Token) bool { return !slices.Contains(t.Scopes, access.Submit) }), err
}
