package stream

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
)

// Selection says which pushes are to be redriven or cancelled together: those in
// one state that were accepted in a span of time and have all the given values.
type Selection struct {
	Status    push.Status // required
	Since     time.Time   // accepted then or later; zero: from the first
	Until     time.Time   // accepted before then; zero: until now
	ErrorCode push.Code   // empty: any; so are the rest
	Csno      string
	PushGrpID string
	DeviceID  string
	FCMSent   pushlog.TimeRange // fcm_send_time is in it
	Reserved  pushlog.TimeRange // sndn_rsev_hour is in it
	Zone      *time.Location    // of reserved times; nil: UTC
}

// filter is the same as one of the log.
func (s *Selection) filter() pushlog.Filter {
	return pushlog.Filter{ErrorCode: s.ErrorCode, Exact: push.Job{Csno: s.Csno, PushGrpID: s.PushGrpID, DeviceID: s.DeviceID}, FCMSent: s.FCMSent,
		Reserved: s.Reserved, Zone: s.Zone}
}

// Filter returns the filter that selects the same pushes.
func (s Selection) Filter() pushlog.Filter {
	f := s.filter()
	f.Statuses, f.Since, f.Until = []push.Status{s.Status}, s.Since, s.Until
	return f
}

// Progress is how far a redrive or cancel of a selection has come.
type Progress struct {
	Looked  int            // pushes in the state and time
	Matched int            // those with the values
	Changes map[Change]int // what became of them
}

// RedriveSelected redrives a selection, in steps of at most 100 pushes; after
// each it tells how far it has come. What it stops at, an error or the end of
// ctx, has been done as far as the last progress says: run again, it does the
// rest.
func (c *Control) RedriveSelected(ctx context.Context, s Selection, tell func(Progress)) (Progress, error) {
	if s.Status.Takes(push.Redrive) {
		return c.walk(ctx, s, c.Redrive, tell)
	}
	return Progress{}, errors.New("only failed, expired and cancelled pushes can be redriven")
}

// CancelSelected cancels a selection: see RedriveSelected.
func (c *Control) CancelSelected(ctx context.Context, s Selection, tell func(Progress)) (Progress, error) {
	if !s.Status.Takes(push.Cancel) {
		return Progress{}, errors.New("only scheduled, queued and retrying pushes can be cancelled")
	}
	return c.walk(ctx, s, c.Cancel, tell)
}

// walk goes through the index of the state, oldest first. Those that are changed
// leave it, or stay behind; so the place to go on from is the time of the last
// one seen, and who was seen at that time.
func (c *Control) walk(ctx context.Context, s Selection, change func(context.Context, ...string) ([]Change, error), tell func(Progress)) (Progress, error) {
	p := Progress{Changes: map[Change]int{}}
	until := s.Until
	if until.IsZero() {
		now, err := redisclock.Time(ctx, c.rdb, controlKey(c.keys)) // accept takes Redis's clock
		if err != nil {
			return p, err
		}
		newest, err := newestAccepted(ctx, c.rdb, c.keys)
		if err != nil {
			return p, err
		}
		until = time.UnixMilli(max(now.UnixMilli(), newest) + 1)
	}
	log := pushlog.New(c.rdb, c.keys)
	for _, partition := range c.keys.All() {
		from, seen := s.Since.UnixMilli(), map[string]bool{}
		if s.Since.IsZero() {
			from = 0
		}
		for {
			members, err := c.rdb.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
				Key: partition.StatusIndex(s.Status), ByScore: true, Start: from, Stop: "(" + strconv.FormatInt(until.UnixMilli(), 10),
				Count: scriptBatch + int64(len(seen)),
			}).Result()
			if err != nil {
				return p, fmt.Errorf("read index: %w", err)
			}
			var ids []string
			for _, z := range members {
				id, _ := z.Member.(string)
				if seen[id] || len(ids) == scriptBatch {
					continue
				}
				if int64(z.Score) > from {
					from = int64(z.Score)
					clear(seen)
				}
				seen[id] = true
				ids = append(ids, id)
			}
			if len(ids) == 0 {
				break
			}
			if err := c.step(ctx, log, partition, s, ids, change, &p); err != nil {
				return p, err
			}
			if tell != nil {
				tell(p)
			}
		}
	}
	return p, nil
}

// step changes those of some pushes that have the values.
func (c *Control) step(ctx context.Context, log *pushlog.Log, p pushlog.Partition, s Selection, ids []string, change func(context.Context, ...string) ([]Change, error), progress *Progress) error {
	records, err := log.Fetch(ctx, p, ids)
	if err != nil {
		return err
	}
	var matching []string
	filter := s.filter()
	for i := range records {
		if filter.Matches(&records[i]) {
			matching = append(matching, records[i].ID)
		}
	}
	progress.Looked += len(ids)
	if len(matching) == 0 {
		return nil
	}
	changes, err := change(ctx, matching...)
	if err != nil {
		return err
	}
	progress.Matched += len(matching)
	for _, c := range changes {
		progress.Changes[c]++
	}
	return nil
}

// operation is a name for one operation, so that a script that is run twice can
// tell.
func operation() string {
	b := make([]byte, 6)
	rand.Read(b) // never fails: crypto/rand
	return hex.EncodeToString(b)
}
