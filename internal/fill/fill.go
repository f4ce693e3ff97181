package fill

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/corpus"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// The greatest numbers of Options.
const (
	MaxRows = 100_000_000
	MaxDays = 400 // as long as the counters of an hour live
)

// The errors that are about the log, not about Redis.
var (
	ErrNotEmpty  = errors.New("the log is not empty")
	ErrDisturbed = errors.New("another process wrote to the log meanwhile, so older pushes may stand after newer ones; empty the log, and fill it without other writers")
)

// Options say what to fill in.
type Options struct {
	Rows       int            // finished pushes, at most MaxRows
	Days       int            // accepted within so many days up to now, 1 to MaxDays
	Unfinished int            // reserved pushes besides, due within the next week
	Seed       uint32         // the same seed makes the same pushes, but for their times
	Zone       *time.Location // of day and night, and of reserved times
	Progress   func(done int) // told of finished pushes that are in, by one goroutine at a time; may be nil
}

// Result is what is in the log when Run returns, also with an error.
type Result struct {
	Sent, Failed, Expired, Cancelled int
	Unfinished                       int
}

// Rows is the number of finished pushes.
func (r Result) Rows() int { return r.Sent + r.Failed + r.Expired + r.Cancelled }

// Run fills an empty log. It must be alone: no jobs may be handed in meanwhile, since
// theirs would be newer than what is still to come; it returns ErrDisturbed if
// some were. If ctx ends, what is in stays in, whole.
func Run(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, o Options) (Result, error) {
	if err := stream.EnsureGroups(ctx, rdb, keys); err != nil {
		return Result{}, err
	}
	if err := checkEmpty(ctx, rdb, keys); err != nil {
		return Result{}, err
	}
	now, err := rdb.Time(ctx).Result() // accepted_at is Redis's time
	if err != nil {
		return Result{}, fmt.Errorf("ask for the time: %w", err)
	}
	w := newWriter(rdb, keys, now, o.Progress)
	batches := make(chan batch, 8)
	g, both := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(batches)
		return newMaker(keys, o, now).run(both, batches)
	})
	g.Go(func() error {
		for b := range batches {
			// A batch that is begun is written, so that what is in is known.
			if err := w.write(context.WithoutCancel(ctx), b); err != nil {
				return err
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return w.result, err
	}
	if err := checkAlone(ctx, rdb, keys, w.result.Rows()); err != nil {
		return w.result, err
	}
	w.result.Unfinished, err = reserve(ctx, rdb, keys, o)
	return w.result, err
}

// checkEmpty returns ErrNotEmpty if there is a record, or was one: what is sealed is
// closed for older ones.
func checkEmpty(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) error {
	for _, p := range keys.All() {
		n, err := rdb.ZCard(ctx, p.Index()).Result()
		if err != nil {
			return fmt.Errorf("look into the log: %w", err)
		}
		if n > 0 {
			return fmt.Errorf("%w: %s has %d pushes, and older ones can't come after them", ErrNotEmpty, p.Index(), n)
		}
		sealed, err := rdb.Exists(ctx, p.Sealed()).Result()
		if err != nil {
			return fmt.Errorf("look into the log: %w", err)
		}
		if sealed > 0 {
			return fmt.Errorf("%w: %s says up to when there were pushes, and older ones can't come after them", ErrNotEmpty, p.Sealed())
		}
	}
	return nil
}

func checkAlone(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, rows int) error {
	var all int64
	for _, p := range keys.All() {
		n, err := rdb.ZCard(ctx, p.Index()).Result()
		if err != nil {
			return fmt.Errorf("count what is in: %w", err)
		}
		all += n
	}
	if all > int64(rows) {
		return ErrDisturbed
	}
	return nil
}

// batchRows is how many pushes are written at once, or a few more: pushes of the same
// millisecond stay together.
const batchRows = 100

// batch are pushes of one partition, in the order of their acceptance.
type batch struct {
	partition pushlog.Partition
	rows      []row
}

// maker makes pushes.
type maker struct {
	chance
	keys    pushlog.Keys
	o       Options
	rhythm  rhythm
	by      time.Time // when all have ended
	scribe  scribe
	pending []batch // of each partition
}

func newMaker(keys pushlog.Keys, o Options, now time.Time) *maker {
	c := chance{rand.New(rand.NewPCG(4, uint64(o.Seed)))}
	m := &maker{chance: c, keys: keys, o: o, by: now, rhythm: newRhythm(now.Add(-slowest), o.Days, o.Zone),
		scribe: scribe{chance: c, names: map[int64][4]string{}}, pending: make([]batch, keys.Partitions)}
	for i, p := range keys.All() {
		m.pending[i].partition = p
	}
	return m
}

// run makes all pushes, in the order of their acceptance.
func (m *maker) run(ctx context.Context, batches chan<- batch) error {
	send := func(b *batch) error {
		select {
		case batches <- *b:
		case <-ctx.Done():
			return ctx.Err()
		}
		b.rows = nil
		return nil
	}
	var ms int64
	for n := range m.o.Rows {
		// One in ten was handed in together with the one before.
		if at := m.rhythm.at((float64(n) + m.Float64()) / float64(m.o.Rows)); n == 0 || !m.one(10) {
			ms = max(ms, at.UnixMilli())
		}
		id := m.id(ms)
		b := &m.pending[m.keys.Of(id).Number]
		if len(b.rows) >= batchRows && ms > b.rows[len(b.rows)-1].ms {
			if err := send(b); err != nil {
				return err
			}
		}
		b.rows = append(b.rows, m.row(n, id, ms))
	}
	for i := range m.pending {
		if len(m.pending[i].rows) > 0 {
			if err := send(&m.pending[i]); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// id is a UUIDv7 (RFC 9562), as accept gives one to a job that has none.
func (m *maker) id(ms int64) string {
	var u [16]byte
	binary.BigEndian.PutUint64(u[0:], uint64(ms)<<16|m.Uint64()&0x0fff|0x7000)
	binary.BigEndian.PutUint64(u[8:], m.Uint64()>>2|1<<63)
	var b [36]byte
	hex.Encode(b[0:], u[0:4])
	hex.Encode(b[9:], u[4:6])
	hex.Encode(b[14:], u[6:8])
	hex.Encode(b[19:], u[8:10])
	hex.Encode(b[24:], u[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// row makes the nth push.
func (m *maker) row(n int, id string, ms int64) row {
	job := m.job(n)
	job.ID = id
	accepted, due := time.UnixMilli(ms), time.Time{}
	if m.one(50) {
		due = accepted.Add(m.span(5*time.Minute, 20*time.Hour)).Truncate(time.Minute)
	}
	l := m.live(accepted, due, time.Duration(job.TTL)*time.Second, m.by)
	if !l.due.IsZero() {
		job.SndnRsevHour, job.DueAt = l.due.In(m.o.Zone).Format(reserved), l.due
	}
	return row{id: id, ms: ms, job: &job, life: &l, fields: m.scribe.record(&job, &l)}
}

// reserved is how sndn_rsev_hour is written.
const reserved = "20060102150405"

// job is the nth job of a seed. What is urgent at a securities firm is, and what is
// of use for long, or not, is.
func (m *maker) job(n int) push.Job {
	j := corpus.Job("fill", n+int(m.o.Seed)<<32)
	switch j.ServiceName {
	case "margin-call":
		j.Priority = push.Urgent
	case "login-notice":
		j.TTL = 600
	case "marketing-event":
		j.TTL = 24 * 3600
	}
	return j
}

// reserve hands in reserved pushes like anybody else, and returns how many.
func reserve(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, o Options) (int, error) {
	m := newMaker(keys, o, time.Now())
	producer := stream.NewProducer(rdb, keys, stream.ProducerOptions{})
	done := 0
	for done < o.Unfinished && ctx.Err() == nil {
		jobs := make([]push.Job, min(batchRows, o.Unfinished-done))
		for i := range jobs {
			jobs[i] = m.job(o.Rows + done + i)
			jobs[i].ID = "" // a new one at each run
			jobs[i].SndnRsevHour = m.by.Add(m.span(time.Hour, 7*24*time.Hour)).In(o.Zone).Format(reserved)
			if faults := jobs[i].Validate(o.Zone); faults != nil {
				return done, fmt.Errorf("make a job: %w", faults)
			}
		}
		if _, err := producer.Accept(ctx, jobs); err != nil {
			return done, err
		}
		done += len(jobs)
	}
	return done, ctx.Err()
}
