package admin

import (
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

func TestNoHolds(t *testing.T) {
	t.Parallel()
	b := empty(t)
	if w := b.get("/api/v1/holds"); w.Code != 200 || w.Body.String() != `{"items":[]}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, project := range []string{"demo", "example.com:demo", "%7bx%7d", "*"} {
		checkProblem(t, b.do("DELETE", "/api/v1/holds/"+project, ""), 404, "not held")
	}
}

// FCM refuses the whole project; somebody mends that, and ends the hold.
func TestEndHold(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.accept(t, jobOf("a"), jobOf("b"), jobOf("c")) // one push alone would be its own trouble
	mended := make(chan struct{})
	b.consumer(t, "c1", senderFunc(func(*push.Job) push.Outcome {
		select {
		case <-mended:
			return push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200}
		default:
			return push.Outcome{Code: push.CodePermission, HTTPStatus: 403, Detail: "API disabled"}
		}
	}))
	b.eventually(t, "sending is held", func() bool { return len(decode[holdList](t, b.get("/api/v1/holds")).Items) == 1 })
	h := decode[holdList](t, b.get("/api/v1/holds")).Items[0]
	if h.Project != "demo" || h.Reason != stream.HoldPermission || h.Code != push.CodePermission || h.Detail != "API disabled" ||
		h.By == "" || h.Since == "" || h.ProbeAt == "" || h.Tokens != 3 || len(h.Workers) != 1 || h.FailingSince == "" || h.Mend != stream.HoldPermission.Mend() {
		t.Errorf("%+v", h)
	}
	close(mended)
	if w := b.do("DELETE", "/api/v1/holds/demo", ""); w.Code != 204 || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, b.do("DELETE", "/api/v1/holds/demo", ""), 404, "not held")
	if n := len(decode[holdList](t, b.get("/api/v1/holds")).Items); n != 0 {
		t.Errorf("%d holds", n)
	}
}
