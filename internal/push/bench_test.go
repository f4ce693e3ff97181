package push_test

import (
	"encoding/json"
	"testing"
	"time"

	"pushstream/internal/corpus"
	"pushstream/internal/push"
)

func BenchmarkFromJSON(b *testing.B) {
	line, err := json.Marshal(corpus.Job("bench", 1))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := push.FromJSON(line, time.UTC); err != nil {
			b.Fatal(err)
		}
	}
}
