package live

import (
	"context"

	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// The data of the messages about states. They repeat what may be told, by name, so
// that nothing else gets in by itself.
type (
	counts struct {
		Statuses map[push.Status]int64 `json:"statuses"`
	}
	workers struct {
		Items []worker `json:"items"`
	}
	worker struct {
		Name     string       `json:"name"`
		Consumer string       `json:"consumer"`
		State    stream.State `json:"state"`
		Desired  stream.State `json:"desired"`
		InFlight int          `json:"in_hand"`
		Pending  int64        `json:"pending"`
		Sent     int64        `json:"sent"`
		Rate     float64      `json:"rate"`
	}
	holds struct {
		Items []hold `json:"items"`
	}
	hold struct {
		Project string        `json:"project"`
		Reason  stream.Reason `json:"reason"`
		Code    push.Code     `json:"code"`
		Since   string        `json:"since"`
		Until   string        `json:"until,omitempty"`
		ProbeAt string        `json:"probe_at,omitempty"`
	}
	flush struct {
		Flush *flushed `json:"flush"` // null: none within a day
	}
	flushed struct {
		State     stream.FlushState `json:"state"`
		StartedAt string            `json:"started_at"`
		EndedAt   string            `json:"ended_at,omitempty"`
		Of        int64             `json:"of"`
		Looked    int64             `json:"looked"`
		Removed   int64             `json:"removed"`
		Left      int64             `json:"left"`
	}
	jobList struct {
		Items []job `json:"items"`
	}
	job struct {
		ID          string                  `json:"id"`
		Kind        jobs.Kind               `json:"kind"`
		State       jobs.State              `json:"state"`
		OrderedAt   string                  `json:"ordered_at"`
		EndedAt     string                  `json:"ended_at,omitempty"`
		CancelledAt string                  `json:"cancelled_at,omitempty"`
		Of          int64                   `json:"of"`
		Looked      int64                   `json:"looked"`
		Matched     int64                   `json:"matched"`
		Changes     map[stream.Change]int64 `json:"changes"`
	}
)

// maxJobs is how many bulk jobs, the newest, are told of.
const maxJobs = 20

// Shots are those of every state of a pushstream.
func Shots(control *stream.Control, log *pushlog.Log, engine *jobs.Engine) map[Topic]Shot {
	return map[Topic]Shot{
		Counts: func(ctx context.Context) (any, error) {
			n, err := log.Counts(ctx)
			return counts{n}, err
		},
		Workers: func(ctx context.Context) (any, error) {
			all, err := control.Workers(ctx)
			items := make([]worker, len(all))
			for i, w := range all {
				items[i] = worker{w.Name, w.Consumer, w.State, w.Desired, w.InFlight, w.Pending, w.Sent, w.Rate}
			}
			return workers{items}, err
		},
		Holds: func(ctx context.Context) (any, error) {
			all, err := control.Holds(ctx)
			items := make([]hold, len(all))
			for i, h := range all {
				items[i] = hold{h.Project, h.Reason, h.Code, h.Since, h.Until, h.ProbeAt}
			}
			return holds{items}, err
		},
		Flush: func(ctx context.Context) (any, error) {
			f, err := control.Flush(ctx)
			if f == nil || err != nil {
				return flush{}, err
			}
			return flush{&flushed{f.State, f.StartedAt, f.EndedAt, f.Of, f.Looked, f.Removed, f.Left}}, nil
		},
		Jobs: func(ctx context.Context) (any, error) {
			all, err := engine.List(ctx)
			items := []job{}
			for _, j := range all[:min(len(all), maxJobs)] {
				items = append(items, job{j.ID, j.Kind, j.State, j.OrderedAt, j.EndedAt, j.CancelledAt, j.Of, j.Looked, j.Matched, j.Changes})
			}
			return jobList{items}, err
		},
	}
}
