package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/corpus"
	"pushstream/internal/fill"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/pushlog/segment"
)

type logFlags struct {
	Rows     int    `default:"1000000" help:"Fill the log with this many ended pushes."`
	Queries  int    `default:"200" help:"Make this many queries of each kind, and a tenth as many full scans."`
	Jobs     int    `default:"60000" help:"Send this many pushes in each run of the pipeline, three with a search beside it and three without; 0: skip that part."`
	RedisURL string `placeholder:"URL" help:"Measure this Redis instead of starting one. An empty one is filled, an existing log is used as it is. The pushes are added to it and sent to the simulator."`
}

// days over which the pushes are spread.
const days = 30

// sealedBut is how many pushes are in no chunk, at most, when all is sealed: less
// than two chunks have.
const sealedBut = 2000

// logBench measures the log.
type logBench struct {
	*pipeline
	flags  logFlags
	sealer func(context.Context) (stop func() error, err error) // starts what seals
	rdb    *redis.Client
	log    *pushlog.Log
	slow   *slowlog
	rand   *rand.Rand
	rows   int              // in the log
	before int64            // bytes of memory before it was filled; 0: not known
	sample []pushlog.Record // of rows, drawn evenly: frequent customers are in it often
}

func newLogBench(p *pipeline, flags logFlags) *logBench {
	b := &logBench{pipeline: p, flags: flags, rand: rand.New(rand.NewPCG(5, 6))}
	b.sealer = b.consumerThatSeals
	p.flags.Jobs = flags.Jobs
	return b
}

// measure measures everything once, on a Redis of its own or on the one that is
// named.
func (b *logBench) measure(ctx context.Context) ([]result, error) {
	debug.SetGCPercent(400) // as admin serve has it
	if b.flags.RedisURL == "" {
		return b.withRedis(ctx, b.run)
	}
	if _, err := redis.ParseURL(b.flags.RedisURL); err != nil {
		return nil, fmt.Errorf("--redis-url: %w", err)
	}
	b.url = b.flags.RedisURL
	return b.run(ctx)
}

func (b *logBench) run(ctx context.Context) (results []result, err error) {
	b.rdb = b.client()
	defer b.rdb.Close()
	b.log = pushlog.New(b.rdb, keys)
	if b.slow, err = watchSlow(ctx, b.rdb); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.slow.close()) }()
	for _, part := range []struct {
		name string
		run  func(context.Context) ([]result, error)
	}{
		{"filling", b.fill}, {"sealing", b.seal}, {"drawing samples", b.draw}, {"memory", b.memory},
		{"queries", b.queries}, {"export", b.export}, {"pipeline beside a search", b.slowdown},
	} {
		b.say("%s", part.name)
		some, err := part.run(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		results = append(results, some...)
	}
	return results, nil
}

// fill fills an empty log.
func (b *logBench) fill(ctx context.Context) ([]result, error) {
	n, err := b.rdb.ZCard(ctx, keys.Partition(0).Index()).Result()
	if err != nil {
		return nil, err
	}
	if n > 0 {
		b.rows = int(n)
		b.say("the log has %d pushes", n)
		return nil, nil
	}
	if b.before, err = usedMemory(ctx, b.rdb); err != nil {
		return nil, err
	}
	start := time.Now()
	r, err := fill.Run(ctx, b.rdb, keys, fill.Options{Rows: b.flags.Rows, Days: days, Seed: 1, Zone: seoul})
	if err != nil {
		return nil, err
	}
	b.rows = r.Rows()
	return []result{{"fill, producer bench-fill", float64(b.rows) / time.Since(start).Seconds(), "rows/s", "≥ 25,000", b.rows}}, nil
}

// seoul is where it is day when most pushes come.
var seoul = time.FixedZone("KST", 9*60*60)

// packStill is how long nothing must have been packed until nothing is left to pack.
const packStill = 5 * time.Second

// seal has everything sealed and packed, and waits until Redis has nothing to do in
// the background.
func (b *logBench) seal(ctx context.Context) (_ []result, err error) {
	left, err := b.unsealed(ctx)
	if err != nil {
		return nil, err
	}
	packed, err := b.packed(ctx)
	if err != nil {
		return nil, err
	}
	start, todo, before := time.Now(), left, packed
	sealing, packing := time.Duration(0), time.Duration(0) // until the last that was done
	if left >= sealedBut || packed == 0 {
		stop, err := b.sealer(ctx)
		if err != nil {
			return nil, err
		}
		for err == nil && (left >= sealedBut || time.Since(start) < packing+packStill) {
			if limit := 10*time.Minute + time.Duration(todo)*time.Second/2000; time.Since(start) > limit {
				err = fmt.Errorf("after %v %d pushes are in no chunk", limit, left)
				break
			}
			if err = pause(ctx, 200*time.Millisecond); err != nil {
				break
			}
			was := packed
			if left >= sealedBut {
				left, err = b.unsealed(ctx)
				sealing = time.Since(start)
			}
			if err == nil {
				packed, err = b.packed(ctx)
			}
			if packed > was {
				packing = time.Since(start)
			}
		}
		if err := errors.Join(err, stop()); err != nil {
			return nil, err
		}
	}
	for {
		text, err := b.rdb.Info(ctx, "persistence").Result()
		if err != nil {
			return nil, err
		}
		if field(text, "aof_rewrite_in_progress") == "0" && field(text, "aof_rewrite_scheduled") == "0" && field(text, "rdb_bgsave_in_progress") == "0" {
			break
		}
		if err := pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
	return []result{
		{"seal, one consumer", float64(todo-left) / max(sealing, time.Millisecond).Seconds(), "rows/s", "", todo - left},
		{"seal and pack, one consumer", float64(packed-before) / max(packing, time.Millisecond).Seconds(), "rows/s", "", packed - before},
	}, nil
}

// packed is how many pushes are packed into chunks.
func (b *logBench) packed(ctx context.Context) (int, error) {
	all := 0
	for _, p := range keys.All() {
		chunks, err := b.chunks(ctx, p)
		if err != nil {
			return 0, err
		}
		pipe := b.rdb.Pipeline()
		var rows []*redis.StringCmd
		for _, key := range chunks {
			rows = append(rows, pipe.HGet(ctx, key, segment.ChunkPacked))
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		for _, n := range rows {
			k, err := n.Int()
			if err != nil && err != redis.Nil {
				return 0, err
			}
			all += k
		}
	}
	return all, nil
}

// consumerThatSeals starts a consumer process, whose simulator gets nothing to do.
func (b *logBench) consumerThatSeals(ctx context.Context) (func() error, error) {
	s, err := b.system(ctx, 1)
	if err != nil {
		return nil, err
	}
	return s.stop, nil
}

// unsealed is how many pushes are in no chunk.
func (b *logBench) unsealed(ctx context.Context) (int, error) {
	left := 0
	for _, p := range keys.All() {
		n, err := b.rdb.ZCard(ctx, p.Index()).Result()
		if err != nil {
			return 0, err
		}
		left += int(n)
		chunks, err := b.chunks(ctx, p)
		if err != nil {
			return 0, err
		}
		pipe := b.rdb.Pipeline()
		rows := make([]*redis.StringCmd, len(chunks))
		for i, key := range chunks {
			rows[i] = pipe.HGet(ctx, key, pushlog.ChunkCount)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return 0, err
		}
		for _, n := range rows {
			k, err := n.Int()
			if err != nil {
				return 0, err
			}
			left -= k
		}
	}
	return left, nil
}

// chunks are the keys of all chunks of a partition.
func (b *logBench) chunks(ctx context.Context, p pushlog.Partition) ([]string, error) {
	numbers, err := b.rdb.ZRange(ctx, p.Chunks(), 0, -1).Result()
	if err != nil {
		return nil, err
	}
	list := make([]string, len(numbers))
	for i, text := range numbers {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		list[i] = p.Chunk(n)
	}
	return list, nil
}

// draw draws records that queries ask for.
func (b *logBench) draw(ctx context.Context) ([]result, error) {
	for range 1000 {
		at := int64(b.rand.IntN(b.rows))
		ids, err := b.rdb.ZRange(ctx, keys.Partition(0).Index(), at, at).Result()
		if err != nil {
			return nil, err
		}
		r, err := b.log.Get(ctx, ids[0])
		if err != nil {
			return nil, err
		}
		b.sample = append(b.sample, r)
	}
	bytes := 0
	for _, r := range b.sample {
		bytes += len(r.ID)
		for _, v := range r.KeptValues() {
			bytes += len(v)
		}
	}
	return []result{{"payload a row: id and the job's values", float64(bytes) / float64(len(b.sample)), "B", "", len(b.sample)}}, nil
}

// any is a record drawn before.
func (b *logBench) any() *pushlog.Record { return &b.sample[b.rand.IntN(len(b.sample))] }

// export reads everything as an export does.
func (b *logBench) export(ctx context.Context) ([]result, error) {
	if err := b.slow.reset(ctx); err != nil {
		return nil, err
	}
	var rates []float64
	for range 3 {
		start, n := time.Now(), 0
		err := b.log.Each(ctx, pushlog.Filter{}, false, func(records []pushlog.Record) error {
			n += len(records)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if n < b.rows {
			return nil, fmt.Errorf("%d of %d pushes came out", n, b.rows)
		}
		rates = append(rates, float64(n)/time.Since(start).Seconds())
	}
	longest, err := b.slow.longest(ctx)
	return []result{
		{"export of everything", median(rates), "rows/s", "", b.rows},
		{"  longest call of Redis", longest, "ms", longestTarget, b.rows},
	}, err
}

// slowdown compares the pipeline on the filled log with itself while a client
// searches all the time by the admin, in turns.
func (b *logBench) slowdown(ctx context.Context) (_ []result, err error) {
	if b.flags.Jobs == 0 {
		return nil, nil
	}
	admin, err := b.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, admin.Stop(30*time.Second)) }()
	var alone, beside []float64
	searches := 0
	for run := range 6 {
		search := run%2 == 1
		b.say("run %d of 6, search: %v", run+1, search)
		stop := func() error { return nil }
		if search {
			stop = b.keepSearching(ctx, admin, &searches)
		}
		rate, _, err := b.through(ctx, fmt.Sprintf("log-%d-%d", time.Now().Unix(), run))
		if err := errors.Join(err, stop()); err != nil {
			return nil, err
		}
		if search {
			beside = append(beside, rate)
		} else {
			alone = append(alone, rate)
		}
	}
	slower := 100 * (1 - median(beside)/median(alone))
	return []result{
		{"whole pipeline on this log", median(alone), "jobs/s", "", b.flags.Jobs},
		{"  the same while a search runs all the time", median(beside), "jobs/s", "", b.flags.Jobs},
		{"  slower by", slower, "%", "≤ 15", b.flags.Jobs},
		{"  searches in that time", float64(searches), "", "", 3},
	}, nil
}

// keepSearching has the admin search for a word that is not there, again and again,
// until it is stopped.
func (b *logBench) keepSearching(ctx context.Context, admin *adminServer, searches *int) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		for {
			body := `{"column":"` + push.FieldMsgContents + `","contains":"` + corpus.Absent + `"}`
			if err := whole(admin.do(ctx, "POST", "/pushes/search", "application/x-ndjson", body)); err != nil {
				if ctx.Err() != nil {
					err = nil
				}
				done <- err
				return
			}
			*searches++
		}
	}()
	return func() error {
		cancel()
		return <-done
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// field is a value of INFO.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value
		}
	}
	return ""
}

func usedMemory(ctx context.Context, rdb *redis.Client) (int64, error) {
	text, err := rdb.Info(ctx, "memory").Result()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(field(text, "used_memory"), 10, 64)
	return n, err
}
