package audit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxLimit is the greatest Limit of a Query.
	MaxLimit  = 1000
	maxLooked = 20_000 // entries that one List looks at
	readStep  = 500    // entries of one call to Redis
)

// Query says which entries. What is empty selects all.
type Query struct {
	Before   string // only those older than the entry of this id: a Page's Next
	Limit    int    // at most so many, 1 to MaxLimit; 0 is 100
	Kind     Kind
	Actor    string
	Actions  []Action
	Customer string
	Outcome  Outcome
	Since    time.Time // then or later
	Until    time.Time // before then
}

// Page is some entries, newest first.
type Page struct {
	Entries []Entry `json:"entries"`
	Next    string  `json:"next"` // where the next page begins; empty if there is nothing more
}

// List returns a page. It looks at 20,000 entries at most, and returns what it found
// among them; it goes on at Next. ErrCursor.
func (l *Log) List(ctx context.Context, q Query) (Page, error) {
	page := Page{Entries: []Entry{}}
	start, stop, err := q.bounds()
	if err != nil {
		return page, err
	}
	limit := min(q.Limit, MaxLimit)
	if limit <= 0 {
		limit = 100
	}
	for looked := 0; looked < maxLooked; looked += readStep {
		some, err := l.rdb.XRevRangeN(ctx, l.keys.entries(), start, stop, readStep).Result()
		if err != nil {
			return page, fmt.Errorf("read the audit log: %w", err)
		}
		if len(some) == 0 {
			page.Next = ""
			return page, nil
		}
		ids := make([]string, len(some))
		for i := range some {
			ids[i] = some[i].ID
		}
		outcomes, err := l.rdb.HMGet(ctx, l.keys.outcomes(), ids...).Result()
		if err != nil {
			return page, fmt.Errorf("read outcomes: %w", err)
		}
		for i := range some {
			e := read(ids[i], some[i].Values, outcomes[i])
			if !q.matches(e) {
				continue
			}
			page.Entries = append(page.Entries, e)
			if len(page.Entries) == limit && (i < len(some)-1 || len(some) == readStep) {
				page.Next = e.ID
				return page, nil
			}
		}
		page.Next = ids[len(ids)-1]
		if len(some) < readStep {
			page.Next = ""
			return page, nil
		}
		start = "(" + page.Next
	}
	return page, nil
}

// Each hands out all entries of a query, newest first, some hundred at a time.
func (l *Log) Each(ctx context.Context, q Query, do func([]Entry) error) error {
	q.Limit = MaxLimit
	for {
		page, err := l.List(ctx, q)
		if err != nil {
			return err
		}
		if len(page.Entries) > 0 {
			if err := do(page.Entries); err != nil {
				return err
			}
		}
		if q.Before = page.Next; q.Before == "" {
			return nil
		}
	}
}

// bounds are where the entries begin and end, as XREVRANGE wants them.
func (q Query) bounds() (start, stop string, err error) {
	start, stop = "+", "-"
	if !q.Until.IsZero() {
		start = strconv.FormatInt(max(ceilMilli(q.Until)-1, 0), 10) // and all of that millisecond
	}
	if q.Before != "" {
		if !validID.MatchString(q.Before) {
			return "", "", ErrCursor
		}
		if q.Until.IsZero() || idTime(q.Before).Before(q.Until) {
			start = "(" + q.Before
		}
	}
	if !q.Since.IsZero() {
		stop = strconv.FormatInt(max(ceilMilli(q.Since), 0), 10)
	}
	return start, stop, nil
}

// ceilMilli is the first whole millisecond not before t.
func ceilMilli(t time.Time) int64 { return t.Add(time.Millisecond - time.Nanosecond).UnixMilli() }

func (q Query) matches(e Entry) bool {
	return (q.Kind == "" || q.Kind == e.Kind) && (q.Actor == "" || q.Actor == e.Actor) &&
		(len(q.Actions) == 0 || slices.Contains(q.Actions, e.Action)) &&
		(q.Customer == "" || q.Customer == e.Customer || e.found(q.Customer)) && (q.Outcome == "" || q.Outcome == e.Outcome)
}

// found reports whether a search found pushes of a customer, and named them.
func (e Entry) found(customer string) bool {
	return slices.Contains(strings.Split(e.Result[ResultCustomers], CustomerSep), customer)
}
