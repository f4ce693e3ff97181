package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"pushstream/internal/apikey"
	"pushstream/internal/audit"
	"pushstream/internal/setting"
)

// keyName names a key.
type keyName struct {
	Name string `arg:"" help:"Name of the key: 1 to 64 characters of A-Z a-z 0-9 . _ -"`
}

type (
	keyAdd struct {
		keyName
		Owner   string `placeholder:"USER" help:"User who owns the key: it stops when the user is disabled. No owner if empty."`
		Expires string `placeholder:"AGE" help:"Time for which the key works, such as 90d. No end if empty."`

		expires time.Duration
	}
	keyList     struct{}
	keyRemove   struct{ keyName }
	keyTransfer struct{ transferFlags }
)

// longestKey is how long a producer's key may work, if it has an end.
const longestKey = 3650 * 24 * time.Hour

// Validate checks the flags.
func (c *keyAdd) Validate(check *setting.Checker) {
	if c.Expires != "" {
		c.expires = checkAge(check, c.Expires, longestKey)
	}
}

// Entry is what the audit log says.
func (c *keyAdd) Entry() audit.Entry { return audit.Entry{Action: audit.KeyAdd, Subject: c.Name} }

// Entry is what the audit log says.
func (c *keyRemove) Entry() audit.Entry { return audit.Entry{Action: audit.KeyRemove, Subject: c.Name} }

// Entry is what the audit log says.
func (c *keyTransfer) Entry() audit.Entry { return c.entry(audit.KeyGive) }

// Run makes a key.
func (c *keyAdd) Run(ctx context.Context, a *app) error {
	k := apikey.Key{Name: c.Name, CreatedAt: a.clock.Now(), CreatedBy: osUser(), Owner: c.Owner}
	if c.expires > 0 {
		k.ExpiresAt = k.CreatedAt.Add(c.expires)
	}
	secret, err := apikey.New(a.rdb, a.keys.Prefix).Make(ctx, k)
	if err != nil {
		return fmt.Errorf("add key: %w", err)
	}
	fmt.Fprintln(a.stderr, "the key, shown this once (send it as Authorization: Bearer KEY):")
	fmt.Fprintln(a.stdout, secret)
	return nil
}

// Run prints a line for each key, with tabs between: name, when and by whom it was made,
// owner, end, state.
func (*keyList) Run(ctx context.Context, a *app) error {
	store := apikey.New(a.rdb, a.keys.Prefix)
	keys, err := store.List(ctx)
	if err != nil {
		return err
	}
	out, err := store.ShutOut(ctx, keys)
	for _, k := range keys {
		end, state := "never", "works"
		if !k.ExpiresAt.IsZero() {
			end = k.ExpiresAt.Format(time.RFC3339)
		}
		switch {
		case k.Expired(a.clock.Now()):
			state = "expired"
		case out[k.Owner]:
			state = "stopped: its owner is disabled"
		}
		fmt.Fprintf(a.stdout, "%s\t%s\t%s\t%s\t%s\t%s\n", k.Name, k.CreatedAt.Format(time.RFC3339),
			cmp.Or(k.CreatedBy, "unknown"), cell(k.Owner), end, state)
	}
	return err
}

// Run gives a key another owner.
func (c *keyTransfer) Run(ctx context.Context, a *app) error {
	return apikey.New(a.rdb, a.keys.Prefix).Give(ctx, c.Name, c.To)
}

// Run takes a key away.
func (c *keyRemove) Run(ctx context.Context, a *app) error {
	if err := apikey.New(a.rdb, a.keys.Prefix).Remove(ctx, c.Name); err != nil {
		return fmt.Errorf("remove key: %w", err)
	}
	return nil
}
