package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"pushstream/internal/audit"
	"pushstream/internal/export"
	"pushstream/internal/setting"
)

type auditExport struct {
	long
	File string `arg:"" help:"File to write; - is standard output. The file appears when it is complete, and replaces one of that name."`
	auditFilter
	Format string `enum:"csv,ndjson" default:"csv" help:"Write csv (for spreadsheets, formulas defused) or ndjson."`

	query audit.Query
}

// Validate checks the flags.
func (c *auditExport) Validate(check *setting.Checker) { c.query = c.auditFilter.check(check) }

// Entry is what the audit log says.
func (c *auditExport) Entry() audit.Entry {
	return audit.Entry{Action: audit.AuditExport, Subject: filterText(c.query), Customer: c.query.Customer,
		Details: map[string]string{"format": c.Format}}
}

// Run writes the entries that the flags select.
func (c *auditExport) Run(ctx context.Context, a *app) error {
	return toFile(c.File, a.stdout, func(w io.Writer) error {
		told := time.Now()
		n, err := export.WriteAudit(w, export.Format(c.Format), func(do func([]audit.Entry) error) error { return a.audit.Each(ctx, c.query, do) }, func(n int) {
			if time.Since(told) >= tellEvery {
				told = time.Now()
				fmt.Fprintf(a.stderr, "%d entries\n", n)
			}
		})
		a.result = map[string]string{"entries": strconv.Itoa(n)}
		if err == nil {
			fmt.Fprintf(a.stderr, "%d entries written\n", n)
		}
		return err
	})
}
