package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// adoptee is an entry that carries a whole job.
type adoptee struct {
	entry
	job   push.Job
	age   time.Duration // how much of its ttl is used up
	named bool          // the id is the job's own
}

// adopt accepts the jobs that entries carry, then removes the entries. The id
// of a job without one is made from the entry's, so that a crash between the
// two steps leads to a repeated accept, not to a second push. A job's lifetime
// began when its entry was added, or begins at its reserved time.
func (c *Consumer) adopt(ctx context.Context, p pushlog.Partition, entries []entry) error {
	all, err := c.readWhole(ctx, p, entries)
	if err != nil || len(all) == 0 {
		return err
	}
	answers, err := c.acceptWhole(ctx, all)
	if err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	if slices.ContainsFunc(answers, Answer.Refused) {
		// They stay pending for us; what needs no memory must go on meanwhile.
		c.trouble.note("adopting entries added by hand", errors.New("Redis is out of memory"))
		return nil
	}
	var accepted []entry
	for i, a := range answers {
		why := ""
		switch a {
		case Expired:
			c.metrics.end(push.Expired, "", time.Time{}, time.Time{})
		case Unusable:
			why = unusable(p, &all[i].job)
		case Conflict:
			why = "conflict: the id " + all[i].job.ID + " is that of a push with other content, which was not changed; add this one with another id"
		}
		if why == "" {
			accepted = append(accepted, all[i].entry)
		} else if err := c.reject(ctx, p, all[i].entry, push.CodeInvalidJob, why); err != nil {
			return err // what it carries is kept in a failed record, else the entry stays
		}
	}
	if len(accepted) == 0 {
		return nil
	}
	_, err = c.discard(ctx, p, accepted)
	return err
}

// readWhole reads the jobs that entries carry; an entry that can't be read becomes a
// failed record.
func (c *Consumer) readWhole(ctx context.Context, p pushlog.Partition, entries []entry) ([]adoptee, error) {
	var all []adoptee
	for _, e := range entries {
		fields := make(map[string]string, len(e.values))
		for name, v := range e.values {
			fields[name], _ = v.(string)
		}
		if push.Short(fields[push.FieldPriority]) == "" && e.lane == laneUrgent {
			fields[push.FieldPriority] = string(push.Urgent)
		}
		job, err := push.FromFields(fields, c.opt.Zone)
		if err != nil {
			if err := c.reject(ctx, p, e, push.CodeInvalidJob, err.Error()); err != nil {
				return nil, err
			}
			continue
		}
		a := adoptee{entry: e, job: job, named: job.ID != ""}
		if !a.named {
			a.job.ID = entryUUID(p, e, 0)
		}
		if job.DueAt.IsZero() {
			a.age = entryAge(e.id, c.clock.Now())
		}
		all = append(all, a)
	}
	return all, nil
}

// acceptWhole accepts jobs. After a clock was set back, an entry may have the id of an
// earlier one: what it carries is another push then, if its id was made from the entry's.
func (c *Consumer) acceptWhole(ctx context.Context, all []adoptee) ([]Answer, error) {
	jobs, ages := make([]push.Job, len(all)), make([]time.Duration, len(all))
	for i, a := range all {
		jobs[i], ages[i] = a.job, a.age
	}
	answers, err := c.accepts.accept(ctx, jobs, ages, limits{})
	if err != nil {
		return nil, err
	}
	var places []int
	jobs, ages = nil, nil
	for i, a := range all {
		if answers[i] == Conflict && !a.named {
			all[i].job.ID = nameUUID(a.job.ID + " " + a.job.Fingerprint())
			places, jobs, ages = append(places, i), append(jobs, all[i].job), append(ages, a.age)
		}
	}
	if len(places) == 0 {
		return answers, nil
	}
	again, err := c.accepts.accept(ctx, jobs, ages, limits{})
	for n, i := range places {
		answers[i] = again[n]
	}
	return answers, err
}

// unusable says why a job is Unusable.
func unusable(p pushlog.Partition, j *push.Job) string {
	return "the key of its record, " + p.Record(j.ID) + ", or an index of its customer, group or device holds another type"
}

// entryUUID is the nth name-based UUID (RFC 9562, version 5) of a stream entry.
func entryUUID(p pushlog.Partition, e entry, n int) string {
	return nameUUID(laneKey(p, e.lane) + " " + e.id + " " + strconv.Itoa(n))
}

func nameUUID(name string) string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String() }
