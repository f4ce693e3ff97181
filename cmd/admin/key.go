package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"pushstream/internal/apikey"
)

// commandTimeout bounds a command line's wait for Redis.
const commandTimeout = 10 * time.Second

func (a *app) keyAdd(ctx context.Context, name string, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	secret, err := apikey.New(a.rdb, a.keys.Prefix).Add(ctx, name, time.Now())
	if err != nil {
		return fmt.Errorf("add key: %w", err)
	}
	fmt.Fprintln(stderr, "the key, shown this once (send it as Authorization: Bearer KEY):")
	fmt.Fprintln(stdout, secret)
	return nil
}

func (a *app) keyList(ctx context.Context, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	keys, err := apikey.New(a.rdb, a.keys.Prefix).List(ctx)
	for _, k := range keys {
		fmt.Fprintf(stdout, "%s\t%s\n", k.Name, k.CreatedAt.Format(time.RFC3339))
	}
	return err
}

func (a *app) keyRemove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := apikey.New(a.rdb, a.keys.Prefix).Remove(ctx, name); err != nil {
		return fmt.Errorf("remove key: %w", err)
	}
	return nil
}
