package admin

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"pushstream/internal/access"
)

const (
	// searchLife is how long a search is kept after its last use.
	searchLife = 7 * 24 * time.Hour
	// maxKept is how many searches of one user or token are kept: the one that was
	// used least lately goes.
	maxKept = 200
	// forgetStep is how many searches one round trip removes.
	forgetStep = 500
)

// searches keeps searches for personal data, and for each user and token a list of
// theirs, by last use. A crash between the two leaves a search without a list, which
// goes by its TTL; everything else is safe to be done twice.
type searches struct {
	rdb    redis.UniversalClient
	prefix string
	now    func() time.Time // Redis's; needed by what notes a use
}

func (s searches) key(id string) string { return s.prefix + ":search:" + id }

func (s searches) list(kind access.Kind, by string) string {
	return s.prefix + ":searches:" + string(kind) + ":" + by
}

// keep keeps a search, and lets the oldest of its maker go.
func (s searches) keep(ctx context.Context, id string, one kept) error {
	text, err := json.Marshal(one)
	if err != nil {
		return err // texts always marshal
	}
	list := s.list(one.Kind, one.By)
	_, err = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		s.used(ctx, pipe, list, id)
		pipe.Set(ctx, s.key(id), text, searchLife)
		return nil
	})
	if err != nil {
		return err
	}
	old, err := s.rdb.ZRange(ctx, list, 0, -1-maxKept).Result()
	if err != nil {
		return err
	}
	return s.remove(ctx, list, old)
}

// used notes that a search is used; those whose life is over leave the list.
func (s searches) used(ctx context.Context, pipe redis.Pipeliner, list, id string) {
	now := s.now()
	pipe.ZAdd(ctx, list, redis.Z{Score: float64(now.UnixMilli()), Member: id})
	pipe.ZRemRangeByScore(ctx, list, "-inf", strconv.FormatInt(now.Add(-searchLife).UnixMilli(), 10))
	pipe.PExpire(ctx, list, searchLife)
}

// remove removes searches of a list.
func (s searches) remove(ctx context.Context, list string, ids []string) error {
	for len(ids) > 0 {
		some := ids[:min(len(ids), forgetStep)]
		ids = ids[len(some):]
		_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, id := range some {
				pipe.Del(ctx, s.key(id))
				pipe.ZRem(ctx, list, id)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// read returns a search, which lives on then; or errNoSearch. It also does so while
// Redis takes no writes.
func (s searches) read(ctx context.Context, id string) (kept, error) {
	var one kept
	text, err := s.rdb.Get(ctx, s.key(id)).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return one, errNoSearch
	case err != nil:
		return one, err
	case json.Unmarshal(text, &one) != nil:
		return one, errNoSearch
	}
	_, _ = s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		s.used(ctx, pipe, s.list(one.Kind, one.By), id)
		pipe.Expire(ctx, s.key(id), searchLife)
		return nil
	})
	return one, nil
}

// forget removes all searches of a user or token.
func (s searches) forget(ctx context.Context, kind access.Kind, by string) error {
	list := s.list(kind, by)
	ids, err := s.rdb.ZRange(ctx, list, 0, -1).Result()
	if err != nil {
		return err
	}
	return s.remove(ctx, list, ids)
}

// ForgetSearches removes the searches that a user has kept, who is shut out.
func ForgetSearches(ctx context.Context, rdb redis.UniversalClient, prefix, user string) error {
	return searches{rdb: rdb, prefix: prefix}.forget(ctx, access.KindUser, access.Canonical(user))
}

// newAlarms counts alarms of searches.
func newAlarms(reg prometheus.Registerer) prometheus.Counter {
	n := prometheus.NewCounter(prometheus.CounterOpts{Name: "pushstream_admin_search_alarms_total",
		Help: "Users and tokens whose searches for personal data were stopped: too many, or with words that are nearly the same."})
	if reg != nil {
		reg.MustRegister(n)
	}
	return n
}
