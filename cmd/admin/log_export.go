package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"

	"pushstream/internal/admin"
	"pushstream/internal/audit"
	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
)

type logExport struct {
	long
	filterFlags
	Order  *string `help:"Order: newest or oldest first; newest if absent."`
	Format *string `help:"Write csv (exact values, which producer load can import) or ndjson (the records of the API); csv if absent."`
	For    *string `placeholder:"excel" help:"Write a CSV for people who open it in Excel: all values as text, no formulas, times in --zone. Without it, a spreadsheet reads some values as numbers, dates or formulas."`
	Lang   *string `placeholder:"ko|en" help:"Language of column heads and states with --for excel: ko or en; ko if absent."`
	Output string  `default:"-" placeholder:"FILE" help:"File to write; - is standard output. The file appears when it is complete, and replaces one of that name."`

	export admin.Export
}

// Validate checks the flags.
func (c *logExport) Validate(check *setting.Checker) {
	given := c.given()
	maps.Copy(given, givenFlags(map[string]*string{admin.FieldOrder: c.Order, admin.FieldFormat: c.Format, admin.FieldFor: c.For, admin.FieldLanguage: c.Lang}))
	var err error
	c.export, err = admin.ParseExport(given, check.Zone("PUSH_ZONE", c.Zone))
	if err != nil {
		check.Add(err)
	}
	if c.Output == "" {
		check.Fault("--output", "must be the name of a file, or -")
	}
}

// Entry is what the audit log says.
func (c *logExport) Entry() audit.Entry {
	e := selected(audit.Export, nil, c.given())
	e.Details = map[string]string{"format": string(c.export.Format)}
	return e
}

// Run writes the pushes that the flags select.
func (c *logExport) Run(ctx context.Context, a *app) error {
	short, cancel := brief(ctx)
	defer cancel()
	// With another number of partitions, some pushes would not be found.
	if err := stream.CheckPartitions(short, a.rdb, a.keys); err != nil {
		return err
	}
	return toFile(c.Output, a.stdout, func(w io.Writer) error {
		n, err := c.write(ctx, a, w)
		a.result = map[string]string{"pushes": strconv.Itoa(n)}
		return err
	})
}

// write writes the export and says on stderr how far it is.
func (c *logExport) write(ctx context.Context, a *app, w io.Writer) (int, error) {
	told := time.Now()
	n, err := c.export.Write(w, c.export.Of(ctx, pushlog.New(a.rdb, a.keys)), func(n int) {
		if time.Since(told) >= tellEvery {
			told = time.Now()
			fmt.Fprintf(a.stderr, "%d pushes\n", n)
		}
	})
	if err == nil {
		fmt.Fprintf(a.stderr, "%d pushes written\n", n)
	}
	return n, err
}
