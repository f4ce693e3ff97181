package main

import (
	"context"
	"encoding/json"

	"pushstream/internal/audit"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

type pushShow struct {
	ID string `arg:"" help:"Id of the push."`
}

// Entry is what the audit log says.
func (c *pushShow) Entry() audit.Entry { return audit.Entry{Action: audit.Reveal, Subject: c.ID} }

// Run prints the record of a push.
func (c *pushShow) Run(ctx context.Context, a *app) error {
	// With another number of partitions, it might not be found.
	if err := stream.CheckPartitions(ctx, a.rdb, a.keys); err != nil {
		return err
	}
	h, err := pushlog.New(a.rdb, a.keys).Hash(ctx, push.Short(c.ID))
	if err != nil {
		return err
	}
	if len(h) == 0 {
		return pushlog.ErrNotFound
	}
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(h)
}
