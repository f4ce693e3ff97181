package admin

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
)

// asked is a played FCM that only validates.
type asked struct {
	mu   sync.Mutex
	jobs []push.Job
	says push.Outcome
}

func (a *asked) Validate(_ context.Context, j *push.Job) push.Outcome {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobs = append(a.jobs, *j)
	return a.says
}

func TestSend(t *testing.T) {
	t.Parallel()
	b := empty(t)
	const body = `{"id":"mine","device_id":"token","msg_title":"제목","data":{"k":"v"},"csno":"10023451"}`
	w := b.do("POST", "/api/v1/pushes", body)
	if got := decode[receipt](t, w); w.Code != 202 || got != (receipt{"mine", "queued", 6 + 2 + 6 + 4}) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := b.status(t, "mine"); got != push.Queued {
		t.Error(got)
	}
	w = b.do("POST", "/api/v1/pushes", body)
	if got := decode[receipt](t, w); w.Code != 200 || got.Answer != "repeated" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = b.do("POST", "/api/v1/pushes", `{"device_id":"token","msg_contents":"x","sndn_rsev_hour":"`+in(time.Hour)+`"}`)
	got := decode[receipt](t, w)
	if w.Code != 202 || got.Answer != "scheduled" || b.status(t, got.ID) != push.Scheduled {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	ids := map[string]bool{}
	for _, key := range []string{"one", "one", "two"} {
		w := b.as("localhost", map[string]string{"Idempotency-Key": key}, "POST", "/api/v1/pushes", `{"device_id":"token","msg_contents":"x"}`)
		ids[decode[receipt](t, w).ID] = true
	}
	if len(ids) != 2 {
		t.Errorf("%v", ids)
	}
	// Other content under a known id, or a known key, is a conflict, as at the producer.
	for key, body := range map[string]string{"three": strings.Replace(body, "제목", "다른 제목", 1), "one": `{"device_id":"token","msg_contents":"y"}`} {
		w := b.as("localhost", map[string]string{"Idempotency-Key": key}, "POST", "/api/v1/pushes", body)
		checkProblem(t, w, 409, "another push")
		if p := decode[httpapi.Problem](t, w); p.Type != httpapi.TypeConflict {
			t.Errorf("%+v", p)
		}
	}
	if w := b.as("localhost", map[string]string{"Idempotency-Key": ""}, "POST", "/api/v1/pushes", body); w.Code != 400 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// What is long past is accepted, and never sent.
	w = b.do("POST", "/api/v1/pushes", `{"device_id":"token","msg_contents":"x","ttl":60,"sndn_rsev_hour":"`+in(-time.Hour)+`"}`)
	if got := decode[receipt](t, w); w.Code != 202 || got.Answer != "expired" || b.status(t, got.ID) != push.Expired {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSendWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := empty(t)
	before := b.dump(t)
	for _, query := range []string{"", "?validate_only=true"} {
		w := b.do("POST", "/api/v1/pushes"+query, `{"id":"a b","msg_title":"x","colour":"red","ttl":0}`)
		p := decode[httpapi.Problem](t, w)
		if w.Code != 422 || len(p.Faults) != 1 || len(p.Faults[0].Faults) != 4 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		for _, body := range []string{``, `[]`, `{"device_id":"t","msg_title":"x"`, `5`} {
			if w := b.as("localhost", map[string]string{"Content-Type": "application/json"}, "POST", "/api/v1/pushes"+query, body); w.Code != 422 {
				t.Errorf("%q: %d %s", body, w.Code, w.Body)
			}
		}
		w = b.as("localhost", map[string]string{"Content-Type": "text/plain"}, "POST", "/api/v1/pushes"+query, `{}`)
		checkProblem(t, w, 415)
		checkProblem(t, b.do("POST", "/api/v1/pushes"+query, `{"msg_title":"`+strings.Repeat("x", maxBody)+`"}`), 413)
	}
	checkProblem(t, b.do("POST", "/api/v1/pushes?validate_only=perhaps", `{"device_id":"t","msg_title":"x"}`), 400, "validate_only must be false or true")
	checkProblem(t, b.do("POST", "/api/v1/pushes?reason=x", `{"device_id":"t","msg_title":"x"}`), 400, "unknown parameter")
	if after := b.dump(t); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("it has changed:\n%v\n%v", before, after)
	}
}

func TestValidateOnly(t *testing.T) {
	t.Parallel()
	b := empty(t)
	const body = `{"device_id":"token","msg_title":"제목"}`
	ask := func() verdict {
		t.Helper()
		w := b.do("POST", "/api/v1/pushes?validate_only=true", body)
		if w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		return decode[verdict](t, w)
	}
	const bytes = 6 + 6 + 36 // with the id that it would be given
	if v := ask(); v != (verdict{Bytes: bytes, MaxBytes: 4096}) {
		t.Errorf("%+v", v)
	}
	fcm := &asked{says: push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200, Took: 7 * time.Millisecond}}
	b.api.FCM = fcm
	if v := ask(); v.FCM == nil || *v.FCM != (fcmVerdict{OK: true, Code: push.CodeAccepted, HTTPStatus: 200, TookMS: 7}) || v.Bytes != bytes {
		t.Errorf("%+v", v)
	}
	fcm.says = push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404, Detail: "Requested entity was not found."}
	if v := ask(); v.FCM == nil || v.FCM.OK || v.FCM.Code != push.CodeUnregistered || v.FCM.Detail != "Requested entity was not found." {
		t.Errorf("%+v", v)
	}
	if len(fcm.jobs) != 2 || fcm.jobs[0].DeviceID != "token" || b.count(t, push.Queued) != 0 {
		t.Errorf("%+v", fcm.jobs)
	}
}
