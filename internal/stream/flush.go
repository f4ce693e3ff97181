package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

const (
	flushLife   = 7 * 24 * time.Hour // an order that nobody has carried out by then is none any more
	flushMemory = 24 * time.Hour     // how long one that has ended is shown
)

// FlushState is how a flush is getting on.
type FlushState string

// The states of a flush.
const (
	FlushRunning   FlushState = "running"
	FlushDone      FlushState = "done"
	FlushCancelled FlushState = "cancelled"
	FlushFailed    FlushState = "failed"
)

// FlushStates returns every state.
func FlushStates() []FlushState {
	return []FlushState{FlushRunning, FlushDone, FlushCancelled, FlushFailed}
}

var (
	// ErrFlushRunning says that there can be one flush at a time.
	ErrFlushRunning = errors.New("another flush is running")
	// ErrNoFlush says that no flush is running.
	ErrNoFlush = errors.New("no flush is running")
)

// Flush is the removal of pushes that have ended from the log: ordered by somebody,
// carried out by the consumers.
type Flush struct {
	State     FlushState  `json:"state"`
	Filter    FlushFilter `json:"filter"` // what was meant; the zero value is all
	By        string      `json:"by"`
	StartedAt string      `json:"started_at"` // RFC 3339, UTC; what was accepted before is meant
	EndedAt   string      `json:"ended_at,omitempty"`
	Of        int64       `json:"of"`      // pushes to be looked at, in the partitions that were begun
	Looked    int64       `json:"looked"`  // pushes looked at
	Removed   int64       `json:"removed"` // records removed
	Left      int64       `json:"left"`    // pushes that are meant and could not go: they had not ended
	Error     string      `json:"error,omitempty"`
}

// order is a flush as the consumers know it.
type order struct {
	Flush
	number int64 // of later ones it is greater; what was accepted before it, as a time in ms, is meant
}

// FlushFilter is a pushlog.Filter as Redis and the API have it.
type FlushFilter struct {
	Status      []push.Status `json:"status,omitempty"`
	Since       *time.Time    `json:"since,omitempty"`
	Until       *time.Time    `json:"until,omitempty"`
	ErrorCode   push.Code     `json:"error_code,omitempty"`
	Csno        string        `json:"csno,omitempty"`
	PushGrpID   string        `json:"push_grp_id,omitempty"`
	DeviceID    string        `json:"device_id,omitempty"`
	ServiceName string        `json:"D_servicename,omitempty"`
	Column      string        `json:"column,omitempty"`
	Contains    string        `json:"contains,omitempty"`
	Equals      string        `json:"equals,omitempty"`

	FCMSendYN     string     `json:"fcm_send_yn,omitempty"`
	FCMSendSince  *time.Time `json:"fcm_send_since,omitempty"`
	FCMSendUntil  *time.Time `json:"fcm_send_until,omitempty"`
	SndnRsevSince *time.Time `json:"sndn_rsev_since,omitempty"`
	SndnRsevUntil *time.Time `json:"sndn_rsev_until,omitempty"`
	Zone          string     `json:"zone,omitempty"` // of these times, as the one who ordered it sees them
}

func newFlushFilter(f pushlog.Filter) FlushFilter {
	ff := FlushFilter{Status: f.Statuses, ErrorCode: f.ErrorCode, Csno: f.Exact.Csno, PushGrpID: f.Exact.PushGrpID, DeviceID: f.Exact.DeviceID,
		ServiceName: f.Exact.ServiceName}
	switch t := f.Text; {
	case t.Whole:
		ff.Column, ff.Equals = t.Column, t.Word
	case t.Word != "":
		ff.Column, ff.Contains = t.Column, t.Word
	}
	ff.FCMSendYN = f.FCMSendYN
	if f.Zone != nil {
		ff.Zone = f.Zone.String()
	}
	for into, from := range ff.times(&f) {
		if !from.IsZero() {
			*into = from
		}
	}
	return ff
}

// times are the times of a filter, and where each of them belongs in its other form.
func (ff *FlushFilter) times(f *pushlog.Filter) map[**time.Time]*time.Time {
	return map[**time.Time]*time.Time{
		&ff.Since: &f.Since, &ff.Until: &f.Until, &ff.FCMSendSince: &f.FCMSent.Since, &ff.FCMSendUntil: &f.FCMSent.Until,
		&ff.SndnRsevSince: &f.Reserved.Since, &ff.SndnRsevUntil: &f.Reserved.Until,
	}
}

// zoneOf is the zone that a filter names; an error if this process does not know it.
func (ff *FlushFilter) zoneOf() (*time.Location, error) {
	if ff.Zone == "" {
		return nil, nil
	}
	return time.LoadLocation(ff.Zone)
}

func (ff *FlushFilter) filter() pushlog.Filter {
	f := pushlog.Filter{Statuses: ff.Status, ErrorCode: ff.ErrorCode,
		Exact: push.Job{Csno: ff.Csno, PushGrpID: ff.PushGrpID, DeviceID: ff.DeviceID, ServiceName: ff.ServiceName}, Text: pushlog.Text{Column: ff.Column, Word: ff.Contains}}
	if ff.Equals != "" {
		f.Text.Word, f.Text.Whole = ff.Equals, true
	}
	f.FCMSendYN = ff.FCMSendYN
	f.Zone, _ = ff.zoneOf() // it is checked when the filter is read
	for from, into := range ff.times(&f) {
		if *from != nil {
			*into = **from
		}
	}
	return f
}

// StartFlush orders that pushes of a filter that have ended, and were accepted
// before now, leave the log. The consumers do it, also while they are paused.
// ErrFlushRunning if one is being carried out; pushlog.ErrFilter if the filter makes
// no sense. by is whom to show as its author.
func (c *Control) StartFlush(ctx context.Context, f pushlog.Filter, by string) (*Flush, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	for _, s := range f.Statuses {
		if !s.Terminal() {
			return nil, fmt.Errorf("%w: only what has ended can leave the log, not what is %s", pushlog.ErrFilter, s)
		}
	}
	filter, err := json.Marshal(newFlushFilter(f))
	if err != nil {
		return nil, fmt.Errorf("write the filter: %w", err)
	}
	newest, err := newestAccepted(ctx, c.rdb, c.keys)
	if err != nil {
		return nil, err
	}
	answers, err := run(ctx, c.rdb, call{flushScript, []string{flushKey(c.keys)}, []any{operation(), flushLife.Milliseconds(), string(filter), by, newest}})
	if err != nil {
		return nil, fmt.Errorf("order a flush: %w", err)
	}
	if answers[0] != int64(1) {
		return nil, ErrFlushRunning
	}
	return c.Flush(ctx)
}

// Flush is the flush that is running, or the last one of a day; nil if there is
// none.
func (c *Control) Flush(ctx context.Context) (*Flush, error) {
	o, _, err := lookAtFlush(ctx, c.rdb, c.keys)
	if err != nil || o == nil {
		return nil, err
	}
	return &o.Flush, nil
}

// CancelFlush ends a flush; within a second nothing is removed any more. What was
// removed stays so. ErrNoFlush if none is running.
func (c *Control) CancelFlush(ctx context.Context) (*Flush, error) {
	o, _, err := lookAtFlush(ctx, c.rdb, c.keys)
	if err != nil {
		return nil, err
	}
	if o == nil || o.State != FlushRunning {
		return nil, ErrNoFlush
	}
	was, err := halt(ctx, c.rdb, c.keys, o.number, FlushCancelled, "")
	if err != nil {
		return nil, err
	}
	if !was {
		return nil, ErrNoFlush
	}
	return c.Flush(ctx)
}

// halt ends a flush in a state; it reports whether it was running, or has ended so
// before.
func halt(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, number int64, state FlushState, why string) (bool, error) {
	answers, err := run(ctx, rdb, call{haltScript, []string{flushKey(keys)}, []any{number, string(state), why, flushMemory.Milliseconds()}})
	if err != nil {
		return false, fmt.Errorf("end a flush: %w", err)
	}
	return answers[0] == int64(1), nil
}

// lookAtFlush reads the order, nil if there is none, and how far each partition has
// come.
func lookAtFlush(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) (*order, []flushed, error) {
	pipe := rdb.Pipeline()
	read := pipe.HGetAll(ctx, flushKey(keys))
	var hashes []*redis.MapStringStringCmd
	for _, p := range keys.All() {
		hashes = append(hashes, pipe.HGetAll(ctx, flushedKey(p)))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, nil, fmt.Errorf("read flush: %w", err)
	}
	o := parseFlush(read.Val())
	if o == nil {
		return nil, nil, nil
	}
	parts := make([]flushed, len(hashes))
	for i, h := range hashes {
		parts[i] = parseFlushed(h.Val(), o.number)
		o.Of += max(parts[i].of, parts[i].looked) // those that were counted may be fewer by now
		o.Looked += parts[i].looked
		o.Removed += parts[i].removed
		o.Left += parts[i].left
	}
	return o, parts, nil
}

// parseFlush reads the order; nil if there is none.
func parseFlush(h map[string]string) *order {
	if h["state"] == "" {
		return nil
	}
	o := &order{Flush{State: FlushState(h["state"]), By: h["by"], StartedAt: h["started_at"], EndedAt: h["ended_at"], Error: h["error"]},
		number(h["number"])}
	// A filter that names what we don't know would be taken for one that means more.
	d := json.NewDecoder(bytes.NewReader([]byte(h["filter"])))
	d.DisallowUnknownFields()
	filter := pushlog.Filter{}
	err := d.Decode(&o.Filter)
	if err == nil {
		_, err = o.Filter.zoneOf()
	}
	if err == nil {
		filter = o.Filter.filter()
		err = filter.Validate()
	}
	if err != nil && o.Error == "" {
		o.Error = fmt.Sprintf("its filter can't be read: %v", err)
	}
	return o
}

// flushed is how far a flush has come in one partition.
type flushed struct {
	place                     string // place.String(); empty: not begun; flushedAll
	of, looked, removed, left int64
}

// flushedAll is the place of a flush that has looked at all of a partition.
const flushedAll = "all"

// parseFlushed reads how far flush n has come in a partition.
func parseFlushed(h map[string]string, n int64) flushed {
	if number(h["number"]) != n {
		return flushed{}
	}
	return flushed{h["place"], number(h["of"]), number(h["looked"]), number(h["removed"]), number(h["left"])}
}

// flushSpan is when the pushes that a flush means were accepted, as ZRANGE takes it:
// from a time in ms on, and before another.
func flushSpan(f *pushlog.Filter, before int64) (from int64, stop string) {
	if !f.Since.IsZero() {
		from = max(0, notBefore(f.Since))
	}
	if !f.Until.IsZero() {
		before = min(before, notBefore(f.Until))
	}
	return from, "(" + strconv.FormatInt(max(before, 0), 10)
}

// notBefore is the first millisecond that is not before t.
func notBefore(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

// flushIndexes are the indexes of a partition that have all that a filter means.
func flushIndexes(p pushlog.Partition, f *pushlog.Filter) []string {
	keys := append([]string{p.Index()}, p.ValueIndexes(&f.Exact)...)
	if f.ErrorCode != "" {
		keys = append(keys, p.ErrorCodeIndex(f.ErrorCode))
	}
	if len(f.Statuses) == 1 && f.Statuses[0] != push.Sent {
		keys = append(keys, p.StatusIndex(f.Statuses[0]))
	}
	slices.Sort(keys[1:])
	return keys
}

// number reads a number of a hash; 0 if there is none.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
