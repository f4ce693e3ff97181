package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"pushstream/internal/audit"
)

func (a *app) holdList(ctx context.Context, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	holds, err := a.control.Holds(ctx)
	if err != nil {
		return err
	}
	t := newTable(stdout, "PROJECT", "REASON", "CODE", "SINCE", "UNTIL", "NEXT PROBE", "WORKERS", "TOKENS", "FAILING SINCE", "DETAIL", "WHAT ENDS IT")
	for _, h := range holds {
		t.row(h.Project, h.Reason, h.Code, h.Since, h.Until, h.ProbeAt, strings.Join(h.Workers, " "), h.Tokens, h.FailingSince, h.Detail, h.Mend)
	}
	return t.flush()
}

func (a *app) holdEnd(ctx context.Context, project string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	switch was, err := a.control.EndHold(ctx, project); {
	case err != nil:
		return err
	case !was:
		return outcomeError{audit.Refused, fmt.Errorf("sending to %s is not held", cell(project))}
	}
	fmt.Fprintf(stdout, "the hold of %s has ended; sending begins slowly\n", cell(project))
	return nil
}
