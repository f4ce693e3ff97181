package pushlog

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// pageScript reads a page of one sorted set by rank, and counts, at one moment.
//
// KEYS  1 the index
// ARGV  1 from (ms)  2 to (ms)  3 members to skip  4 members to read  5 'oldest' or
//
//	'newest' first
//
// Returns how many members there are in the span, then the page's members and
// scores by turns. It changes nothing.
var pageScript = redis.NewScript(`#!lua flags=no-writes
local key, skip, size = KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local total = redis.call('ZCOUNT', key, ARGV[1], ARGV[2])
if skip >= total then return { total } end
local first, last = skip, math.min(skip + size, total) - 1
local answer
if ARGV[5] == 'oldest' then
  local before = redis.call('ZCOUNT', key, '-inf', '(' .. ARGV[1])
  answer = redis.call('ZRANGE', key, before + first, before + last, 'WITHSCORES')
else
  local after = redis.call('ZCOUNT', key, '(' .. ARGV[2], '+inf')
  answer = redis.call('ZRANGE', key, after + first, after + last, 'REV', 'WITHSCORES')
end
table.insert(answer, 1, total)
return answer`)

// ranked returns the members of a page of a plan that has one index, and how many
// the index has in the span.
func (l *Log) ranked(ctx context.Context, p *plan, skip, size int64) ([]member, int64, error) {
	order := "newest"
	if p.oldest {
		order = "oldest"
	}
	from, to := p.span.bounds()
	answer, err := pageScript.RunRO(ctx, l.rdb, []string{p.in[0].key}, from, to, skip, size, order).Slice()
	if err != nil || len(answer) == 0 {
		return nil, 0, fmt.Errorf("read a page: %w", err)
	}
	total, _ := answer[0].(int64)
	var members []member
	for i := 1; i+1 < len(answer); i += 2 {
		id, _ := answer[i].(string)
		members = append(members, member{p.in[0].partition, id, milli(answer[i+1])})
	}
	return members, total, nil
}

// startOf returns the millisecond in which the push is that skip others of the
// plan come before, and how many come before that millisecond. It counts, with a
// few questions for the whole log, and reads no members.
func (l *Log) startOf(ctx context.Context, p *plan, skip int64) (int64, int64, error) {
	before := func(ms int64) span { // what comes before all of ms
		if p.oldest {
			return span{p.span.from, ms - 1}
		}
		return span{ms + 1, p.span.to}
	}
	// Oldest first: the greatest ms before which there are at most skip. Newest
	// first: the smallest. It is in [low, high].
	low, high := p.span.from, p.span.to
	const parts = 8
	for low < high {
		var spans []span
		var at []int64
		for i := int64(1); i < parts; i++ {
			ms := low + (high-low)*i/parts
			if p.oldest {
				ms = low + ((high-low)*i+parts-1)/parts
			}
			at, spans = append(at, ms), append(spans, before(ms))
		}
		counts, err := l.size(ctx, p, spans...)
		if err != nil {
			return 0, 0, err
		}
		if p.oldest { // counts grow with ms: keep the greatest that has at most skip
			next := high
			for i, ms := range at {
				if counts[i] > skip {
					next = ms - 1
					break
				}
				low = max(low, ms)
			}
			high = max(low, next)
		} else { // counts shrink with ms: keep the smallest that has at most skip
			next := low
			for i := len(at) - 1; i >= 0; i-- {
				if counts[i] > skip {
					next = at[i] + 1
					break
				}
				high = min(high, at[i])
			}
			low = min(high, next)
		}
	}
	counts, err := l.size(ctx, p, before(low))
	return low, counts[0], err
}
