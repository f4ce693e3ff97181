package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
	"pushstream/internal/redisscript"
)

// aheadAtMost is how far an id of a work stream may lie in the future: the nodes of a
// Cluster, between which a stream may move, may differ by some seconds.
const aheadAtMost = 10 * time.Second

// NewClock returns a clock that goes by the node of rdb on which the keys outside of all
// partitions are: Redis's clock, for whatever no script decides by its own node's.
func NewClock(rdb redis.UniversalClient, keys pushlog.Keys, log *zap.Logger) *redisclock.Clock {
	return redisclock.New(rdb, controlKey(keys), log)
}

// stampTime is stamp, empty for the zero time.
func stampTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// newestAccepted is when the newest push of all partitions was accepted, in ms; 0 if
// there is none. It may lie in the future: see include/accepted.lua of internal/pushlog.
func newestAccepted(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) (int64, error) {
	pipe := rdb.Pipeline()
	var last []*redis.ZSliceCmd
	for _, p := range keys.All() {
		last = append(last, pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: p.Index(), Start: 0, Stop: 0, Rev: true}))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, fmt.Errorf("look for the newest push: %w", err)
	}
	newest := int64(0)
	for _, cmd := range last {
		for _, z := range cmd.Val() {
			newest = max(newest, int64(z.Score))
		}
	}
	return newest, nil
}

// isExhausted says that a stream takes no more entries, since its last
// possible id was used.
func isExhausted(err error) bool {
	return err != nil && (redis.HasErrorPrefix(err, "EXHAUSTED") || strings.Contains(err.Error(), "exhausted the last possible ID"))
}

// errFull says the same of accept.
var errFull = errors.New("EXHAUSTED: a work stream takes no more entries, since an id was given by hand: it is being mended; hand the jobs in again")

var fixIDsScript = library.Load("fix_ids", redisscript.Writes, redisscript.Names{Keys: "stream", Args: "K group unassigned ahead_ms", Rest: "mine"})

// fixedIDs is the result of fixIDs.
type fixedIDs struct {
	what string // straight, moved, busy
	n    int64
}

// fixIDs gives a lane ids of now if its newest one lies in the future. mine are
// entries that are pending for the caller, and that it has not started.
func fixIDs(ctx context.Context, rdb redis.UniversalClient, p pushlog.Partition, lane int, mine []string) (fixedIDs, error) {
	args := []any{p.Base, Group, unassigned, aheadAtMost.Milliseconds()}
	for _, e := range mine {
		args = append(args, e)
	}
	result, err := fixIDsScript.Run(ctx, rdb, []string{laneKey(p, lane)}, args...)
	if err != nil {
		return fixedIDs{}, fmt.Errorf("fix ids of %s: %w", laneKey(p, lane), err)
	}
	answer, _ := result.([]any)
	if len(answer) != 2 {
		return fixedIDs{}, fmt.Errorf("fix ids: unexpected answer %T", result)
	}
	what, _ := answer[0].(string)
	n, _ := answer[1].(int64)
	return fixedIDs{what, n}, nil
}

// fixAllIDs fixes both lanes of all partitions.
func fixAllIDs(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, log *zap.Logger) error {
	for _, p := range keys.All() {
		for _, lane := range []int{laneUrgent, laneNormal} {
			s, err := fixIDs(ctx, rdb, p, lane, nil)
			if err != nil {
				return err
			}
			s.report(log, p, lane)
		}
	}
	return nil
}

func (s fixedIDs) report(log *zap.Logger, p pushlog.Partition, lane int) {
	switch s.what {
	case "moved":
		log.Warn("a stream had ids from the future: its entries have ids of now; look for who adds entries with ids of its own, or for a clock that was set back",
			zap.String("stream", laneKey(p, lane)), zap.Int64("entries", s.n))
	case "busy":
		log.Debug("a stream has ids from the future: waiting until what is ahead is settled", zap.String("stream", laneKey(p, lane)), zap.Int64("entries", s.n))
	}
}
