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
// each time it ended: more than once only if it was redriven. The hours say the
// same as the minutes.
func (c *check) checkCounters(ctx context.Context) error {
	want := c.ends()
	minutes, err := c.counted(ctx, "minutes", minuteKey, want)
	if err != nil {
		return err
	}
	hours, err := c.counted(ctx, "hours", hourKey, want)
	if err != nil {
		return err
	}
	for _, field := range want {
		delete(minutes, field.name)
		delete(hours, field.name)
	}
	rest := maps.Clone(minutes)
	maps.Copy(rest, hours)
	for _, field := range slices.Sorted(maps.Keys(rest)) {
		if minutes[field] != hours[field] {
			c.fault("the minutes count %d %s, the hours %d", minutes[field], field, hours[field])
		}
	}
	return nil
}

// counter is a field of the counters and what it must come to.
type counter struct {
	name string
	want int
}

// ends counts how the pushes came and ended, by their records.
func (c *check) ends() []counter {
	n := map[string]int{"accepted": len(c.records)}
	for _, id := range slices.Sorted(maps.Keys(c.records)) {
		r := c.records[id]
		n[string(r.Status())]++
		for _, field := range slices.Sorted(maps.Keys(r)) {
			if !strings.HasPrefix(field, "redrive.") {
				continue
			}
			before := redriven.FindStringSubmatch(r[field])
			if before == nil {
				c.fault("%s of %s is %q", field, id, r[field])
				continue
			}
			n[before[1]]++
			n["redriven"]++
		}
	}
	var all []counter
	for _, name := range []string{"accepted", "sent", "failed", "expired", "cancelled", "redriven"} {
		all = append(all, counter{name, n[name]})
	}
	return all
}

// counted sums up the counters of all minutes, or of all hours, and compares them.
func (c *check) counted(ctx context.Context, what string, k kind, want []counter) (map[string]int, error) {
	hashes, err := c.hashes(ctx, c.of[k])
	if err != nil {
		return nil, err
	}
	sum := map[string]int{}
	for i, h := range hashes {
		for _, field := range slices.Sorted(maps.Keys(h)) {
			n, err := strconv.Atoi(h[field])
			if err != nil || n < 0 {
				c.fault("%s of %s is %q", field, c.of[k][i], h[field])
			}
			sum[field] += n
		}
	}
	for _, field := range want {
		if sum[field.name] != field.want {
			c.fault("the %s count %d %s, there are %d", what, sum[field.name], field.name, field.want)
		}
	}
	return sum, nil
}
