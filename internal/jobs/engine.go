package jobs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/loop"
	"pushstream/internal/redisclock"
	"pushstream/internal/stream"
)

const (
	every      = 500 * time.Millisecond // between looks for a job
	adoptEvery = 10 * time.Second       // between looks for jobs of the version before
	refusals   = 20                     // of Redis in a row after which a job has failed
	troubles   = time.Second            // between lines in the log
)

// errLeaseOver says that a step took too long to go on with it: another process may have
// the partition.
var errLeaseOver = errors.New("the lease has expired")

// failed is a job in a partition whose step has failed.
type failed struct {
	id        string
	partition int
}

// Run works on jobs until ctx ends: a step of each in its turn, in one partition of it.
// Then it finishes the step that it is at, and releases its leases, so that other processes
// go on at once.
func (e *Engine) Run(ctx context.Context) error {
	loop.Every(ctx, every, every/2, func(ctx context.Context) error {
		began := time.Now()
		worked, err := e.pass(ctx, "")
		if worked && err == nil {
			loop.Sleep(ctx, time.Since(began)) // sending comes first
			return loop.Again
		}
		return err
	}, e.report)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := e.release(last); err != nil { // then the leases expire
		e.logger.Warn("releasing jobs", zap.Error(err))
	}
	return nil
}

const (
	followEvery = 100 * time.Millisecond
	followTime  = 10 * time.Second // for Redis to answer
)

// Follow tells how far a job is until it has ended, and returns it as it is then. With
// help, it works on the job beside the processes that run an engine, so that the job needs
// none of them. When ctx ends, the job goes on without it.
func (e *Engine) Follow(ctx context.Context, id string, help bool, tell func(*Job)) (*Job, error) {
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = e.release(last) // else the leases expire
	}()
	for {
		worked := false
		if help {
			var err error
			if worked, err = e.pass(ctx, id); err != nil && ctx.Err() == nil && !refusal(err) {
				return nil, err
			}
		}
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), followTime)
		j, err := e.Get(short, id)
		cancel()
		if err != nil || !j.State.Open() {
			return j, err
		}
		tell(j)
		if ctx.Err() != nil || !worked && !loop.Sleep(ctx, followEvery) {
			return j, ctx.Err()
		}
	}
}

// report logs what goes wrong, at most a line a second.
func (e *Engine) report(err error) {
	e.trouble.Lock()
	defer e.trouble.Unlock()
	if time.Since(e.trouble.last) >= troubles {
		e.trouble.last = time.Now()
		e.logger.Warn("working on jobs", zap.Error(err))
	}
}

// release ends the leases of this process.
func (e *Engine) release(ctx context.Context) error {
	open, err := e.open(ctx)
	for _, o := range open {
		for n, p := range o.parts {
			if p.worker == e.name && !p.done {
				if _, _, err := e.take(ctx, o.id, n, 0); err != nil {
					return err
				}
			}
		}
	}
	return err
}

// pass makes a step of each job, or of one, in a partition that is this process's, or free,
// and reports whether it made any.
func (e *Engine) pass(ctx context.Context, only string) (worked bool, err error) {
	if time.Since(e.adopted) >= adoptEvery {
		if err := e.adopt(ctx); err != nil {
			return false, err
		}
		e.adopted = time.Now()
	}
	open, err := e.open(ctx)
	if err != nil {
		return false, err
	}
	var all error
	for _, o := range open {
		partition, is := o.next(e.name)
		if !is || ctx.Err() != nil || only != "" && only != o.id {
			continue
		}
		stepped, err := e.work(ctx, o.id, partition)
		worked = worked || stepped
		if err = e.judge(ctx, failed{o.id, partition}, err); err != nil {
			all = errors.Join(all, err)
		}
	}
	return worked, all
}

// openJob is a job that has not ended, and which of its partitions is whose.
type openJob struct {
	id    string
	parts []openPart
}

type openPart struct {
	worker     string
	done, free bool
}

// next is the partition in which a process works on the job: the one that it has, or one
// that is free. It works in one at a time, so that others find some to work in.
func (o *openJob) next(name string) (int, bool) {
	mine := slices.IndexFunc(o.parts, func(p openPart) bool { return !p.done && p.worker == name && !p.free })
	if mine >= 0 {
		return mine, true
	}
	first := rand.N(len(o.parts)) // several processes begin at several places
	for i := range o.parts {
		if n := (first + i) % len(o.parts); o.parts[n].free && !o.parts[n].done {
			return n, true
		}
	}
	return 0, false
}

// open reads which jobs are open.
func (e *Engine) open(ctx context.Context) ([]openJob, error) {
	ids, err := e.rdb.ZRange(ctx, openKey(e.keys), 0, maxJobs-1).Result()
	if err != nil {
		return nil, fmt.Errorf("list open jobs: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	now, err := redisclock.Time(ctx, e.rdb, listKey(e.keys))
	if err != nil {
		return nil, err
	}
	pipe := e.rdb.Pipeline()
	var parts []*redis.SliceCmd
	for _, id := range ids {
		for n := range e.keys.Partitions {
			parts = append(parts, pipe.HMGet(ctx, partKey(e.keys, id, n), "worker", "lease_ms", "done"))
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("read open jobs: %w", err)
	}
	jobs := make([]openJob, len(ids))
	for i, id := range ids {
		jobs[i].id = id
		for n := range e.keys.Partitions {
			h := parts[i*e.keys.Partitions+n].Val()
			worker, _ := h[0].(string)
			ends, _ := h[1].(string)
			jobs[i].parts = append(jobs[i].parts, openPart{worker: worker, done: h[2] != nil, free: !e.leased(ends, now)})
		}
	}
	return jobs, nil
}

// adopt takes over what the version before has ordered, if no process of that version
// works on it.
func (e *Engine) adopt(ctx context.Context) error {
	jobs, err := e.List(ctx)
	if err != nil {
		return err
	}
	for i := range jobs {
		if j := &jobs[i]; j.State.Open() && j.partitions == 0 {
			_, err := adoptScript.Run(ctx, e.rdb, e.keysOf(j.ID), j.ID, e.keys.Partitions, e.lease.Milliseconds(), life.Milliseconds(), listLife.Milliseconds())
			if err != nil {
				return fmt.Errorf("adopt a job: %w", err)
			}
		}
	}
	return nil
}

// judge notes how a step of a job went. If Redis refuses it again and again, the job has
// failed.
func (e *Engine) judge(ctx context.Context, of failed, err error) error {
	if err == nil || !refusal(err) {
		delete(e.failing, of)
		return err
	}
	if e.failing[of]++; e.failing[of] < refusals {
		return err
	}
	delete(e.failing, of)
	e.logger.Warn("job failed", zap.String("job", of.id), zap.Error(err))
	word, _, _ := strings.Cut(reply(err), " ")
	return e.stop(ctx, of.id, Failed, "Redis refuses a step again and again: "+word)
}

// reply is the text of an error that Redis answered with, empty if it did not answer.
func reply(err error) string {
	var answered redis.Error
	if errors.As(err, &answered) {
		return answered.Error()
	}
	return ""
}

// refusal reports whether Redis answers, and does not want to do the work. That it can't
// now, since it is starting or failing over, is none.
func refusal(err error) bool {
	word, _, _ := strings.Cut(reply(err), " ")
	return word != "" && !slices.Contains([]string{"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "BUSY", "MOVED", "ASK"}, word)
}

// work makes a step of a job in a partition, if that is this process's or free. Once
// begun, a step is finished though ctx ends, but not when its lease may have expired.
func (e *Engine) work(ctx context.Context, id string, partition int) (bool, error) {
	until := time.Now().Add(e.lease / 2)
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
	defer cancel()
	j, at, err := e.take(ctx, id, partition, e.lease)
	if err != nil || j == nil {
		return false, err
	}
	if j.Error != "" {
		return true, e.stop(ctx, id, Failed, j.Error)
	}
	changes, err := e.do(ctx, j, partition, at, until)
	if err != nil {
		return false, err
	}
	next := &plan{}
	switch {
	case at.plan.End:
		next = nil
	case j.CancelledAt == "":
		if next, err = e.next(ctx, j, partition, at.plan); err != nil {
			return false, err
		}
	}
	state, err := e.advance(ctx, j, partition, at, changes, next)
	if err == nil && state != Running && state != lost {
		e.logger.Info("job ended", zap.String("job", id), zap.String("state", string(state)))
	}
	return err == nil, err
}

// take leases a partition of a job, or keeps it; nil if it is another process's, or done.
// With a lease of 0 it releases it.
func (e *Engine) take(ctx context.Context, id string, partition int, lease time.Duration) (*Job, part, error) {
	answer, err := leaseScript.Run(ctx, e.rdb, append(e.keysOf(id), partKey(e.keys, id, partition)),
		e.name, lease.Milliseconds(), e.lease.Milliseconds(), life.Milliseconds(), listLife.Milliseconds())
	if err != nil {
		return nil, part{}, fmt.Errorf("lease a job: %w", err)
	}
	hashes, _ := answer.([]any)
	if len(hashes) != 2 {
		return nil, part{}, nil
	}
	j := parse(id, fields(hashes[0]))
	at, err := parsePart(fields(hashes[1]))
	if err != nil {
		j.unreadable(err)
	}
	return j, at, nil
}

// fields are the fields and values of a hash.
func fields(answer any) map[string]string {
	h := map[string]string{}
	pairs, _ := answer.([]any)
	for pair := range slices.Chunk(pairs, 2) {
		name, _ := pair[0].(string)
		h[name], _ = pair[1].(string)
	}
	return h
}

// do does the step that is planned. Done twice, it changes nothing more and answers the
// same, as long as no other party has changed these pushes meanwhile.
func (e *Engine) do(ctx context.Context, j *Job, partition int, at part, until time.Time) (map[stream.Change]int, error) {
	if len(at.plan.IDs) == 0 {
		return nil, nil
	}
	if time.Now().After(until) { // this process was stopped, perhaps for long
		return nil, errLeaseOver
	}
	return e.changers[j.Kind].Change(ctx, Step{Job: j.ID, Partition: e.keys.Partition(partition), IDs: at.plan.IDs})
}

// lost is what advance answers if the partition is at another step, or another process's.
const lost State = "lost"

// advance writes down that a step is done; next is the plan of the one after it, nil if
// the partition is done.
func (e *Engine) advance(ctx context.Context, j *Job, partition int, at part, changes map[stream.Change]int, next *plan) (State, error) {
	text, size := "", any("")
	if next != nil {
		text = next.String()
		if at.step == 0 && at.plan.Place == "" {
			size = next.size
		}
	}
	args := []any{e.name, e.lease.Milliseconds(), at.step, text, j.ID, size, at.plan.Looked, len(at.plan.IDs), life.Milliseconds(), listLife.Milliseconds()}
	for change, n := range changes {
		args = append(args, string(change), n)
	}
	answer, err := advanceScript.Run(ctx, e.rdb, append(e.keysOf(j.ID), partKey(e.keys, j.ID, partition)), args...)
	if err != nil {
		return "", fmt.Errorf("note a step of a job: %w", err)
	}
	state, _ := answer.(string)
	return State(state), nil
}
