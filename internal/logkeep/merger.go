package logkeep

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
)

// Merge writes into chunks the new values of pushes that changed after they were sealed,
// and have ended.
func (s *Sealer) Merge(ctx context.Context, p pushlog.Partition) error {
	ended, err := s.endedLate(ctx, p)
	if err != nil {
		return err
	}
	written, err := s.rdb.HGet(ctx, p.Sealed(), "written_ms").Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("read sealed: %w", err)
	}
	merged := 0
	for len(ended) > 0 && merged < mergeMost && ctx.Err() == nil {
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
		if err := s.mergeChunk(ctx, p, n, ended[:k]); err != nil {
			return err
		}
		ended = ended[k:]
		merged++
	}
	return nil
}

// endedLate reads the changed pushes that have ended, a part of them in each pass.
func (s *Sealer) endedLate(ctx context.Context, p pushlog.Partition) ([]pushlog.Late, error) {
	var ended []pushlog.Late
	for range mergeSteps {
		some, n, err := s.log.ReadLate(ctx, p, s.late[p.Number], mergeStep)
		if err != nil {
			return nil, err
		}
		for _, one := range some {
			if one.Record.Status.Terminal() {
				ended = append(ended, one)
			}
		}
		if n < mergeStep {
			s.late[p.Number] = 0
			break
		}
		s.late[p.Number] += mergeStep
	}
	return ended, nil
}

// mergeChunk writes the columns of a chunk anew that may change.
func (s *Sealer) mergeChunk(ctx context.Context, p pushlog.Partition, n int64, late []pushlog.Late) error {
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
		return fmt.Errorf("merge into chunk %d: %w", n, err)
	}
	args := []any{p.Base, chunk[pushlog.ChunkFolds], len(columns)}
	for name, value := range columns {
		args = append(args, name, value)
	}
	for _, one := range late {
		args = append(append(args, one.Record.ID), one.Values()...)
	}
	if _, err := mergeScript.Run(ctx, s.rdb, []string{p.Chunk(n), p.Late()}, args...); err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	return nil
}
