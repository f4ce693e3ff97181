package logkeep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

const reapTogether = 5 // calls of reap in one round trip

// Candidate is a push that may leave the log, as it was when it was read.
type Candidate struct {
	pushlog.Cursor
	Record pushlog.Record // zero: there is none
}

// args are what reap.lua takes for it.
func (c Candidate) args() []any {
	token := ""
	if c.Record.DeviceID != "" {
		token = pushlog.TokenHash(c.Record.DeviceID)
	}
	return []any{c.ID, c.MS, c.Record.AcceptedAt, token, c.Record.Csno, c.Record.PushGrpID}
}

// Reaped counts what came of candidates.
type Reaped struct {
	Removed int64 // from the log; not those without a record
	Left    int64 // have not ended, are not as they were read, or are to be kept
}

// Reap removes candidates from the log of a partition, as long as its index has more
// pushes than it is to keep. Those that are not in the log any more are not counted.
func Reap(ctx context.Context, rdb redis.UniversalClient, p pushlog.Partition, keep int64, candidates []Candidate) (Reaped, error) {
	var total Reaped
	var calls []redisscript.Call
	for some := range slices.Chunk(candidates, scriptBatch) {
		args := []any{p.Base, pushlog.Group, keep}
		for _, c := range some {
			args = append(args, c.args()...)
		}
		calls = append(calls, reapScript.Call([]string{p.Jobs(), p.UrgentJobs(), p.Index(), p.Late()}, args...))
	}
	for some := range slices.Chunk(calls, reapTogether) {
		answers, err := redisscript.Run(ctx, rdb, some...)
		for _, answer := range answers {
			if counts, _ := answer.([]any); len(counts) == 2 { // nil: this call failed
				removed, _ := counts[0].(int64)
				left, _ := counts[1].(int64)
				total.Removed, total.Left = total.Removed+removed, total.Left+left
			}
		}
		if err != nil {
			return total, fmt.Errorf("reap: %w", err)
		}
	}
	return total, nil
}

// DropChunks drops chunks of a partition without pushes. It examines up to 100, from a
// rank on, and goes on as long as all are such. It returns the rank to go on from, 0 after
// the last.
func DropChunks(ctx context.Context, rdb redis.UniversalClient, p pushlog.Partition, rank int64) (int64, error) {
	for {
		answer, err := dropChunksScript.Run(ctx, rdb, []string{p.Index(), p.Chunks()}, p.Base, rank, scriptBatch)
		if err != nil {
			return rank, fmt.Errorf("drop chunks: %w", err)
		}
		counts, _ := answer.([]any)
		if len(counts) != 2 {
			return rank, errors.New("drop chunks: unexpected answer")
		}
		examined, _ := counts[0].(int64)
		dropped, _ := counts[1].(int64)
		if examined < scriptBatch {
			return 0, nil
		}
		if rank += examined - dropped; dropped < examined {
			return rank, nil
		}
	}
}
