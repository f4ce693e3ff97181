package fill

import (
	"testing"
	"time"

	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// What making a push costs, without Redis.
func BenchmarkMake(b *testing.B) {
	m := newMaker(pushlog.Keys{Prefix: "push", Partitions: 1}, Options{Rows: 1 << 30, Days: 30, Zone: seoul}, time.Now())
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		m.row(n, m.id(1_795_000_000_000), 1_795_000_000_000)
	}
}

// What a push costs with Redis.
func BenchmarkFill(b *testing.B) {
	rdb := redistest.New(b).Client(b)
	b.ReportAllocs()
	if _, err := Run(b.Context(), rdb, pushlog.Keys{Prefix: "push", Partitions: 1}, Options{Rows: b.N, Days: 30, Zone: seoul}); err != nil {
		b.Fatal(err)
	}
}
