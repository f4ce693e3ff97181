package stream

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
	"pushstream/internal/redismemory"
)

// Limit is what a job that was refused found full. It is a closed set: labels of a
// metric, and the last word of a problem's type in the HTTP API.
type Limit string

// The limits.
const (
	LimitBacklog   Limit = "backlog"   // MAX_BACKLOG
	LimitScheduled Limit = "scheduled" // MAX_SCHEDULED
	LimitMemory    Limit = "memory"    // Redis's maxmemory
)

// Limits returns every limit, so that metrics can start each at zero.
func Limits() []Limit { return []Limit{LimitBacklog, LimitScheduled, LimitMemory} }

// Limit is what a job of this answer found full; empty if it was not refused.
func (a Answer) Limit() Limit {
	switch a {
	case Refused:
		return LimitBacklog
	case RefusedScheduled:
		return LimitScheduled
	case RefusedMemory:
		return LimitMemory
	}
	return ""
}

// limits are those of one partition, as accept.lua takes them; 0 is none.
type limits struct{ backlog, urgent, scheduled int }

// newLimits shares limits of all partitions out among them.
func newLimits(o ProducerOptions, partitions int) (l limits) {
	share := func(n int) int { return max(1, n/partitions) }
	if o.MaxBacklog > 0 {
		l.backlog, l.urgent = share(o.MaxBacklog), share(o.MaxBacklog/urgentShare)
	}
	if o.MaxScheduled > 0 {
		l.scheduled = share(o.MaxScheduled)
	}
	return l
}

// urgentShare is which part of MaxBacklog urgent pushes have to themselves: a tenth.
const urgentShare = 10

// Room is how full a store is, against the limits of a producer. A limit of 0 is none.
type Room struct {
	Backlog        int64 // on the streams, waiting for the next try, or reserved and due
	BacklogLimit   int64
	Scheduled      int64 // reserved for later
	ScheduledLimit int64
	Memory         redismemory.Memory
}

// String says of a limit how full it is, and what to do.
func (r Room) String(full Limit) string {
	switch full {
	case LimitBacklog:
		return fmt.Sprintf("the backlog is full: %d unfinished pushes of at most %d (MAX_BACKLOG); reserved ones that are not due don't count", r.Backlog, r.BacklogLimit)
	case LimitScheduled:
		return fmt.Sprintf("too many reserved pushes: %d of at most %d (MAX_SCHEDULED)", r.Scheduled, r.ScheduledLimit)
	case LimitMemory:
		return fmt.Sprintf("Redis is out of memory: %s, with a backlog of %d; give it more (maxmemory), or keep fewer finished pushes (LOG_MAX_ROWS, LOG_MAX_AGE, admin log flush)", r.Memory, r.Backlog)
	}
	return ""
}

// Room reads how full the store is.
func (p *Producer) Room(ctx context.Context) (Room, error) {
	r := Room{BacklogLimit: int64(p.opt.MaxBacklog), ScheduledLimit: int64(p.opt.MaxScheduled)}
	var err error
	if r.Backlog, r.Scheduled, err = CountRoom(ctx, p.rdb, p.keys); err != nil {
		return r, err
	}
	r.Memory, err = redismemory.Read(ctx, p.rdb)
	return r, err
}

// CountRoom counts what accept.lua compares with its limits, over all partitions.
func CountRoom(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) (backlog, scheduled int64, err error) {
	at, err := redisclock.Time(ctx, rdb, controlKey(keys))
	if err != nil {
		return 0, 0, err
	}
	pipe, now := rdb.Pipeline(), strconv.FormatInt(at.UnixMilli(), 10)
	var streams, dues, retrying, reserved []*redis.IntCmd
	for _, p := range keys.All() {
		streams = append(streams, pipe.XLen(ctx, jobsKey(p)), pipe.XLen(ctx, urgentKey(p)))
		dues = append(dues, pipe.ZCount(ctx, dueKey(p), "-inf", now))
		retrying = append(retrying, pipe.ZCard(ctx, p.StatusIndex(push.Retrying)))
		reserved = append(reserved, pipe.ZCard(ctx, p.StatusIndex(push.Scheduled)))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, 0, fmt.Errorf("count the backlog: %w", err)
	}
	for _, n := range streams {
		backlog += n.Val()
	}
	for i := range dues {
		backlog += max(dues[i].Val(), retrying[i].Val())
		scheduled += reserved[i].Val()
	}
	return backlog, scheduled, nil
}

// Refusal says which limits refused jobs, with figures; empty if none did. If Redis does
// not say how full they are, it names the limits alone.
func (p *Producer) Refusal(ctx context.Context, answers []Answer) (Limit, string) {
	var first Limit
	var said []string
	var room *Room
	for _, limit := range Limits() {
		for _, a := range answers {
			if a.Limit() != limit {
				continue
			}
			if first == "" {
				first = limit
			}
			if room == nil {
				room = &Room{BacklogLimit: int64(p.opt.MaxBacklog), ScheduledLimit: int64(p.opt.MaxScheduled)}
				if r, err := p.Room(ctx); err == nil {
					room = &r
				}
			}
			said = append(said, room.String(limit))
			break
		}
	}
	return first, strings.Join(said, "; ")
}
