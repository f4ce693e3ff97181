package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/setting"
)

// apiTokenName names a token.
type apiTokenName struct {
	Name string `arg:"" help:"Name of the token: 1 to 64 characters of A-Z a-z 0-9 . _ @ -; case does not matter."`
}

type apiTokenAdd struct {
	apiTokenName
	Scope   []string `required:"" help:"Scopes, separated by commas: read, export, change, send, control, audit, settings; submit to hand in pushes at a producer."`
	Expires string   `placeholder:"AGE" help:"Time for which the token works, such as 90d or 12h; 400d at most. Empty: 90d. With the scope submit alone: 3650d at most. Empty: without end."`
	Owner   string   `placeholder:"USER" help:"User who owns the token: it stops with the user, and has at most the rights of the user. No owner if empty."`

	expires time.Duration // 0: without end
}

// longestSubmit is how long a token may work that has the scope submit alone.
const longestSubmit = 3650 * 24 * time.Hour

func (c *apiTokenAdd) scopes() []access.Permission {
	var scopes []access.Permission
	for _, one := range c.Scope {
		scopes = append(scopes, access.Permission(one))
	}
	return scopes
}

// Validate checks the flags.
func (c *apiTokenAdd) Validate(check *setting.Checker) {
	age, longest := c.Expires, access.LongestToken
	switch {
	case !access.SubmitsOnly(c.scopes()):
		age = cmp.Or(age, "90d")
	case age == "":
		return
	default:
		longest = longestSubmit
	}
	c.expires = checkAge(check, age, longest)
}

// Entry is what the audit log says.
func (c *apiTokenAdd) Entry() audit.Entry {
	return audit.Entry{Action: audit.APITokenAdd, Subject: c.Name, Details: map[string]string{"scopes": strings.Join(c.Scope, " "), "expires": cmp.Or(c.Expires, "default")}}
}

// Run makes a token, and prints its secret.
func (c *apiTokenAdd) Run(ctx context.Context, a *app) error {
	t := access.NewToken{Name: c.Name, Scopes: c.scopes(), By: osUser(), Owner: c.Owner}
	if c.expires > 0 {
		t.ExpiresAt = a.clock.Now().Add(c.expires)
	}
	secret, err := a.access.AddToken(ctx, t)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, "the token, shown this once (send it as Authorization: Bearer TOKEN):")
	fmt.Fprintln(a.stdout, secret)
	return nil
}

// checkAge reads a length of time, in days too.
func checkAge(check *setting.Checker, given string, longest time.Duration) time.Duration {
	text := given
	if n, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.Atoi(n); err == nil && days > 0 && days < 10_000 {
			text = strconv.Itoa(24*days) + "h"
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Minute || d > longest {
		check.Fault("--expires", fmt.Sprintf("%q must be such as 90d or 12h, 1m to %dd", given, longest/(24*time.Hour)))
	}
	return d
}
