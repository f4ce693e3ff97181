package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"pushstream/internal/redistest"
)

// Every figure of the log is measured on a small one, and on a log that is there
// already; the pipeline, which needs processes, is left out.
func TestLog(t *testing.T) {
	t.Parallel()
	srv := redistest.New(t)
	measure := func() []result {
		p := &pipeline{dir: t.TempDir(), stderr: io.Discard}
		b := newLogBench(p, logFlags{Rows: 4500, Queries: 3, RedisURL: srv.URL()})
		b.sealer = func(ctx context.Context) (func() error, error) {
			rdb, blocking := b.client(), b.client()
			t.Cleanup(func() { rdb.Close(); blocking.Close() })
			return b.consume(ctx, rdb, blocking), nil
		}
		results, err := b.measure(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	results := measure()
	byName := map[string]float64{}
	for _, r := range results {
		if r.Value < 0 && !strings.HasPrefix(r.Name, "  counters") || r.N == 0 {
			t.Errorf("%+v", r)
		}
		byName[r.Name] = r.Value
	}
	for name, span := range map[string][2]float64{
		"payload a row: id and the job's values": {400, 500}, "memory of Redis a row": {500, 2000}, "  record with a hash of its own": {1, 400},
		"  packed records in chunks, by their length": {150, 400}, "  chunks but for these": {50, 600}, "page 45, p50": {0.01, 5000}, "export of everything": {1, 1e9},
		"a word in no msg_contents, all rows examined, p50": {0.01, 5000},
	} {
		if v, ok := byName[name]; !ok || v < span[0] || v > span[1] {
			t.Errorf("%s is %v, it should be %v to %v", name, v, span[0], span[1])
		}
	}
	again := measure()
	if len(again) != len(results)-1 || again[0].Name != "seal, one consumer" {
		t.Errorf("%d results of a log that is there: %+v", len(again), again)
	}
	if slower := srv.Client(t).ConfigGet(t.Context(), "slowlog-log-slower-than").Val()["slowlog-log-slower-than"]; slower != "10000" {
		t.Errorf("the slow log is left at %s", slower)
	}
}
