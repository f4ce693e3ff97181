package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"pushstream/internal/admin"
	"pushstream/internal/audit"
	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
)

const pushChunk = 100 // ids in one round trip

// pushFlags name pushes. A flag that is given and empty must be told from one
// that is absent: a script's unset variable must not select everything.
type pushFlags struct {
	long
	IDs       []string `arg:"" optional:"" name:"id" help:"Ids of pushes."`
	Status    *string  `help:"Select all pushes in this state instead of ids. To redrive: failed, expired or cancelled; to cancel: scheduled, queued or retrying."`
	Since     *string  `placeholder:"TIME" help:"Select pushes accepted at or after this time, RFC 3339, such as 2026-11-24T09:30:00+09:00."`
	Until     *string  `placeholder:"TIME" help:"Select pushes accepted before this time."`
	ErrorCode *string  `placeholder:"CODE" help:"Select pushes with this error code, such as UNREGISTERED."`
	Csno      *string  `help:"Select pushes of this customer number."`
	PushGrpID *string  `placeholder:"GROUP" help:"Select pushes of this push group."`
	DeviceID  *string  `placeholder:"TOKEN" help:"Select pushes to this device token."`
	timeFlags
	DryRun bool `help:"Change nothing: print how many pushes match, since when, and how many are past their ttl."`
	Yes    bool `help:"Redrive also pushes that are past their ttl, without a --since that bounds the period."`

	ids    []string       // or:
	filter pushlog.Filter // what they have in common
}

// pushRedrive and pushCancel differ in their verb, and in the states that it takes.
type (
	pushRedrive struct{ pushFlags }
	pushCancel  struct{ pushFlags }
)

// Validate checks the flags.
func (c *pushRedrive) Validate(check *setting.Checker) { c.check(check, jobs.Redrive) }

// Validate checks the flags.
func (c *pushCancel) Validate(check *setting.Checker) { c.check(check, jobs.Cancel) }

// Entry is what the audit log says.
func (c *pushRedrive) Entry() audit.Entry { return c.entry(audit.Redrive) }

// Entry is what the audit log says.
func (c *pushCancel) Entry() audit.Entry { return c.entry(audit.Cancel) }

// Run redrives what the flags select.
func (c *pushRedrive) Run(ctx context.Context, a *app) error {
	return c.change(ctx, a, verb{jobs.Redrive, stream.ChangeQueued, a.control.Redrive})
}

// Run cancels what the flags select.
func (c *pushCancel) Run(ctx context.Context, a *app) error {
	return c.change(ctx, a, verb{jobs.Cancel, stream.ChangeCancelled, a.control.Cancel})
}

func (f *pushFlags) entry(action audit.Action) audit.Entry {
	if f.DryRun {
		return audit.Entry{}
	}
	return selected(action, f.IDs, f.given())
}

// given are the flags that were given, by the names of the API.
func (f *pushFlags) given() admin.Given {
	return f.timeFlags.given(map[string]*string{
		admin.FieldStatus: f.Status, admin.FieldSince: f.Since, admin.FieldUntil: f.Until, admin.FieldErrorCode: f.ErrorCode,
		push.FieldCsno: f.Csno, push.FieldPushGrpID: f.PushGrpID, push.FieldDeviceID: f.DeviceID,
	})
}

// check reads the flags.
func (f *pushFlags) check(check *setting.Checker, kind jobs.Kind) {
	given := f.given()
	if (len(f.IDs) == 0) == (len(given) == 0) {
		check.Fault("ID", "give ids of pushes, or --status and what else they have in common")
		return
	}
	for i, id := range f.IDs {
		id = push.Short(id)
		f.IDs[i] = id
		if !push.ValidID(id) {
			check.Fault("ID", fmt.Sprintf("%.80q must be 1 to %d characters of A-Z a-z 0-9 . _ : -", id, push.MaxID))
		}
	}
	if len(f.IDs) > 0 {
		if f.DryRun || f.Yes {
			check.Fault("ID", "--dry-run and --yes go with --status, not with ids")
		}
		f.ids = f.IDs
		return
	}
	var err error
	f.filter, err = admin.ParseJob(given, kind, check.Zone("PUSH_ZONE", f.Zone))
	if err != nil {
		check.Add(err)
	}
}

// verb is what push does to pushes.
type verb struct {
	kind jobs.Kind
	done stream.Change // what is to become of them
	one  func(ctx context.Context, ids ...string) ([]stream.Change, error)
}

// change redrives or cancels what the flags select.
func (f *pushFlags) change(ctx context.Context, a *app, v verb) error {
	short, cancel := brief(ctx)
	defer cancel()
	// With another number of partitions, some pushes would not be found.
	if err := stream.CheckPartitions(short, a.rdb, a.keys); err != nil {
		return err
	}
	if len(f.ids) > 0 {
		counts, err := v.each(ctx, f.ids, a.stdout)
		a.result = texts(counts)
		return err
	}
	o, goes, err := f.estimated(short, a, v.kind)
	if err != nil || !goes {
		return err
	}
	j, err := a.jobs.Order(short, o)
	if err != nil {
		return err
	}
	return a.follow(ctx, j, true)
}

// estimated is the job of the chosen pushes, bounded by what there is now, and whether it is
// to be done: not by a dry run, which says what it would take. An error if pushes would be
// sent that are past their ttl, and neither a period nor --yes says that they are to be.
func (f *pushFlags) estimated(ctx context.Context, a *app, kind jobs.Kind) (o jobs.Order, goes bool, err error) {
	e, err := a.jobs.Estimate(ctx, kind, f.filter)
	if err != nil {
		return o, false, err
	}
	status := f.filter.Statuses[0]
	switch {
	case f.DryRun:
		fmt.Fprintln(a.stdout, taken(status, e, time.Now()))
		return o, false, nil
	case e.PastTTL > 0 && f.filter.Since.IsZero() && status != push.Expired && !f.Yes:
		return o, false, outcomeError{audit.Refused, fmt.Errorf("nothing was done: %s; a redrive starts their ttl again: give --since, or --yes to redrive all of them",
			taken(status, e, time.Now()))}
	}
	o = jobs.Order{Kind: kind, Filter: f.filter, By: author(), Reason: "command line", Of: e.Count, Oldest: e.Oldest}
	if o.Filter.Until = e.Until; !e.Exact {
		o.Of = jobs.NotCounted
	}
	return o, true, nil
}

// taken says what a selection takes: 474 failed pushes, the oldest accepted
// 2026-11-01T00:00:00.000Z, 29 d 3 h 12 m ago; 409 past their ttl.
func taken(status push.Status, e jobs.Estimate, now time.Time) string {
	least := func(exact bool) string {
		if exact {
			return ""
		}
		return "at least "
	}
	text := fmt.Sprintf("%s%d %s pushes", least(e.Exact), e.Count, status)
	if at, err := time.Parse(pushlog.TimeFormat, e.Oldest); err == nil {
		age := now.Sub(at).Truncate(time.Minute)
		text += fmt.Sprintf(", the oldest accepted %s, %d d %d h %d m ago", e.Oldest, age/(24*time.Hour), age/time.Hour%24, age/time.Minute%60)
	}
	if e.PastTTL > 0 || !e.PastExact {
		text += fmt.Sprintf("; %s%d past their ttl", least(e.PastExact), e.PastTTL)
	}
	return text
}

// each changes pushes by id and says of each what became of it. It is an error if
// one stays as it was.
func (v verb) each(ctx context.Context, ids []string, stdout io.Writer) (map[stream.Change]int, error) {
	counts := map[stream.Change]int{}
	for chunk := range slices.Chunk(ids, pushChunk) {
		ctx, cancel := brief(ctx)
		changes, err := v.one(ctx, chunk...)
		cancel()
		if err != nil {
			return counts, v.partial(counts, err)
		}
		for i, change := range changes {
			text := string(change)
			counts[change]++
			if change != v.done {
				text = admin.Explain(change)
			}
			fmt.Fprintf(stdout, "%s: %s\n", chunk[i], text)
		}
	}
	if left := len(ids) - counts[v.done]; left > 0 {
		return counts, v.partial(counts, outcomeError{audit.Refused, fmt.Errorf("%d of %d pushes are not %s", left, len(ids), v.done)})
	}
	return counts, nil
}

// partial is an error after which some pushes are changed, if there are any.
func (v verb) partial(counts map[stream.Change]int, err error) error {
	if counts[v.done] == 0 {
		return err
	}
	return outcomeError{audit.Partial, err}
}

// texts are counts for the audit log.
func texts[N int | int64](counts map[stream.Change]N) map[string]string {
	all := map[string]string{}
	for change, n := range counts {
		all[string(change)] = fmt.Sprint(n)
	}
	return all
}
