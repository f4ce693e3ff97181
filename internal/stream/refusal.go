package stream

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/push"
)

// A push that is refused without FCM's word (403 of a proxy, of a filter of contents)
// while others get through is refused for what it is. Whether others do, only its next
// try knows: the first refusal counts for nothing, the second for both.

// maxRefusals is how often a push may be refused so.
const maxRefusals = 3

// parseRefused reads how often a push was refused, and when: "2 1764468001123".
func parseRefused(s string) (n int, at time.Time) {
	count, ms, _ := strings.Cut(s, " ")
	n, _ = strconv.Atoi(count) // it is absent, or retry wrote it
	if t, err := strconv.ParseInt(ms, 10, 64); err == nil {
		at = time.UnixMilli(t)
	}
	return n, at
}

// refusalsOf is how often a push was refused with this time, if FCM has answered another
// since the time before; else this is the first.
func refusalsOf(d *delivery, lastAnswer time.Time) int {
	if d.refusals > 0 && lastAnswer.After(d.refusedAt) {
		return d.refusals + 1
	}
	return 1
}

// refuse settles a delivery that was refused.
func (p policy) refuse(d *delivery, o push.Outcome, start time.Time, r ruling) settlement {
	if r.refusals == 2 {
		d.attempts++ // the first counts now, too
	}
	s := p.decide(d, o, start, false)
	if r.refusals > 1 {
		s.tried = d.attempts + 1
	}
	if r.refusals >= maxRefusals {
		s.status, s.line = push.Failed, tryLine(p.consumer, o, start)
		return s
	}
	s.refused = fmt.Sprintf("%d %d", r.refusals, s.at.UnixMilli())
	return s
}
