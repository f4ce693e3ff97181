package main

import (
	"context"
	"encoding/json"
)

type jobShow struct{ jobID }

// Run prints a job as JSON.
func (c *jobShow) Run(ctx context.Context, a *app) error {
	j, err := a.job(ctx, c.ID)
	if err != nil {
		return err
	}
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(j)
}
