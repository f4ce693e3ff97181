package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

const (
	// readBlock is how long a read waits for the first entry. A blocked read can't
	// be cancelled, so this is also how long a stop of an idle consumer may take.
	readBlock = time.Second
	// readTimeout is how long the answer may take beyond that.
	readTimeout = 3 * time.Second
	// ownEvery is how often a reader looks for entries that are pending for this
	// consumer without its knowledge. After an error it looks at once; but a client
	// that retries by itself hides the error of a read whose reply was lost.
	ownEvery = 5 * time.Second
)

// reader reads one partition, both lanes, urgent first.
type reader struct {
	c         *Consumer
	partition pushlog.Partition
	idle      bool // the last read found nothing: wait for the first entry
	// own is how far a look at what is pending for this consumer has come, urgent
	// lane first: a read whose answer was lost has handed us entries that we do not
	// know of. Nil: not looking.
	own    []string
	looked time.Time // when the last look ended
	let    int64     // how many pushes the consumer had let go of when that look began
}

func newReader(c *Consumer, p pushlog.Partition) *reader {
	return &reader{c: c, partition: p, looked: time.Now()}
}

// lookForOwn begins a look at what is pending for this consumer.
func (r *reader) lookForOwn() { r.own, r.let = []string{"0-0", "0-0"}, r.c.abandoned.Load() }

// entry is one stream entry as it was read.
type entry struct {
	lane   int
	id     string
	values map[string]any // nil: deleted while it was pending

	leasedAt time.Time // since when at least Redis knows that it is ours
}

// run reads until ctx ends, while the consumer is not paused.
func (r *reader) run(ctx context.Context) {
	for failures := 0; ; {
		open, ok := r.c.mayStart(ctx)
		if !ok {
			return
		}
		if r.own == nil && (time.Since(r.looked) > ownEvery || r.let != r.c.abandoned.Load()) {
			r.lookForOwn()
		}
		read, err := r.pass(open)
		switch {
		case open.Err() != nil:
			if err != nil {
				r.lookForOwn()
			}
			continue // paused, or stopping
		case err == nil:
			failures, r.idle = 0, read == 0 && r.own == nil
			continue
		case isNoGroup(err):
			err = errors.Join(err, EnsureGroups(ctx, r.c.rdb, r.c.keys))
		}
		r.lookForOwn()
		r.c.trouble.note("reading", err)
		loop.Backoff(ctx, failures)
		failures++
	}
}

// pass takes the free slots, reads as much as fits, and hands the deliveries
// to the workers. It returns how many entries it read.
func (r *reader) pass(ctx context.Context) (int, error) {
	most := 2 * scriptBatch
	if r.idle {
		most = 2 // a waiting reader must not hold the slots of the others
	}
	places := r.c.slots.take(ctx, 2, most)
	if places == 0 {
		return 0, nil
	}
	deliveries := 0
	defer func() { r.c.slots.give(places - deliveries) }()

	entries, err := r.read(ctx, places/2)
	if err != nil {
		return 0, err
	}
	// What was read is ours now, whatever ends meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), openTimeout)
	defer cancel()
	err = r.c.open(ctx, r.partition, entries, func(d *delivery) {
		deliveries++
		r.c.jobs <- d
	})
	return len(entries), err
}

// read reads up to count entries of each lane, urgent first.
func (r *reader) read(ctx context.Context, count int) ([]entry, error) {
	if r.own != nil {
		return r.readOwn(ctx, count)
	}
	args := &redis.XReadGroupArgs{
		Group: Group, Consumer: r.c.opt.Name, Count: int64(count), Block: -1,
		Streams: []string{urgentKey(r.partition), jobsKey(r.partition), ">", ">"},
	}
	if r.idle {
		args.Block = min(readBlock, r.c.lease.blocked())
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, readBlock+readTimeout)
	defer cancel()
	streams, err := r.c.blocking.XReadGroup(ctx, args).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("read: %w", err)
	}
	var entries []entry
	for _, s := range streams {
		lane := laneNormal
		if s.Stream == urgentKey(r.partition) {
			lane = laneUrgent
		}
		for _, m := range s.Messages {
			entries = append(entries, entry{lane, m.ID, m.Values, began})
		}
	}
	return entries, nil
}

// readOwn looks through what is pending for this consumer and returns what it
// does not know of. It asks the pending list, not XREADGROUP, which would count
// one more delivery.
func (r *reader) readOwn(ctx context.Context, count int) ([]entry, error) {
	var entries []entry
	seen := 0
	for n, lane := range []int{laneUrgent, laneNormal} {
		stream := laneKey(r.partition, lane)
		pending, err := r.c.rdb.XPendingExt(ctx, &redis.XPendingExtArgs{
			Stream: stream, Group: Group, Start: "(" + r.own[n], End: "+", Count: int64(count), Consumer: r.c.opt.Name,
		}).Result()
		if err != nil {
			return nil, fmt.Errorf("list own pending: %w", err)
		}
		for _, e := range pending {
			seen++
			if !r.c.holds(handle(r.partition, lane, e.ID)) {
				own, err := r.fetch(ctx, lane, e.ID)
				if err != nil {
					return nil, err
				}
				if own != nil {
					entries = append(entries, *own)
				}
			}
			r.own[n] = e.ID
		}
	}
	if seen == 0 {
		r.own, r.looked = nil, time.Now()
	}
	if len(entries) > 0 {
		r.c.log.Info("found own pending entries", zap.Int("entries", len(entries)))
	}
	return entries, nil
}

// fetch reads an entry that is pending for this consumer without its knowledge,
// and renews its lease; nil if another consumer has it.
func (r *reader) fetch(ctx context.Context, lane int, id string) (*entry, error) {
	own := &entry{lane: lane, id: id, leasedAt: time.Now()}
	found, err := r.c.rdb.XRangeN(ctx, laneKey(r.partition, lane), id, id, 1).Result()
	if err != nil {
		return nil, fmt.Errorf("read own pending: %w", err)
	}
	if len(found) == 0 {
		return own, nil // deleted: to be reported
	}
	own.values = found[0].Values
	answers, err := redisscript.Run(ctx, r.c.rdb, renewCall(r.partition, r.c.opt.Name, lane, id))
	if err != nil {
		return nil, fmt.Errorf("renew own pending: %w", err)
	}
	if answer, _ := answers[0].([]any); len(answer) != 1 || answer[0] != int64(1) {
		return nil, nil
	}
	return own, nil
}
