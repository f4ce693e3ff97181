package monitor

import (
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

func backlogPart(rdb redis.UniversalClient, keys pushlog.Keys) part {
	backlog := prometheus.NewDesc("pushstream_backlog", "Pushes on the streams: unread or unassigned, or pending for a consumer.", []string{"lane", "state"}, nil)
	oldest := prometheus.NewDesc("pushstream_backlog_oldest_seconds", "Age of the oldest push on the streams, unread or in flight.", []string{"lane"}, nil)
	due := prometheus.NewDesc("pushstream_due", "Pushes that wait for their reserved time or their next try.", nil, nil)
	return part{"backlog", []*prometheus.Desc{backlog, oldest, due}, func(ctx context.Context, show emit) error {
		normal, urgent, err := stream.ReadBacklog(ctx, rdb, keys)
		if err != nil {
			return err
		}
		for lane, l := range map[string]stream.Backlog{"normal": normal, "urgent": urgent} {
			show(backlog, float64(l.Unread), lane, "unread")
			show(backlog, float64(l.Pending), lane, "pending")
			show(oldest, l.Oldest.Seconds(), lane)
		}
		show(due, float64(normal.Due))
		return nil
	}}
}

func roomPart(rdb redis.UniversalClient, keys pushlog.Keys) part {
	backlog := prometheus.NewDesc("pushstream_backlog_counted", "Pushes that count against MAX_BACKLOG: on the streams, waiting for the next try, or reserved and due.", nil, nil)
	scheduled := prometheus.NewDesc("pushstream_scheduled", "Reserved pushes, which count against MAX_SCHEDULED.", nil, nil)
	return part{"room", []*prometheus.Desc{backlog, scheduled}, func(ctx context.Context, show emit) error {
		b, s, err := stream.CountRoom(ctx, rdb, keys)
		if err != nil {
			return err
		}
		show(backlog, float64(b))
		show(scheduled, float64(s))
		return nil
	}}
}

func overduePart(rdb redis.UniversalClient, keys pushlog.Keys) part {
	pushes := prometheus.NewDesc("pushstream_overdue", "Pushes whose reserved time, or next try, passed more than 5 s ago and that no consumer has put onto their stream.", nil, nil)
	oldest := prometheus.NewDesc("pushstream_overdue_oldest_seconds", "Time since the oldest overdue push should have been put onto its stream; 0 if none is overdue.", nil, nil)
	return part{"overdue", []*prometheus.Desc{pushes, oldest}, func(ctx context.Context, show emit) error {
		o, err := stream.ReadOverdue(ctx, rdb, keys)
		if err != nil {
			return err
		}
		show(pushes, float64(o.Pushes))
		show(oldest, o.Oldest.Seconds())
		return nil
	}}
}

func logPart(rdb redis.UniversalClient, keys pushlog.Keys) part {
	rows := prometheus.NewDesc("pushstream_log_rows", "Pushes in the log, by state.", []string{"status"}, nil)
	log := pushlog.New(rdb, keys)
	return part{"log", []*prometheus.Desc{rows}, func(ctx context.Context, show emit) error {
		counts, err := log.Counts(ctx)
		if err != nil {
			return err
		}
		for _, status := range push.Statuses() {
			show(rows, float64(counts[status]), string(status))
		}
		return nil
	}}
}

// unknownState is the state of a worker of another version.
const unknownState = "other"

func workersPart(rdb redis.UniversalClient, keys pushlog.Keys) part {
	workers := prometheus.NewDesc("pushstream_workers", "Consumer processes by state, as their heartbeats in Redis say; lost ones have gone silent.", []string{"state"}, nil)
	control := stream.NewControl(rdb, keys)
	return part{"workers", []*prometheus.Desc{workers}, func(ctx context.Context, show emit) error {
		all, err := control.Workers(ctx)
		if err != nil {
			return err
		}
		counts := map[string]int{}
		for _, w := range all {
			switch {
			case w.Consumer == "": // paused, and no process of that name runs
			case slices.Contains(stream.States(), w.State):
				counts[string(w.State)]++
			default:
				counts[unknownState]++
			}
		}
		for _, state := range stream.States() {
			show(workers, float64(counts[string(state)]), string(state))
		}
		show(workers, float64(counts[unknownState]), unknownState)
		return nil
	}}
}

func holdsPart(rdb redis.UniversalClient, keys pushlog.Keys) part {
	held := prometheus.NewDesc("pushstream_projects_held", "FCM projects to which all sending is held, by the reason.", []string{"reason"}, nil)
	control := stream.NewControl(rdb, keys)
	return part{"holds", []*prometheus.Desc{held}, func(ctx context.Context, show emit) error {
		holds, err := control.Holds(ctx)
		if err != nil {
			return err
		}
		counts := map[stream.Reason]int{}
		for _, h := range holds {
			counts[h.Reason]++
		}
		for _, reason := range stream.Reasons() {
			show(held, float64(counts[reason]), string(reason))
		}
		return nil
	}}
}
