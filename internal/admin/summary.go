package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// sample is how many of the newest pushes that were sent latency is taken from.
const sample = 200

// summary is a pushstream at a glance.
type summary struct {
	At       string                `json:"at"`
	Backlog  backlog               `json:"backlog"`
	Urgent   backlog               `json:"urgent"`
	All      unfinished            `json:"unfinished"`
	Due      int64                 `json:"due"` // reserved, or waiting for the next try
	Statuses map[push.Status]int64 `json:"statuses"`
	Minute   pushlog.Counters      `json:"minute"` // the last whole one
	Hour     pushlog.Counters      `json:"hour"`   // the last 60 minutes together
	Latency  latency               `json:"latency"`
	Workers  map[stream.State]int  `json:"workers"`
	Desired  stream.State          `json:"desired"`
	Holds    []stream.Hold         `json:"holds"`
	Flushing bool                  `json:"flushing"`

	Simulator bool `json:"simulator"` // some worker sends to a simulator of FCM
}

// backlog is the unfinished work of one lane.
type backlog struct {
	Unread  int64   `json:"unread"`
	Pending int64   `json:"pending"`
	Oldest  float64 `json:"oldest_seconds"`
}

// unfinished is what should have been sent by now and has not ended, in both lanes, waiting
// for the next try, or reserved and due.
type unfinished struct {
	Pushes   int64   `json:"pushes"`
	Retrying int64   `json:"retrying"`
	Oldest   float64 `json:"oldest_seconds"`
}

// latency is the time from acceptance to FCM's, of some pushes that were sent last.
type latency struct {
	Of  int   `json:"of"` // pushes; those with a reserved time and redriven ones say nothing
	P50 int64 `json:"p50_ms"`
	P95 int64 `json:"p95_ms"`
}

func (a *api) summary(c *gin.Context) {
	ctx, cancel := bounded(c)
	defer cancel()
	s, err := a.summarize(ctx)
	if err != nil {
		httpapi.Unavailable(c, err)
		return
	}
	c.JSON(http.StatusOK, s)
}

func (a *api) summarize(ctx context.Context) (s summary, err error) {
	now := a.Now().UTC()
	s.At = now.Format(pushlog.TimeFormat)
	normal, urgent, err := stream.ReadBacklog(ctx, a.Redis, a.Keys)
	if err != nil {
		return s, err
	}
	s.Backlog, s.Urgent, s.Due = backlogOf(normal), backlogOf(urgent), normal.Due
	all, err := stream.ReadUnfinished(ctx, a.Redis, a.Keys, normal, urgent)
	if err != nil {
		return s, err
	}
	s.All = unfinished{all.Pushes, all.Retrying, all.Oldest.Seconds()}
	if s.Statuses, err = a.log.Counts(ctx); err != nil {
		return s, err
	}
	minutes, err := a.log.Counters(ctx, now.Add(-time.Hour), now, time.Minute)
	if err != nil {
		return s, err
	}
	s.Hour = together(minutes)
	if len(minutes) > 1 {
		s.Minute = minutes[len(minutes)-2]
	}
	if s.Latency, err = a.latency(ctx); err != nil {
		return s, err
	}
	workers, err := a.control.Workers(ctx)
	if err != nil {
		return s, err
	}
	s.Workers = map[stream.State]int{}
	for _, w := range workers {
		s.Workers[w.State]++
		s.Simulator = s.Simulator || w.Simulator
	}
	paused, err := a.control.PausedAll(ctx)
	if err != nil {
		return s, err
	}
	if s.Desired = stream.Running; paused {
		s.Desired = stream.Paused
	}
	if s.Holds, err = a.control.Holds(ctx); err != nil {
		return s, err
	}
	f, err := a.control.Flush(ctx)
	s.Flushing = f != nil && f.State == stream.FlushRunning
	return s, err
}

func backlogOf(b stream.Backlog) backlog {
	return backlog{b.Unread, b.Pending, b.Oldest.Seconds()}
}

// together adds counters up; its time is the first one's.
func together(all []pushlog.Counters) pushlog.Counters {
	sum := pushlog.Counters{Errors: map[push.Code]int64{}}
	for i, one := range all {
		if i == 0 {
			sum.At = one.At
		}
		sum.Accepted += one.Accepted
		sum.Sent += one.Sent
		sum.Failed += one.Failed
		sum.Expired += one.Expired
		sum.Cancelled += one.Cancelled
		sum.Retrying += one.Retrying
		sum.Redriven += one.Redriven
		for code, n := range one.Errors {
			sum.Errors[code] += n
		}
	}
	return sum
}

func (a *api) latency(ctx context.Context) (l latency, err error) {
	p, err := a.log.List(ctx, pushlog.Query{Page: 1, Size: sample, Filter: pushlog.Filter{Statuses: []push.Status{push.Sent}}})
	if err != nil {
		return l, err
	}
	var took []int64
	for _, r := range p.Records {
		accepted, err := time.Parse(time.RFC3339, r.AcceptedAt)
		sent, err2 := time.Parse(time.RFC3339, r.FCMSendTime)
		if err == nil && err2 == nil && r.SndnRsevHour == "" && len(r.Redrives) == 0 {
			took = append(took, max(0, sent.Sub(accepted).Milliseconds()))
		}
	}
	if len(took) == 0 {
		return l, nil
	}
	slices.Sort(took)
	return latency{len(took), took[(len(took)-1)*50/100], took[(len(took)-1)*95/100]}, nil
}
