package fill

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
	"pushstream/internal/storecheck"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var seoul = time.FixedZone("KST", 9*3600)

// bundle is an empty Redis.
type bundle struct {
	srv  *redistest.Server
	rdb  *redis.Client
	keys pushlog.Keys
}

func setup(t *testing.T, partitions int) *bundle {
	t.Helper()
	srv := redistest.New(t)
	return &bundle{srv, srv.Client(t), pushlog.Keys{Prefix: "push", Partitions: partitions}}
}

// fill fills the log, which must not fail.
func (b *bundle) fill(t *testing.T, o Options) Result {
	t.Helper()
	o.Zone = seoul
	r, err := Run(t.Context(), b.rdb, b.keys, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sound wants that nothing is wrong with the store, and returns its records.
func (b *bundle) sound(t *testing.T, o storecheck.Options) map[string]storecheck.Record {
	t.Helper()
	o.SkipEvents = true
	records, faults, err := storecheck.Finished(t.Context(), b.rdb, b.keys, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults[:min(len(faults), 20)] {
		t.Error(fault)
	}
	return records
}

// counters sums up the hashes whose keys match a pattern.
func (b *bundle) counters(t *testing.T, pattern string) (sum map[string]int, keys int) {
	t.Helper()
	sum = map[string]int{}
	iter := b.rdb.Scan(t.Context(), 0, pattern, 1000).Iterator()
	for iter.Next(t.Context()) {
		keys++
		for field, value := range b.rdb.HGetAll(t.Context(), iter.Val()).Val() {
			n, err := strconv.Atoi(value)
			if err != nil {
				t.Errorf("%s of %s is %q", field, iter.Val(), value)
			}
			sum[field] += n
		}
	}
	return sum, keys
}

func seeded() chance { return chance{rand.New(rand.NewPCG(1, 2))} }
