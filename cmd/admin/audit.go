package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"pushstream/internal/audit"
	"pushstream/internal/export"
)

// auditList shows as many entries as are wanted.
func (a *app) auditList(ctx context.Context, stdout, stderr io.Writer) error {
	t := newTable(stdout, "AT", "WHO", "FROM", "ACTION", "SUBJECT", "CUSTOMER", "OUTCOME", "REASON")
	q := a.entries
	for left := q.Limit; left > 0; {
		short, cancel := context.WithTimeout(ctx, commandTimeout)
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
		fmt.Fprintf(stderr, "older ones: --before %s\n", q.Before)
	}
	return nil
}

// auditExport writes what the flags select to a file, or stdout if that is -.
func (a *app) auditExport(ctx context.Context, f *auditExportFlags, stdout, stderr io.Writer) error {
	return toFile(f.File, stdout, func(w io.Writer) error {
		told := time.Now()
		n, err := export.WriteAudit(w, export.Format(f.Format), func(do func([]audit.Entry) error) error { return a.audit.Each(ctx, a.entries, do) }, func(n int) {
			if time.Since(told) >= tellEvery {
				told = time.Now()
				fmt.Fprintf(stderr, "%d entries\n", n)
			}
		})
		a.result = map[string]string{"entries": strconv.Itoa(n)}
		if err == nil {
			fmt.Fprintf(stderr, "%d entries written\n", n)
		}
		return err
	})
}
