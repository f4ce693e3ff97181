package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"pushstream/internal/audit"
	"pushstream/internal/setting"
)

type apiTokenConvert struct {
	Name string `arg:"" optional:"" help:"Name of the producer key, as list shows it."`
	All  bool   `help:"Convert all producer keys."`
	As   string `placeholder:"NAME" help:"Name of the token, if another token has the name of the key."`
}

// Validate checks the flags.
func (c *apiTokenConvert) Validate(check *setting.Checker) {
	switch {
	case (c.Name == "") == !c.All:
		check.Fault("NAME", "give the name of a producer key, or --all")
	case c.All && c.As != "":
		check.Fault("--as", "goes with the name of one producer key")
	}
}

// Entry is what the audit log says.
func (c *apiTokenConvert) Entry() audit.Entry {
	e := audit.Entry{Action: audit.APITokenConvert, Subject: cmp.Or(c.Name, "all producer keys")}
	if c.As != "" {
		e.Details = map[string]string{"as": c.As}
	}
	return e
}

// Run converts producer keys, and says of each what became of it.
func (c *apiTokenConvert) Run(ctx context.Context, a *app) error {
	keys, err := a.access.ConvertKeys(ctx, c.Name, c.As)
	left := 0
	for _, k := range keys {
		if k.Err != nil {
			left++
			fmt.Fprintf(a.stdout, "%s: not converted: %v\n", cell(k.Name), k.Err)
			continue
		}
		fmt.Fprintf(a.stdout, "%s: converted\n", cell(k.Name))
	}
	a.result = map[string]string{"converted": strconv.Itoa(len(keys) - left), "left": strconv.Itoa(left)}
	switch {
	case err != nil:
		return err
	case left == len(keys) && left > 0:
		return outcomeError{audit.Refused, fmt.Errorf("no producer key was converted; give --as NAME, or remove the token of that name")}
	case left > 0:
		return outcomeError{audit.Partial, fmt.Errorf("%d of %d producer keys were not converted; give --as NAME, or remove the token of that name", left, len(keys))}
	case len(keys) == 0:
		fmt.Fprintln(a.stderr, "there are no producer keys; nothing is to be converted")
	}
	return nil
}
