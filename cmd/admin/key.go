package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"pushstream/internal/apikey"
)

// commandTimeout bounds a command line's wait for Redis.
const commandTimeout = 10 * time.Second

func (a *app) keyAdd(ctx context.Context, f *keyAddFlags, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	k := apikey.Key{Name: f.Name, CreatedAt: a.clock.Now(), CreatedBy: osUser(), Owner: f.Owner}
	if a.expires > 0 {
		k.ExpiresAt = k.CreatedAt.Add(a.expires)
	}
	secret, err := apikey.New(a.rdb, a.keys.Prefix).Make(ctx, k)
	if err != nil {
		return fmt.Errorf("add key: %w", err)
	}
	fmt.Fprintln(stderr, "the key, shown this once (send it as Authorization: Bearer KEY):")
	fmt.Fprintln(stdout, secret)
	return nil
}

// keyList prints a line for each key, with tabs between: name, when and by whom it was
// made, owner, end, state.
func (a *app) keyList(ctx context.Context, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
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
		fmt.Fprintf(stdout, "%s\t%s\t%s\t%s\t%s\t%s\n", k.Name, k.CreatedAt.Format(time.RFC3339),
			cmp.Or(k.CreatedBy, "unknown"), cell(k.Owner), end, state)
	}
	return err
}

func (a *app) keyTransfer(ctx context.Context, f *transferFlags) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return apikey.New(a.rdb, a.keys.Prefix).Give(ctx, f.Name, f.To)
}

func (a *app) apiTokenTransfer(ctx context.Context, f *transferFlags) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return a.access.GiveToken(ctx, f.Name, f.To)
}

func (a *app) keyRemove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := apikey.New(a.rdb, a.keys.Prefix).Remove(ctx, name); err != nil {
		return fmt.Errorf("remove key: %w", err)
	}
	return nil
}
