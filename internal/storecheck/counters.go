package storecheck

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// redriven reads a record's note of a redrive, the fields redrive.1 and so on:
// "2026-11-22T00:30:01.123Z was failed UNREGISTERED after 1 attempts …".
var redriven = regexp.MustCompile(`^\S+ was (failed|expired|cancelled) `)

// checkCounters: each push was counted once when it was accepted, and once
// each time it ended: more than once only if it was redriven.
func (c *check) checkCounters(ctx context.Context) error {
	minutes, err := c.hashes(ctx, c.of[minuteKey])
	if err != nil {
		return err
	}
	got := map[string]int{}
	for i, minute := range minutes {
		for _, field := range slices.Sorted(maps.Keys(minute)) {
			n, err := strconv.Atoi(minute[field])
			if err != nil || n < 0 {
				c.fault("%s of %s is %q", field, c.of[minuteKey][i], minute[field])
			}
			got[field] += n
		}
	}
	want := map[string]int{"accepted": len(c.records)}
	for _, id := range slices.Sorted(maps.Keys(c.records)) {
		r := c.records[id]
		want[string(r.Status())]++
		for field, note := range r {
			if !strings.HasPrefix(field, "redrive.") {
				continue
			}
			before := redriven.FindStringSubmatch(note)
			if before == nil {
				c.fault("%s of %s is %q", field, id, note)
				continue
			}
			want[before[1]]++
			want["redriven"]++
		}
	}
	for _, field := range []string{"accepted", "sent", "failed", "expired", "cancelled", "redriven"} {
		if got[field] != want[field] {
			c.fault("the minutes count %d %s, there are %d", got[field], field, want[field])
		}
	}
	return nil
}
