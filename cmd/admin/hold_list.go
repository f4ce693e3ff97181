package main

import (
	"context"
	"strings"
)

type holdList struct{}

// Run lists the holds.
func (*holdList) Run(ctx context.Context, a *app) error {
	holds, err := a.control.Holds(ctx)
	if err != nil {
		return err
	}
	t := newTable(a.stdout, "PROJECT", "REASON", "CODE", "SINCE", "UNTIL", "NEXT PROBE", "WORKERS", "TOKENS", "FAILING SINCE", "DETAIL", "WHAT ENDS IT")
	for _, h := range holds {
		t.row(h.Project, h.Reason, h.Code, h.Since, h.Until, h.ProbeAt, strings.Join(h.Workers, " "), h.Tokens, h.FailingSince, h.Detail, h.Mend)
	}
	return t.flush()
}
