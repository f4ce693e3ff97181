package audit

import (
	"context"
	"fmt"
)

const (
	trimStep = 200 // entries of one script
	maxTrim  = 100 // steps of one Trim
)

// Trim removes entries that are older than Options.Keep, with their outcomes, and
// returns how many. It removes 20,000 at most; so call it from time to time. Age is by
// Redis's clock: a wrong one on the machine of an admin removes nothing.
func (l *Log) Trim(ctx context.Context) (removed int, err error) {
	for range maxTrim {
		answer, err := trimScript.Run(ctx, l.rdb, []string{l.keys.entries(), l.keys.outcomes()}, l.opt.Keep.Milliseconds(), trimStep)
		if err != nil {
			return removed, fmt.Errorf("trim the audit log: %w", err)
		}
		n, _ := answer.(int64)
		if removed += int(n); n < trimStep {
			break
		}
	}
	return removed, nil
}
