package main

import (
	"context"
	"fmt"

	"pushstream/internal/audit"
	"pushstream/internal/setting"
)

type auditList struct {
	long
	auditFilter
	Limit  string  `default:"100" help:"Show this many entries, 1 to 1000."`
	Before *string `placeholder:"ID" help:"Show only entries older than the entry of this id."`

	query audit.Query
}

// Validate checks the flags.
func (c *auditList) Validate(check *setting.Checker) {
	c.query = c.auditFilter.check(check)
	c.query.Limit = check.Int("--limit", c.Limit, 1, audit.MaxLimit)
	if c.Before != nil {
		c.query.Before = *c.Before
		if !audit.ValidID(c.query.Before) {
			check.Fault("--before", fmt.Sprintf("%.80q is no id of an entry", c.query.Before))
		}
	}
}

// Run shows as many entries as are wanted.
func (c *auditList) Run(ctx context.Context, a *app) error {
	t := newTable(a.stdout, "AT", "WHO", "FROM", "ACTION", "SUBJECT", "CUSTOMER", "OUTCOME", "REASON")
	q := c.query
	for left := q.Limit; left > 0; {
		short, cancel := brief(ctx)
		q.Limit = left
		page, err := a.audit.List(short, q)
		cancel()
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			t.row(shown(e.At), string(e.Kind)+" "+e.Actor, e.Address, e.Action, e.Subject, e.Customer, e.Outcome, e.Reason)
		}
		left -= len(page.Entries)
		if q.Before = page.Next; q.Before == "" {
			break
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	if q.Before != "" {
		fmt.Fprintf(a.stderr, "older ones: --before %s\n", q.Before)
	}
	return nil
}
