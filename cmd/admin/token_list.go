package main

import (
	"context"
	"fmt"

	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
)

type tokenList struct {
	Page string `default:"1" help:"Show this page, from 1."`
	Size string `default:"100" help:"Show this many tokens on a page, 1 to 1000."`

	page, size int
}

// Validate checks the flags.
func (c *tokenList) Validate(check *setting.Checker) {
	c.page, c.size = check.Int("--page", c.Page, 1, 1_000_000), check.Int("--size", c.Size, 1, pushlog.MaxPageSize)
}

// Run lists a page of the suppressed tokens.
func (c *tokenList) Run(ctx context.Context, a *app) error {
	project, err := a.control.Project(ctx)
	if err != nil {
		return err
	}
	tokens, total, err := a.control.SuppressedTokens(ctx, project, c.page, c.size)
	if err != nil {
		return err
	}
	t := newTable(a.stdout, "HASH", "SINCE", "CODE", "PUSH")
	for _, one := range tokens {
		t.row(one.Hash, one.At, one.Code, one.Push)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if int64(len(tokens)) < total {
		fmt.Fprintf(a.stderr, "page %d of %d suppressed tokens; --page and --size show others\n", c.page, total)
	}
	return nil
}
