package monitor

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
)

const (
	fresh    = time.Second             // how long what was read is shown again
	deadline = 1500 * time.Millisecond // of one read, all parts together, and of a scrape's wait for it
)

// Collector is a prometheus.Collector of one pushstream.
type Collector struct {
	rdb   redis.UniversalClient
	parts []part

	mu      sync.Mutex
	shown   []prometheus.Metric
	at      time.Time     // when shown was read
	reading chan struct{} // closed when the read under way has ended; nil if none is
}

// part reads some of the metrics, and fails for itself.
type part struct {
	name  string
	descs []*prometheus.Desc
	read  func(context.Context, emit) error
}

// emit shows one value.
type emit func(desc *prometheus.Desc, value float64, labels ...string)

var (
	upDesc = prometheus.NewDesc("pushstream_redis_up", "1 if Redis answers this process, 0 if not.", nil, nil)

	successDesc = prometheus.NewDesc("pushstream_collector_success",
		"1 if this part of what Redis says could be read; a right that is missing fails one part.", []string{"part"}, nil)
)

// New returns a collector of the pushstream of keys in rdb.
func New(rdb redis.UniversalClient, keys pushlog.Keys) *Collector {
	return &Collector{rdb: rdb, parts: []part{
		serverPart(rdb), backlogPart(rdb, keys), roomPart(rdb, keys), overduePart(rdb, keys), logPart(rdb, keys), workersPart(rdb, keys), holdsPart(rdb, keys),
	}}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- upDesc
	ch <- successDesc
	for _, p := range c.parts {
		for _, d := range p.descs {
			ch <- d
		}
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	for _, m := range c.current() {
		ch <- m
	}
}

// current is what was read within the last second, or is read now.
func (c *Collector) current() []prometheus.Metric {
	c.mu.Lock()
	if c.shown != nil && time.Since(c.at) < fresh {
		defer c.mu.Unlock()
		return c.shown
	}
	if c.reading == nil {
		c.reading = make(chan struct{})
		go c.renew(c.reading)
	}
	reading := c.reading
	c.mu.Unlock()

	limit := time.NewTimer(deadline)
	defer limit.Stop()
	select {
	case <-reading:
	case <-limit.C: // a client that heeds no deadline: what it says is shown when it is there
		return c.down()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown
}

// renew reads all parts once.
func (c *Collector) renew(reading chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	var shown []prometheus.Metric
	show := func(desc *prometheus.Desc, value float64, labels ...string) {
		shown = append(shown, prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...))
	}
	if up(ctx, c.rdb) {
		show(upDesc, 1)
		for _, p := range c.parts {
			before := len(shown)
			success := 1.0
			if err := p.read(ctx, show); err != nil {
				shown, success = shown[:before], 0 // half of it would mislead
			}
			show(successDesc, success, p.name)
		}
	} else {
		shown = c.down()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.at, c.reading = shown, time.Now(), nil
	close(reading)
}

// down is what is shown while Redis does not answer.
func (c *Collector) down() []prometheus.Metric {
	shown := []prometheus.Metric{prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, 0)}
	for _, p := range c.parts {
		shown = append(shown, prometheus.MustNewConstMetric(successDesc, prometheus.GaugeValue, 0, p.name))
	}
	return shown
}

// up reports whether Redis answers, be it that this user may not PING.
func up(ctx context.Context, rdb redis.UniversalClient) bool {
	err := rdb.Ping(ctx).Err()
	return err == nil || redis.HasErrorPrefix(err, "NOPERM")
}
