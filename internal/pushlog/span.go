package pushlog

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// span is a range of accepted times in ms, both ends in it.
type span struct{ from, to int64 }

func (s span) empty() bool { return s.from > s.to }

// bounds are the ends as commands of sorted sets take them.
func (s span) bounds() (from, to string) {
	return strconv.FormatInt(s.from, 10), strconv.FormatInt(s.to, 10)
}

// span is when the pushes of a filter may have been accepted.
func (f *Filter) span(asOf int64) span {
	s := span{0, asOf}
	if !f.Since.IsZero() {
		s.from = max(0, ceilMilli(f.Since))
	}
	if !f.Until.IsZero() {
		s.to = min(s.to, ceilMilli(f.Until)-1)
	}
	return s
}

// ceilMilli is the first millisecond that is not before t.
func ceilMilli(t time.Time) int64 {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	return ms
}

// nowScript answers Redis's clock in ms and the time of the newest push (or 0).
// KEYS 1 index. It changes nothing.
var nowScript = redis.NewScript(`#!lua flags=no-writes
local t = redis.call('TIME')
return { t[1] * 1000 + math.floor(t[2] / 1000), tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'REV', 'WITHSCORES')[2] or 0) }`)

// closed returns the latest millisecond in which nothing will be accepted any
// more, and before which everything is that was accepted before the call. For
// that it may have to wait until the present millisecond is over.
//
// Accept takes Redis's clock, or the time of the newest push if the clock has gone
// back behind it. Until it has caught up, that millisecond is the last, though more
// may be accepted in it. With several partitions it is the earliest of theirs: what
// the clocks of their servers differ by is not yet shown.
func (l *Log) closed(ctx context.Context) (int64, error) {
	earliest := int64(math.MaxInt64)
	for _, p := range l.keys.All() {
		for again := false; ; again = true {
			answer, err := nowScript.RunRO(ctx, l.rdb, []string{p.Index()}).Int64Slice()
			if err != nil || len(answer) != 2 {
				return 0, fmt.Errorf("read the clock: %w", err)
			}
			now, newest := answer[0], answer[1]
			if newest == now && !again { // it is not over
				time.Sleep(time.Millisecond)
				continue
			}
			last := now - 1
			if newest > now {
				last = newest
			}
			earliest = min(earliest, last)
			break
		}
	}
	return earliest, nil
}
