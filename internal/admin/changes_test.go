package admin

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

func TestRedriveOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.end(t, answers(push.CodeUnregistered), push.Failed, "a", "b", "c", "d")
	w := b.do("POST", "/api/v1/pushes/b/redrive", "")
	if got := decode[changed](t, w); w.Code != 200 || got != (changed{"b", push.Queued}) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for id, want := range map[string]push.Status{"a": push.Failed, "b": push.Queued, "e": push.Scheduled} {
		if got := b.status(t, id); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	if got := decode[changed](t, b.do("POST", "/api/v1/pushes/e/cancel", "")); got.Status != push.Cancelled {
		t.Errorf("%+v", got)
	}
	if got := decode[changed](t, b.do("POST", "/api/v1/pushes/e/redrive", "")); got.Status != push.Queued {
		t.Errorf("a cancelled one: %+v", got)
	}
}

func TestCancelOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, id := range []string{"a", "e", "a"} { // queued, scheduled, cancelled
		w := b.do("POST", "/api/v1/pushes/"+id+"/cancel", "")
		if got := decode[changed](t, w); w.Code != 200 || got != (changed{id, push.Cancelled}) || b.status(t, id) != push.Cancelled {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
	}
	// Nobody sends it any more.
	b.end(t, answers(push.CodeAccepted), push.Sent, "b", "c", "d")
	if got := b.status(t, "a"); got != push.Cancelled {
		t.Errorf("it is %s", got)
	}
}

// What can't be done changes nothing, and the answer says why.
func TestChangesThatAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.end(t, answers(push.CodeAccepted), push.Sent, "a", "b", "c", "d")
	b.accept(t, jobOf("failed"), jobOf("held"))
	stop := b.consumer(t, "ender", senderFunc(func(j *push.Job) push.Outcome {
		if j.ID == "held" {
			return push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503}
		}
		return push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}
	}))
	b.eventually(t, "failed is failed, and held is retrying", func() bool {
		return b.status(t, "failed") == push.Failed && b.status(t, "held") == push.Retrying
	})
	stop()
	unreadable := b.unreadable(t)
	before := b.dump(t)
	tests := []struct {
		path   string
		status int
		word   string
	}{
		{"a/redrive", 409, "sent already"},
		{"a/cancel", 409, "sent already"},
		{"failed/cancel", 409, "ended already: failed"},
		{"e/redrive", 409, "not ended: scheduled"},
		{"held/redrive", 409, "not ended: retrying"},
		{unreadable + "/redrive", 409, "never was a job"},
		{"nobody/redrive", 404, "no such push"},
		{"nobody/cancel", 404, "no such push"},
		{"a%20b/redrive", 404, "no such push"},
		{"%2a/cancel", 404, "no such push"},
		{strings.Repeat("a", 129) + "/cancel", 404, "no such push"},
		{"/cancel", 404, "no such push"},
	}
	for _, tt := range tests {
		checkProblem(t, b.do("POST", "/api/v1/pushes/"+tt.path, ""), tt.status, tt.word)
	}
	if after := b.dump(t); !maps.Equal(before, after) {
		t.Error("it has changed")
	}
}

// unreadable is the id of the record of an entry that was added by hand and could
// not be read.
func (b *bundle) unreadable(t *testing.T) string {
	t.Helper()
	b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: "push:{0}:jobs", Values: []string{"colour", "red"}})
	stop := b.consumer(t, "ender", answers(push.CodeAccepted))
	defer stop()
	id := ""
	b.eventually(t, "the entry is a failed record", func() bool {
		p, err := b.log.List(t.Context(), pushlog.Query{Page: 1, Size: 1, Filter: pushlog.Filter{Statuses: []push.Status{push.Failed}}})
		if err == nil && len(p.Records) == 1 && p.Records[0].ErrorCode == push.CodeInvalidJob {
			id = p.Records[0].ID
		}
		return id != ""
	})
	return id
}

func TestCancelInHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hold, begun := make(chan struct{}), make(chan struct{}, 10)
	stop := b.consumer(t, "holder", senderFunc(func(*push.Job) push.Outcome {
		begun <- struct{}{}
		<-hold
		return push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200}
	}))
	<-begun
	<-begun
	<-begun
	<-begun
	checkProblem(t, b.do("POST", "/api/v1/pushes/a/cancel", ""), 409, "too late", "some consumer may be sending it")
	close(hold)
	stop()
	if got := b.status(t, "a"); got != push.Sent {
		t.Errorf("it is %s", got)
	}
}

// Ids may look like parts of the paths beside theirs.
func TestIDsThatLookLikeRoutes(t *testing.T) {
	t.Parallel()
	b := empty(t)
	ids := []string{"redrive", "cancel", "r", "re", "red", "redriven", "c", "canc", "cancelled", "desired", "..", ".", "-", "a:b"}
	for _, id := range ids {
		b.accept(t, jobOf(id))
	}
	for _, id := range ids {
		for _, step := range []struct {
			verb string
			want push.Status
		}{{"cancel", push.Cancelled}, {"redrive", push.Queued}} {
			w := b.do("POST", "/api/v1/pushes/"+id+"/"+step.verb, "")
			if got := decode[changed](t, w); w.Code != 200 || got != (changed{id, step.want}) || b.status(t, id) != step.want {
				t.Errorf("%s %s: %d %s", step.verb, id, w.Code, w.Body)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for change, want := range map[stream.Change]string{
		stream.ChangeMissing:           "no such push",
		stream.ChangeInFlight:          "too late: some consumer may be sending it",
		stream.ChangeUnsendable:        "it can't be sent: it never was a job that could be read",
		stream.Change(push.Sent):       "it was sent already",
		stream.Change(push.Expired):    "it has ended already: expired",
		stream.Change(push.Retrying):   "it has not ended: retrying",
		stream.Change("something new"): "something new",
	} {
		if got := Explain(change); got != want {
			t.Errorf("%s: %q, want %q", change, got, want)
		}
	}
}

// A redrive that is made again, because its answer was lost, finds the push
// queued, and says so.
func TestRedriveAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.end(t, answers(push.CodeUnregistered), push.Failed, "a")
	w := b.do("POST", "/api/v1/pushes/a/redrive", "")
	if got := decode[changed](t, w); w.Code != 200 || got != (changed{"a", push.Queued}) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := b.do("POST", "/api/v1/pushes/a/redrive", ""); w.Code != 409 || !strings.Contains(w.Body.String(), "it has not ended: queued") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	_, err := b.control.Redrive(context.Background(), "a")
	if h := b.rdb.HGetAll(t.Context(), b.keys.Of("a").Record("a")).Val(); err != nil || h["redrives"] != "1" {
		t.Errorf("%v %v", h, err)
	}
}
