package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/admin"
	"pushstream/internal/apikey"
)

func (a *app) userAdd(ctx context.Context, f *userAddFlags, stdout, stderr io.Writer) error {
	return a.withPassword(ctx, f.Generate, stdout, stderr, func(ctx context.Context, password string) error {
		return a.access.AddUser(ctx, access.NewUser{Name: f.Name, Password: password, Role: access.Role(f.Role), Reveal: f.Reveal, By: osUser()})
	})
}

func (a *app) userPasswd(ctx context.Context, f *userPasswdFlags, stdout, stderr io.Writer) error {
	return a.withPassword(ctx, f.Generate, stdout, stderr, func(ctx context.Context, password string) error {
		return a.access.SetPassword(ctx, f.Name, password)
	})
}

// withPassword does something with a new password, which it asks for, or makes and
// prints.
func (a *app) withPassword(ctx context.Context, generate bool, stdout, stderr io.Writer, do func(ctx context.Context, password string) error) error {
	password := rand.Text() // 130 bits
	if !generate {
		var err error
		if password, err = askPassword(ctx, a.stdin, stderr); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := do(ctx, password); err != nil {
		return err
	}
	if generate {
		fmt.Fprintln(stderr, "the password, shown this once:")
		fmt.Fprintln(stdout, password)
	}
	return nil
}

func (a *app) userList(ctx context.Context, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	users, err := a.access.Users(ctx)
	if err != nil {
		return err
	}
	t := newTable(stdout, "NAME", "ROLE", "REVEAL", "STATE", "LOGIN BY", "MADE", "MADE BY", "LAST LOGIN", "FROM")
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

func (a *app) userRole(ctx context.Context, f *userRoleFlags) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	u, err := a.access.User(ctx, f.Name)
	if err != nil {
		return err
	}
	a.result = map[string]string{"role_before": string(u.Role), "reveal_before": strconv.FormatBool(u.Reveal)}
	if f.Reveal != nil {
		u.Reveal = *f.Reveal
	}
	return a.access.SetRole(ctx, f.Name, access.Role(f.Role), u.Reveal)
}

// userDisable shuts a user out, and names what stops with it.
func (a *app) userDisable(ctx context.Context, name string, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := a.access.Disable(ctx, name); err != nil {
		return err
	}
	if err := admin.ForgetSearches(ctx, a.rdb, a.keys.Prefix, name); err != nil {
		return err
	}
	return a.tellStopped(ctx, access.Canonical(name), stderr)
}

// tellStopped names the tokens and keys that a user owns.
func (a *app) tellStopped(ctx context.Context, user string, stderr io.Writer) error {
	tokens, err := a.access.Tokens(ctx)
	if err != nil {
		return err
	}
	keys, err := apikey.New(a.rdb, a.keys.Prefix).List(ctx)
	for _, one := range tokens {
		if one.Owner == user && !one.Expired {
			fmt.Fprintf(stderr, "stopped: API token %s; to give it to somebody else: admin apitoken transfer %s --to USER\n", one.Name, one.Name)
		}
	}
	for _, k := range keys {
		if k.Owner == user && !k.Expired(time.Now()) {
			fmt.Fprintf(stderr, "stopped: producer key %s; to give it to somebody else: admin key transfer %s --to USER\n", k.Name, k.Name)
		}
	}
	return err
}

func (a *app) userEnable(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return a.access.Enable(ctx, name)
}

// shown is a time in a table; empty if there is none.
func shown(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
