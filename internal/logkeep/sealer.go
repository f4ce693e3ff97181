package logkeep

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	sealEvery  = time.Second
	sealTTL    = 10 * time.Second // of the lock: after it another process seals
	sealWork   = 5 * time.Second  // longest work in one partition
	sealLate   = 10 * time.Minute // pushes that old are sealed even if they have not ended
	mergeStep  = 500              // changed pushes that one call reads
	mergeSteps = 10               // such calls in one pass
	mergeMost  = 20               // chunks that one pass writes anew

	releaseTimeout = time.Second
)

// Sealer writes what was accepted a second time, as chunks of compressed columns, in which
// the log searches. It seals chunk after chunk, oldest first, each when all its pushes
// have ended, or after ten minutes. A push that changes later is noted in K:late by the
// script that changes it, and merged into its chunk when it has ended. What was sent long
// ago is packed into its chunk (packer.go).
//
// A chunk is made in two steps, so that the records may be read in between: mark says up
// to where, seal writes it. Any process may do either, at any time.
type Sealer struct {
	rdb  redis.UniversalClient
	keys pushlog.Keys
	opt  Options
	log  *pushlog.Log
	late map[int]int64 // by partition: rank to go on from in K:late
	pack *Packer
}

// NewSealer returns a sealer of the log that keys name in rdb.
func NewSealer(rdb redis.UniversalClient, keys pushlog.Keys, o Options) *Sealer {
	return &Sealer{rdb: rdb, keys: keys, opt: o.withDefaults(), log: pushlog.New(rdb, keys), late: map[int]int64{}, pack: NewPacker(rdb, keys)}
}

// Run seals until ctx ends.
func (s *Sealer) Run(ctx context.Context) error {
	loop.Every(ctx, sealEvery, sealEvery, s.Pass, func(err error) { s.opt.OnError("sealing", err) })
	return nil
}

// Pass seals, merges and packs what is ready in all partitions whose lock it gets.
func (s *Sealer) Pass(ctx context.Context) error {
	for _, p := range s.keys.All() {
		lock := loop.NewLock(s.rdb, p.Sealing(), s.opt.Owner, sealTTL)
		now, err := lock.Acquire(ctx)
		if err != nil {
			return err
		}
		if now.IsZero() {
			continue // another process seals
		}
		if err := errors.Join(s.keep(ctx, p, now), release(ctx, lock)); err != nil {
			return err
		}
	}
	return nil
}

// release releases a lock, at a stop too.
func release(ctx context.Context, lock *loop.Lock) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	return lock.Release(ctx)
}

// keep is Pass for one partition; now is Redis's time.
func (s *Sealer) keep(ctx context.Context, p pushlog.Partition, now time.Time) error {
	sealed, err := s.Seal(ctx, p, now.Add(-sealLate))
	if err == nil {
		err = s.Merge(ctx, p)
	}
	packed := 0
	if err == nil {
		packed, err = s.pack.Pass(ctx, p, now.Add(-s.opt.PackAfter))
	}
	if sealed+packed > 0 {
		s.opt.Logger.Debug("sealed", zap.Int("chunks", sealed), zap.Int("packed", packed), zap.Int("partition", p.Number))
	}
	return err
}

// Seal seals chunks of a partition while there are any and there is time. It returns how
// many. Pushes that were accepted before late are sealed even if they have not ended.
func (s *Sealer) Seal(ctx context.Context, p pushlog.Partition, late time.Time) (int, error) {
	// Before there were chunks, there was an index of what is sent.
	if err := s.rdb.Unlink(ctx, p.StatusIndex(push.Sent)).Err(); err != nil {
		return 0, fmt.Errorf("remove an old index: %w", err)
	}
	sealed := 0
	for end := time.Now().Add(sealWork); time.Now().Before(end); sealed++ {
		more, err := s.SealNext(ctx, p, late)
		if err != nil || !more {
			return sealed, err
		}
	}
	return sealed, nil
}

// SealNext seals one chunk, and reports whether it did.
func (s *Sealer) SealNext(ctx context.Context, p pushlog.Partition, late time.Time) (bool, error) {
	state, err := s.rdb.HGetAll(ctx, p.Sealed()).Result()
	if err != nil {
		return false, fmt.Errorf("read sealed: %w", err)
	}
	until, written, next := number(state["until_ms"]), number(state["written_ms"]), max(1, number(state["next"]))
	if until == written {
		if until, err = s.Mark(ctx, p, written, late); err != nil || until == 0 {
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
	done, err := sealScript.Run(ctx, s.rdb, []string{p.Sealed(), p.Chunks(), p.Chunk(next)}, append(args, fields...)...)
	if err != nil {
		return false, fmt.Errorf("seal: %w", err)
	}
	return done == int64(1), nil
}

// Mark says that the next chunk's pushes are about to be sealed, if there are enough, and
// returns up to when; or 0.
func (s *Sealer) Mark(ctx context.Context, p pushlog.Partition, written int64, late time.Time) (int64, error) {
	rows := s.opt.ChunkRows
	n, err := s.rdb.ZCount(ctx, p.Index(), "("+strconv.FormatInt(written, 10), "+inf").Result()
	if err != nil || n < int64(rows) {
		return 0, err
	}
	u, err := s.log.ReadUnsealed(ctx, p, written, 0, rows, pushlog.FieldStatus)
	if err != nil {
		return 0, fmt.Errorf("read what to seal: %w", err)
	}
	if len(u.MS) < rows {
		return 0, nil
	}
	until := u.MS[len(u.MS)-1]
	for _, r := range u.Records {
		if !r.Status.Terminal() && until >= late.UnixMilli() {
			return 0, nil
		}
	}
	done, err := markScript.Run(ctx, s.rdb, []string{p.Sealed()}, p.Base, written, until)
	if err != nil || done != int64(1) {
		return 0, err
	}
	return until, nil
}
