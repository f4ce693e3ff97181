package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/storecheck"
)

// One in so many requests, and of the jobs added by hand, is contradicted: its id is
// handed in once more with other content, which must be told so, or kept as a failed
// record, and must not change what was accepted.
const (
	contradictRequest = 15
	contradictByHand  = 40
)

// other is a job of the same id that says something else.
func other(j push.Job) push.Job {
	j.MsgTitle += " (other)"
	return j
}

// contradict hands in other content under the id of a job that was accepted, until it is
// answered for.
func (l *load) contradict(ctx context.Context, j push.Job, first int) {
	body, err := json.Marshal(other(j))
	if err != nil {
		panic(err) // texts and numbers
	}
	for n := first; ; n++ {
		status, answer, err := l.try(ctx, l.sys.producers[n%len(l.sys.producers)].addr, body)
		switch {
		case err == nil && status == http.StatusConflict:
			l.conflicts.Add(1)
			return
		case err == nil && status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests:
			l.complain("a producer answered %d to other content under the id %s: %.300s", status, j.ID, answer)
			return
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return
		}
	}
}

// contradictByHand adds an entry with other content under the id of a job, once that has
// a record.
func (l *load) contradictByHand(ctx context.Context, j push.Job, lane string) {
	record := keys.Of(j.ID).Record(j.ID)
	for l.rdb.Exists(ctx, record).Val() == 0 {
		if !sleep(ctx, 20*time.Millisecond) {
			return
		}
	}
	for {
		err := l.rdb.XAdd(ctx, &redis.XAddArgs{Stream: lane, Values: entry(other(j))}).Err()
		if err == nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.contradicted[j.ID] = true
			return
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return
		}
	}
}

// conflictWith is the id that the record of an entry added by hand says it is in conflict
// with; empty if it says nothing of the kind.
func conflictWith(r storecheck.Record) string {
	if r[pushlog.FieldErrorCode] != string(push.CodeInvalidJob) {
		return ""
	}
	_, rest, _ := strings.Cut(r[pushlog.FieldResult], "conflict: the id ")
	id, _, _ := strings.Cut(rest, " ")
	return id
}

// changed reports whether a record says something else than the job that was accepted.
func changed(r storecheck.Record, j push.Job) bool {
	print := r[pushlog.FieldFingerprint]
	return print != "" && (j.Validate(time.UTC) != nil || print != j.Fingerprint())
}
