package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// Answer is what accept says of one job.
type Answer int

// The answers.
const (
	Unknown   Answer = iota // the call failed before this job was answered for
	Queued                  // new, and on its stream
	Scheduled               // new, and waiting for its reserved time
	Expired                 // new, and never sent: its lifetime was over; it has a record
	Repeated                // its id has a record that says the same: nothing was changed
	Conflict                // its id has a record that says something else: nothing was changed
	Refused                 // the backlog is full: nothing was changed

	RefusedScheduled // as many pushes are reserved as may be: nothing was changed
	RefusedMemory    // Redis is out of memory: nothing was changed
	Unusable         // a key that only this push needs holds another type than it should: nothing was changed
)

// String returns the answer as metrics and the HTTP API name it.
func (a Answer) String() string {
	return [...]string{"unknown", "queued", "scheduled", "expired", "repeated", "conflict", "refused", "refused", "refused", "unusable"}[a]
}

// New reports whether the job was accepted, and is not known from before.
func (a Answer) New() bool { return a >= Queued && a <= Expired }

// Refused reports whether the job found no room: it is to be handed in again later.
func (a Answer) Refused() bool { return a >= Refused && a <= RefusedMemory }

// ProducerOptions are the knobs of a Producer; the zero value is usable.
type ProducerOptions struct {
	// MaxBacklog is how many pushes may be on the streams, or wait for their next try, over
	// all partitions; 0: no limit. A tenth as many urgent ones find room whatever there is.
	MaxBacklog   int
	MaxScheduled int                   // how many may be reserved for later; 0: no limit
	Registerer   prometheus.Registerer // nil: no metrics
}

// store is where jobs are accepted.
type store struct {
	rdb  redis.UniversalClient
	keys pushlog.Keys
	log  *pushlog.Log
}

// Producer accepts jobs.
type Producer struct {
	store
	opt     ProducerOptions
	limits  limits
	refused *prometheus.CounterVec
	answers *prometheus.CounterVec
}

// NewProducer returns a producer that writes to the keys in rdb.
func NewProducer(rdb redis.UniversalClient, keys pushlog.Keys, o ProducerOptions) *Producer {
	p := &Producer{store: store{rdb, keys, pushlog.New(rdb, keys)}, opt: o, limits: newLimits(o, keys.Partitions), answers: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "pushstream_accept_total",
		Help: "Jobs handed in, by the answer given; conflict: their id is that of a push with other content; unknown: Redis did not say whether it took them.",
	}, []string{"answer"}), refused: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "pushstream_refused_total",
		Help: "Jobs refused, by the limit that they met.",
	}, []string{"limit"})}
	for a := Unknown; a <= Unusable; a++ { // what is refused, for whatever reason, has one name
		p.answers.WithLabelValues(a.String())
	}
	for _, limit := range Limits() {
		p.refused.WithLabelValues(string(limit))
	}
	if o.Registerer != nil {
		gauge := func(name, help string, value int) prometheus.Collector {
			g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
			g.Set(float64(value))
			return g
		}
		o.Registerer.MustRegister(p.answers, p.refused,
			gauge("pushstream_backlog_limit", "MAX_BACKLOG of this process; 0 is no limit.", o.MaxBacklog),
			gauge("pushstream_scheduled_limit", "MAX_SCHEDULED of this process; 0 is no limit.", o.MaxScheduled))
	}
	return p
}

// Accept takes jobs over: from a Queued or Scheduled answer on, the job will
// reach a terminal state; with an Expired one it has. A job without an id is given a UUIDv7, in jobs
// itself, so that the same slice can be handed in again after an error without
// anything being sent twice. Jobs must have been validated.
//
// The answers are in the order of jobs. With an error, those that are not known
// are Unknown: hand these jobs in again. A Redis that is out of memory refuses,
// as a full backlog does.
func (p *Producer) Accept(ctx context.Context, jobs []push.Job) ([]Answer, error) {
	for i := range jobs {
		if jobs[i].ID == "" {
			id, err := uuid.NewV7()
			if err != nil {
				return make([]Answer, len(jobs)), fmt.Errorf("make an id: %w", err)
			}
			jobs[i].ID = id.String()
		}
	}
	answers, err := p.accept(ctx, jobs, nil, p.limits)
	for _, a := range answers {
		p.answers.WithLabelValues(a.String()).Inc()
		if a.Refused() {
			p.refused.WithLabelValues(string(a.Limit())).Inc()
		}
	}
	return answers, err
}

// accept has jobs accepted, and compares those whose ids have a record that the script
// can't see. If that record has just left the log, its push is handed in once more.
func (s store) accept(ctx context.Context, jobs []push.Job, ages []time.Duration, l limits) ([]Answer, error) {
	answers, err := s.acceptAll(ctx, jobs, ages, l)
	free, failed := compare(ctx, s.log, jobs, answers)
	if err = cmp.Or(err, failed); err != nil || len(free) == 0 {
		return answers, err
	}
	again, since := make([]push.Job, len(free)), make([]time.Duration, len(free))
	for n, i := range free {
		if again[n] = jobs[i]; ages != nil {
			since[n] = ages[i]
		}
	}
	got, err := s.acceptAll(ctx, again, since, l)
	for n, i := range free {
		if answers[i] = got[n]; got[n] == known { // Unknown: to be handed in again
			answers[i], err = Unknown, cmp.Or(err, errors.New("accept: a record came and went"))
		}
	}
	return answers, err
}

// acceptAll is acceptOnce; a stream that takes no more has its ids fixed, and then asked
// again.
func (s store) acceptAll(ctx context.Context, jobs []push.Job, ages []time.Duration, l limits) ([]Answer, error) {
	answers, err := acceptOnce(ctx, s.rdb, s.keys, jobs, ages, l)
	if !errors.Is(err, errFull) {
		return answers, err
	}
	if err := fixAllIDs(ctx, s.rdb, s.keys, zap.NewNop()); err != nil {
		return answers, err
	}
	again, err := acceptOnce(ctx, s.rdb, s.keys, jobs, ages, l)
	for i, a := range again {
		if answers[i] == Unknown { // else it is repeated by now
			answers[i] = a
		}
	}
	return answers, err
}

// acceptOnce runs the accept script over jobs, all of which have an id, in one
// round trip. ages, if not nil, are how much of its ttl each job has used up. The error is
// errFull if a stream takes no more entries.
func acceptOnce(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, jobs []push.Job, ages []time.Duration, l limits) ([]Answer, error) {
	answers := make([]Answer, len(jobs))
	var calls []call
	var members [][]int // for each call the places of its jobs
	open := map[int]int{}
	for i := range jobs {
		p := keys.Of(jobs[i].ID)
		n, ok := open[p.Number]
		if !ok || len(members[n]) == scriptBatch {
			n = len(calls)
			open[p.Number] = n
			calls = append(calls, call{acceptScript,
				[]string{jobsKey(p), urgentKey(p), dueKey(p), p.Index(), eventsKey(p)},
				append(make([]any, 0, 5+min(scriptBatch, len(jobs))*acceptWidth), p.Base, l.backlog, l.urgent, l.scheduled, eventsCap)})
			members = append(members, nil)
		}
		ttl := time.Duration(jobs[i].TTL) * time.Second
		if ages != nil {
			ttl = max(ttl-ages[i], 0)
		}
		calls[n].args = appendJob(calls[n].args, &jobs[i], ttl)
		members[n] = append(members[n], i)
	}
	results, err := run(ctx, rdb, calls...)
	oom := redis.HasErrorPrefix(err, "OOM")
	var full error
	for n, result := range results {
		codes, _ := result.([]any) // nil: this call failed
		for k, i := range members[n] {
			if k < len(codes) {
				answers[i] = answerOf(codes[k])
				if answers[i] == Unknown {
					full = errFull
				}
			} else if oom {
				answers[i] = RefusedMemory
			}
		}
	}
	if err != nil && !oom {
		return answers, fmt.Errorf("accept: %w", err)
	}
	return answers, full
}

func answerOf(code any) Answer {
	switch code {
	case int64(1):
		return Queued
	case int64(2):
		return Scheduled
	case int64(3):
		return Expired
	case int64(0):
		return Repeated
	case int64(-5):
		return Conflict
	case int64(-6):
		return known
	case int64(-2):
		return RefusedScheduled
	case int64(-3):
		return Unusable
	case int64(-4):
		return Unknown
	}
	return Refused
}

// appendJob appends what accept.lua takes for one job.
func appendJob(args []any, j *push.Job, ttl time.Duration) []any {
	lane, due := laneNormal, int64(0)
	if j.Priority == push.Urgent {
		lane = laneUrgent
	}
	if !j.DueAt.IsZero() {
		due = max(j.DueAt.UnixMilli(), 1) // 0 is now
	}
	args = append(args, j.ID, due, lane, ttl.Milliseconds(), j.Fingerprint())
	for _, value := range j.KeptValues() {
		args = append(args, value)
	}
	for _, value := range pushlog.IndexValues(j) {
		args = append(args, value)
	}
	return args
}
