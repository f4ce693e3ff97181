package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	sealEvery = time.Second
	sealTurn  = 10 * time.Second // after it others may seal, if this consumer fell silent
	sealWork  = 5 * time.Second  // longest work in one turn
	sealLate  = 10 * time.Minute // pushes that old are sealed even if they have not ended
	foldStep  = 500              // late pushes that one call reads
	foldSteps = 10               // such calls in one pass
	foldMost  = 20               // chunks that one pass writes anew
)

// sealer writes what was accepted a second time, as chunks of compressed columns,
// in which the log searches. It seals chunk after chunk, oldest first, each when
// all its pushes have ended, or after ten minutes. What changes later is noted in
// K:late by the script that changes it, and folded into the chunk when it has ended.
// What was sent long ago is packed into its chunk (packer.go).
//
// A chunk is made in two steps, so that the records may be read in between: mark
// says up to where, seal writes it. Any consumer may do either, at any time; they
// take turns only to save work.
type sealer struct {
	c    *Consumer
	log  *pushlog.Log
	rows int           // of a chunk, at least
	late map[int]int64 // by partition: where to go on in K:late
	pack *packer
	now  time.Time // Redis's time when the turn began
}

func newSealer(c *Consumer) *sealer {
	return &sealer{c: c, log: pushlog.New(c.rdb, c.keys), rows: pushlog.ChunkRows, late: map[int]int64{}, pack: newPacker(c)}
}

// run seals until ctx ends, also while the consumer is paused.
func (s *sealer) run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		err := s.pass(ctx)
		if err != nil && ctx.Err() == nil {
			s.c.trouble.note("sealing", err)
			backoff(ctx, failures)
			failures++
			continue
		}
		failures = 0
		sleep(ctx, sealEvery/2+rand.N(sealEvery))
	}
}

// pass seals what is ready in all partitions whose turn it gets.
func (s *sealer) pass(ctx context.Context) error {
	for _, p := range s.c.keys.All() {
		now, err := s.c.dutyFor(ctx, sealingKey(p), sealTurn)
		if err != nil {
			return err
		}
		if now == 0 {
			continue
		}
		s.now = time.UnixMilli(now)
		sealed, err := s.seal(ctx, p)
		if err == nil {
			err = s.fold(ctx, p)
		}
		packed := 0
		if err == nil {
			packed, err = s.pack.pass(ctx, p, s.now.Add(-packAge))
		}
		if sealed+packed > 0 {
			s.c.log.Debug("sealed", zap.Int("chunks", sealed), zap.Int("packed", packed), zap.Int("partition", p.Number))
		}
		// If the turn is another's by now, he works beside somebody else: no harm.
		if done := s.c.rdb.Del(ctx, sealingKey(p)).Err(); err == nil {
			err = done
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// seal seals chunks of a partition while there are any and there is time. It
// returns how many.
func (s *sealer) seal(ctx context.Context, p pushlog.Partition) (int, error) {
	// Before there were chunks, there was an index of what is sent.
	if err := s.c.rdb.Unlink(ctx, p.StatusIndex(push.Sent)).Err(); err != nil {
		return 0, fmt.Errorf("remove an old index: %w", err)
	}
	sealed := 0
	for end := time.Now().Add(sealWork); time.Now().Before(end); sealed++ {
		more, err := s.sealNext(ctx, p, s.now.Add(-sealLate))
		if err != nil || !more {
			return sealed, err
		}
	}
	return sealed, nil
}

// sealNext seals one chunk, and reports whether it did. Pushes that were accepted
// before late are sealed even if they have not ended.
func (s *sealer) sealNext(ctx context.Context, p pushlog.Partition, late time.Time) (bool, error) {
	state, err := s.c.rdb.HGetAll(ctx, p.Sealed()).Result()
	if err != nil {
		return false, fmt.Errorf("read sealed: %w", err)
	}
	until, written, next := number(state["until_ms"]), number(state["written_ms"]), max(1, number(state["next"]))
	if until == written {
		if until, err = s.mark(ctx, p, written, late); err != nil || until == 0 {
			return false, err
		}
	}
	u, err := s.log.ReadUnsealed(ctx, p, written, until, 0, pushlog.ChunkFields()...)
	if err != nil {
		return false, fmt.Errorf("read what to seal: %w", err)
	}
	var coded, fields []any
	for i := range u.Records {
		if u.Records[i].ErrorCode != "" {
			coded = append(coded, u.Records[i].ID)
		}
	}
	if len(u.Records) > 0 {
		chunk := s.log.Codec().Seal(u.Records, u.MS)
		fields = append(fields, pushlog.ChunkFirst, chunk[pushlog.ChunkFirst])
		delete(chunk, pushlog.ChunkFirst)
		for name, value := range chunk {
			fields = append(fields, name, value)
		}
	}
	args := append([]any{p.Base, next, until, len(coded)}, coded...)
	answers, err := run(ctx, s.c.rdb, call{sealScript, []string{p.Sealed(), p.Chunks(), p.Chunk(next)}, append(args, fields...)})
	if err != nil {
		return false, fmt.Errorf("seal: %w", err)
	}
	return answers[0] == int64(1), nil
}

// mark says that the next chunk's pushes are about to be sealed, if there are
// enough, and returns up to when; or 0.
func (s *sealer) mark(ctx context.Context, p pushlog.Partition, written int64, late time.Time) (int64, error) {
	n, err := s.c.rdb.ZCount(ctx, p.Index(), "("+strconv.FormatInt(written, 10), "+inf").Result()
	if err != nil || n < int64(s.rows) {
		return 0, err
	}
	u, err := s.log.ReadUnsealed(ctx, p, written, 0, s.rows, pushlog.FieldStatus)
	if err != nil {
		return 0, fmt.Errorf("read what to seal: %w", err)
	}
	if len(u.MS) < s.rows {
		return 0, nil
	}
	until := u.MS[len(u.MS)-1]
	for _, r := range u.Records {
		if !r.Status.Terminal() && until >= late.UnixMilli() {
			return 0, nil
		}
	}
	answers, err := run(ctx, s.c.rdb, call{markScript, []string{p.Sealed()}, []any{written, until, p.Base}})
	if err != nil || answers[0] != int64(1) {
		return 0, err
	}
	return until, nil
}

// fold writes into chunks what became of pushes that changed later, and have ended.
func (s *sealer) fold(ctx context.Context, p pushlog.Partition) error {
	ended, err := s.endedLate(ctx, p)
	if err != nil {
		return err
	}
	written, err := s.c.rdb.HGet(ctx, p.Sealed(), "written_ms").Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("read sealed: %w", err)
	}
	folded := 0
	for len(ended) > 0 && folded < foldMost && ctx.Err() == nil {
		n, err := s.log.ChunkOf(ctx, p, ended[0].MS)
		if err != nil {
			return fmt.Errorf("find a chunk: %w", err)
		}
		if n == 0 || ended[0].MS > written {
			ended = ended[1:] // not sealed yet
			continue
		}
		last, err := s.log.ReadChunk(ctx, p, n, pushlog.ChunkLast)
		if err != nil {
			return err
		}
		k := 1
		for k < len(ended) && k < scriptBatch && ended[k].MS <= number(last[pushlog.ChunkLast]) {
			k++
		}
		if err := s.foldChunk(ctx, p, n, ended[:k]); err != nil {
			return err
		}
		ended = ended[k:]
		folded++
	}
	return nil
}

// endedLate reads the late pushes that have ended, a part of them in each pass.
func (s *sealer) endedLate(ctx context.Context, p pushlog.Partition) ([]pushlog.Late, error) {
	var ended []pushlog.Late
	for range foldSteps {
		some, n, err := s.log.ReadLate(ctx, p, s.late[p.Number], foldStep)
		if err != nil {
			return nil, err
		}
		for _, one := range some {
			if one.Record.Status.Terminal() {
				ended = append(ended, one)
			}
		}
		if n < foldStep {
			s.late[p.Number] = 0
			break
		}
		s.late[p.Number] += foldStep
	}
	return ended, nil
}

// foldChunk writes the columns of a chunk that change anew.
func (s *sealer) foldChunk(ctx context.Context, p pushlog.Partition, n int64, late []pushlog.Late) error {
	chunk, err := s.log.ReadChunk(ctx, p, n, pushlog.FoldColumns()...)
	if err != nil || len(chunk) == 0 {
		return err
	}
	now := map[string]pushlog.Late{}
	for _, one := range late {
		now[one.Record.ID] = one
	}
	columns, err := s.log.Codec().Fold(chunk, now)
	if err != nil {
		return fmt.Errorf("fold chunk %d: %w", n, err)
	}
	args := []any{p.Base, chunk[pushlog.ChunkFolds], len(columns)}
	for name, value := range columns {
		args = append(args, name, value)
	}
	for _, one := range late {
		args = append(append(args, one.Record.ID), one.Values()...)
	}
	if _, err := run(ctx, s.c.rdb, call{foldScript, []string{p.Chunk(n), p.Late()}, args}); err != nil {
		return fmt.Errorf("fold: %w", err)
	}
	return nil
}

// number reads a number of a hash; 0 if there is none.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
