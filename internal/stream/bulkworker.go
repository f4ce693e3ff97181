package stream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/pushlog"
)

const (
	bulkEvery   = 500 * time.Millisecond // between looks for a job
	bulkPages   = 10                     // pages of pushes that one step looks at
	bulkRefusal = 20                     // refusals of Redis in a row after which a job has failed
)

// errLeaseOver says that a step took too long to go on with it: another may have the job.
var errLeaseOver = errors.New("the lease is over")

// Run works on bulk jobs until ctx ends: a step of each in its turn. Then it finishes the
// step that it is at, and lets go of them, so that others go on at once.
func (b *Bulk) Run(ctx context.Context) error {
	for failures := 0; ctx.Err() == nil; {
		began := time.Now()
		worked, err := b.pass(ctx)
		if err != nil && ctx.Err() == nil {
			b.trouble.note("working on jobs", err)
			backoff(ctx, failures)
			failures++
			continue
		}
		failures = 0
		if worked {
			sleep(ctx, time.Since(began)) // sending comes first
		} else {
			sleep(ctx, bulkEvery)
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := b.letGo(last); err != nil { // then their leases run out
		b.logger.Warn("letting go of jobs", zap.Error(err))
	}
	return nil
}

// letGo ends the leases of this worker.
func (b *Bulk) letGo(ctx context.Context) error {
	jobs, err := b.List(ctx)
	if err != nil {
		return err
	}
	for i := range jobs {
		if jobs[i].open() && jobs[i].Worker == b.name {
			if _, err := b.seize(ctx, jobs[i].ID, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// pass makes a step of each job that is this worker's, or free, and reports whether it
// made any.
func (b *Bulk) pass(ctx context.Context) (worked bool, err error) {
	ids, err := b.rdb.ZRange(ctx, bulksKey(b.keys), 0, maxBulks-1).Result()
	if err != nil {
		return false, fmt.Errorf("list jobs: %w", err)
	}
	pipe := b.rdb.Pipeline()
	states := make([]*redis.StringCmd, len(ids))
	for i, id := range ids {
		states[i] = pipe.HGet(ctx, bulkKey(b.keys, id), "state")
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return false, fmt.Errorf("look at jobs: %w", err)
	}
	var failed error
	for i, id := range ids {
		state := BulkState(states[i].Val())
		if state != BulkWaiting && state != BulkRunning || ctx.Err() != nil {
			continue
		}
		stepped, err := b.work(ctx, id)
		worked = worked || stepped
		if err = b.judge(ctx, id, err); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return worked, failed
}

// judge notes how a step of a job went. If Redis refuses it again and again, the job has
// failed.
func (b *Bulk) judge(ctx context.Context, id string, err error) error {
	if err == nil || !refusal(err) {
		delete(b.failing, id)
		return err
	}
	if b.failing[id]++; b.failing[id] < bulkRefusal {
		return err
	}
	delete(b.failing, id)
	b.logger.Warn("job failed", zap.String("job", id), zap.Error(err))
	word, _, _ := strings.Cut(reply(err), " ")
	_, err = b.quit(ctx, id, BulkFailed, "Redis refuses a step again and again: "+word)
	return err
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

// work makes a step of a job, if it is this worker's or free. Once begun, a step is
// finished though ctx ends, but not when its lease may be over.
func (b *Bulk) work(ctx context.Context, id string) (bool, error) {
	until := time.Now().Add(b.lease / 2)
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
	defer cancel()
	j, err := b.seize(ctx, id, b.lease)
	if err != nil || j == nil {
		return false, err
	}
	if j.Error != "" {
		_, err := b.quit(ctx, id, BulkFailed, j.Error)
		return true, err
	}
	changes, err := b.do(ctx, j, until)
	if err != nil {
		return false, err
	}
	next := ""
	if !j.plan.End {
		plan, err := b.planNext(ctx, j)
		if err != nil {
			return false, err
		}
		next = plan.String()
	}
	state, err := b.advance(ctx, j, changes, next)
	if err == nil && state != string(BulkRunning) && state != "lost" {
		b.logger.Info("job ended", zap.String("job", id), zap.String("state", state))
	}
	return err == nil, err
}

// seize takes or keeps a job, nil if it is another's; with a lease of 0 it lets go.
func (b *Bulk) seize(ctx context.Context, id string, lease time.Duration) (*BulkJob, error) {
	answers, err := run(ctx, b.rdb, call{seizeScript, []string{bulksKey(b.keys), bulkKey(b.keys, id)},
		[]any{b.name, lease.Milliseconds(), bulkLife.Milliseconds(), bulkListLife.Milliseconds(), b.lease.Milliseconds()}})
	if err != nil {
		return nil, fmt.Errorf("seize a job: %w", err)
	}
	pairs, _ := answers[0].([]any)
	if len(pairs) == 0 {
		return nil, nil
	}
	h := map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		name, _ := pair[0].(string)
		h[name], _ = pair[1].(string)
	}
	return parseBulk(id, h), nil
}

// do does the step that is planned. Done twice, it changes nothing more and answers the
// same, as long as nobody else has changed these pushes meanwhile.
func (b *Bulk) do(ctx context.Context, j *BulkJob, until time.Time) ([]Change, error) {
	if len(j.plan.IDs) == 0 {
		return nil, nil
	}
	if time.Now().After(until) { // we were stopped, perhaps for long
		return nil, errLeaseOver
	}
	if j.Kind == BulkRedrive {
		return b.control.redrive(ctx, j.ID, j.plan.IDs...)
	}
	return b.control.Cancel(ctx, j.plan.IDs...)
}

func (b *Bulk) advance(ctx context.Context, j *BulkJob, changes []Change, next string) (string, error) {
	answers, err := run(ctx, b.rdb, call{advanceScript, []string{bulksKey(b.keys), bulkKey(b.keys, j.ID)},
		append([]any{b.name, b.lease.Milliseconds(), j.step, next, bulkLife.Milliseconds(), bulkListLife.Milliseconds(),
			j.plan.Looked, len(j.plan.IDs)}, outcomes(changes)...)})
	if err != nil {
		return "", fmt.Errorf("note a step of a job: %w", err)
	}
	state, _ := answers[0].(string)
	return state, nil
}

// planNext looks for the next pushes that a job means, at most scriptBatch of one
// partition.
func (b *Bulk) planNext(ctx context.Context, j *BulkJob) (*bulkPlan, error) {
	plan, records, err := b.next(ctx, j.Filter.filter(), &j.plan, j.number)
	if err != nil {
		return nil, err
	}
	for i := range records {
		plan.IDs = append(plan.IDs, records[i].ID)
	}
	return plan, nil
}

// next looks for the next pushes that a filter selects after those of a plan, accepted
// before a time in ms, at most scriptBatch of one partition: their plan, without ids, and
// their records.
func (b *Bulk) next(ctx context.Context, filter pushlog.Filter, after *bulkPlan, number int64) (*bulkPlan, []pushlog.Record, error) {
	from, stop := flushSpan(&filter, number)
	plan := &bulkPlan{Partition: after.Partition, Place: after.Place}
	for range bulkPages {
		if plan.Partition >= b.keys.Partitions {
			plan.End = true
			return plan, nil, nil
		}
		p := b.keys.Partition(plan.Partition)
		at := parsePlace(plan.Place)
		if plan.Place == "" {
			at = place{ms: from}
		}
		places, end, err := b.placesAfter(ctx, p, &filter, at, from, stop)
		if err != nil {
			return nil, nil, err
		}
		ids := make([]string, len(places))
		for i := range places {
			ids[i] = places[i].id
		}
		records, err := b.log.Fetch(ctx, p, ids)
		if err != nil {
			return nil, nil, err
		}
		records = slices.DeleteFunc(records, func(r pushlog.Record) bool { return !filter.Matches(&r) })
		plan.Looked += len(places)
		if len(places) > 0 {
			plan.Place = places[len(places)-1].String()
		}
		if len(records) > 0 { // the rest of the partition, if any, is for the next step
			return plan, records, nil
		}
		if end {
			plan.Partition, plan.Place = plan.Partition+1, ""
		}
	}
	return plan, nil, nil
}

// placesAfter are the next places at which a partition has pushes of a filter, or may
// have: of the smallest index that has them all, or of the indexes of its states.
func (b *Bulk) placesAfter(ctx context.Context, p pushlog.Partition, f *pushlog.Filter, after place, from int64, stop string) ([]place, bool, error) {
	value := *f
	value.Statuses = nil
	indexes := flushIndexes(p, &value)[1:] // not the one of everything
	var ofStates []string
	for _, s := range f.Statuses {
		ofStates = append(ofStates, p.StatusIndex(s))
	}
	counts, err := sizes(ctx, b.rdb, append(slices.Clone(ofStates), indexes...), from, stop)
	if err != nil {
		return nil, false, err
	}
	chosen, least := ofStates, int64(0)
	for i := range ofStates {
		least += counts[i]
	}
	for i, index := range indexes {
		if n := counts[len(ofStates)+i]; n < least {
			chosen, least = []string{index}, n
		}
	}
	var all []place
	end, upto := true, place{ms: math.MaxInt64}
	for _, index := range chosen {
		places, last, err := placesAfter(ctx, b.rdb, index, after, stop, scriptBatch)
		if err != nil {
			return nil, false, err
		}
		all = append(all, places...)
		if !last { // what comes after these has not been read
			end = false
			if edge := places[len(places)-1]; edge.before(upto) {
				upto = edge
			}
		}
	}
	all = slices.DeleteFunc(all, func(p place) bool { return upto.before(p) })
	slices.SortFunc(all, place.compare)
	return slices.Compact(all), end, nil // one may be in two, if it changes its state meanwhile
}
