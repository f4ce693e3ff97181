package main

import (
	"context"
	"fmt"
	"io"
)

func (a *app) tokenList(ctx context.Context, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	project, err := a.control.Project(ctx)
	if err != nil {
		return err
	}
	tokens, total, err := a.control.DeadTokens(ctx, project, a.page.number, a.page.size)
	if err != nil {
		return err
	}
	t := newTable(stdout, "HASH", "SINCE", "CODE", "PUSH")
	for _, one := range tokens {
		t.row(one.Hash, one.At, one.Code, one.Push)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if int64(len(tokens)) < total {
		fmt.Fprintf(stderr, "page %d of %d dead tokens; --page and --size show others\n", a.page.number, total)
	}
	return nil
}

func (a *app) tokenForget(ctx context.Context, hash string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	project, err := a.control.Project(ctx)
	if err != nil {
		return err
	}
	if err := a.control.ForgetToken(ctx, project, hash); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "forgotten; pushes to it are sent again")
	return nil
}
