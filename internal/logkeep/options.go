package logkeep

import (
	"cmp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"pushstream/internal/pushlog"
)

// DefaultPackAfter is how long a sent push stays readable with HGETALL.
const DefaultPackAfter = 24 * time.Hour

// Options are the knobs of a Sealer and a Retainer; the zero value is usable.
type Options struct {
	Owner      string        // of this process's locks: unique for each process
	ChunkRows  int           // of a chunk, at least; pushlog.ChunkRows
	PackAfter  time.Duration // since a push was accepted and sent, until its record is packed; DefaultPackAfter
	MaxAge     time.Duration // since its acceptance, until an ended push leaves the log; 0: for ever
	MaxRows    int           // pushes in the log, over all partitions, above which the oldest leave it; 0: no limit
	Logger     *zap.Logger
	Registerer prometheus.Registerer         // nil: no metrics
	OnError    func(doing string, err error) // what goes wrong with Redis; Logger gets it if nil
}

func (o Options) withDefaults() Options {
	o.ChunkRows = cmp.Or(o.ChunkRows, pushlog.ChunkRows)
	o.PackAfter = cmp.Or(o.PackAfter, DefaultPackAfter)
	o.Logger = cmp.Or(o.Logger, zap.NewNop()).Named("logkeep")
	if o.OnError == nil {
		o.OnError = func(doing string, err error) { o.Logger.Warn(doing, zap.Error(err)) }
	}
	return o
}
