package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/push"
)

// somebody is a push whose values would be found anywhere.
func somebody() push.Job {
	return push.Job{ID: "p", Csno: "90817263", UUIDID: "uuid-of-somebody", DeviceID: "fcm-token-of-somebody-secret", MsgTitle: "체결 홍길동님 계좌",
		MsgContents: "삼성전자 1,234주 매수", CustTelno: "010-9876-5432", PushGrpID: "G1", ServiceName: "MTS",
		Data: map[string]string{"account": "110-222-333444"}, Priority: push.Normal, TTL: 3600}
}

// values are what nobody may see of it without having said why.
var values = []string{"90817263", "uuid-of-somebody", "token-of-somebody", "홍길동님", "삼성전자", "1,234주", "010-98", "9876-54", "110-222"}

func holds(text string) (found []string) {
	for _, v := range values {
		if strings.Contains(text, v) {
			found = append(found, v)
		}
	}
	return found
}

// Whoever asks, and however, personal data is masked; in answers, problems, logs and
// events. Only the audit log knows whose data was looked at.
func TestNothingInPlainSight(t *testing.T) {
	t.Parallel()
	b := changeable(t)
	waits := somebody()
	waits.ID, waits.DueAt = "waits", time.Now().Add(time.Hour)
	b.accept(t, somebody(), waits)
	b.end(t, answers(push.CodeUnregistered), push.Failed, "p")
	b.rdb.XAdd(t.Context(), xadd("push:{0}:jobs", "csno", "90817263", "msg_title", "홍길동님", "device_id", "")) // can't be read
	b.end(t, answers(push.CodeUnregistered), push.Failed, "p")
	requests := slices.Concat(gets(), posted)
	for _, path := range []string{"/api/v1/pushes/p", "/api/v1/pushes?status=failed", "/api/v1/pushes?column=push_grp_id&contains=G",
		"/api/v1/pushes?csno=90817263", "/api/v1/pushes?contains=90817263", "/api/v1/pushes?equals=90817263", "/api/v1/pushes?column=csno&equals=90817263", "/api/v1/pushes/90817263", "/api/v1/pushes?since=90817263", "/api/v1/pushes?90817263=1"} {
		requests = append(requests, request{"GET", path, ""})
	}
	for _, body := range []string{`{"csno":"90817263"}`, `{"column":"csno","equals":"90817263"}`, `{"column":"msg_title","equals":"체결 홍길동님 계좌"}`, `{"column":"90817263","equals":"홍길동님"}`, `{"device_id":"fcm-token-of-somebody-secret"}`, `{"column":"msg_title","contains":"홍길동님"}`,
		`{"column":"msg_contents","contains":"삼성전자","status":["sent"]}`, `{"csno":"90817263","page":0}`, `{"column":"90817263","contains":"홍길동님"}`, `{"csno":["90817263"]}`, `{"90817263":1}`, `90817263`} {
		for _, path := range []string{"/api/v1/pushes/search", "/api/v1/pushes/export", "/api/v1/histogram"} {
			requests = append(requests, request{"POST", path, body})
		}
	}
	requests = append(requests, request{"POST", "/api/v1/flushes", `{"confirm":"flush","reason":"x","csno":"90817263","column":"msg_title","contains":"홍길동님"}`},
		request{"GET", "/api/v1/flushes/current", ""}, request{"POST", "/api/v1/flushes/current/cancel", ""},
		request{"POST", "/api/v1/flushes", `{"confirm":"flush","reason":"x","column":"msg_title","equals":"홍길동님"}`},
		request{"GET", "/api/v1/flushes/current", ""}, request{"POST", "/api/v1/flushes/current/cancel", ""},
		request{"POST", "/api/v1/jobs", `{"kind":"redrive","status":["failed"],"csno":"90817263","reason":"x"}`},
		request{"POST", "/api/v1/jobs", `{"kind":"redrive","status":["failed"],"reason":"x","csno":"90817263","column":"csno","contains":"9081"}`},
		request{"POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"column":"msg_title","contains":"홍길동님","device_id":"fcm-token-of-somebody-secret","reason":"x"}`},
		request{"POST", "/api/v1/jobs", `{"kind":"redrive","status":["failed"],"reason":"x","csno":"90817263","column":"csno","contains":"9081"}`},
		request{"POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"csno":"90817263","dry_run":true}`},
		request{"POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"column":"cust_telno","equals":"010-9876-5432","reason":"x"}`},
		request{"POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"column":"csno","equals":"90817263","csno":"1","reason":"x"}`},
		request{"POST", "/api/v1/searches", `{"column":"msg_contents","contains":"삼성전자","equals":"삼성전자"}`},
		request{"POST", "/api/v1/jobs", `{"kind":"90817263","csno":5}`}, request{"GET", "/api/v1/jobs", ""},
		request{"GET", "/api/v1/scheduled", ""}, request{"GET", "/api/v1/scheduled?status=90817263", ""}, request{"GET", "/api/v1/events?topics=90817263", ""},
		request{"POST", "/api/v1/pushes/waits/move", `{"sndn_rsev_hour":"90817263"}`},
		request{"POST", "/api/v1/pushes", `{"csno":"90817263","device_id":"fcm-token-of-somebody-secret","msg_title":"홍길동님"}`},
		request{"POST", "/api/v1/pushes", `{"csno":5,"device_id":"fcm-token-of-somebody secret","msg_title":"홍길동님","90817263":1}`},
		request{"POST", "/api/v1/pushes?validate_only=true", `{"csno":"90817263","device_id":"fcm-token-of-somebody-secret","msg_title":"홍길동님"}`})
	b.rdb.XAdd(t.Context(), xadd("push:{0}:jobs", "device_id", "t", "010-9876-5432", "x", "홍길동님", "y")) // a name is a value
	before, err := b.log.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop := b.consumer(t, "reader", answers(push.CodeUnregistered))
	b.eventually(t, "it is a record", func() bool {
		now, err := b.log.Counts(t.Context())
		return err == nil && now[push.Failed] > before[push.Failed]
	})
	stop()
	b.user(t, "viewer", access.Viewer, false)
	for _, who := range []string{"root", "viewer"} {
		cookie := map[string]string{"Cookie": plainCookie + "=" + b.session(t, who)}
		for _, accept := range []string{"application/json", ndjson} {
			cookie["Accept"] = accept
			for _, r := range requests {
				w := b.as("localhost", cookie, r.method, r.path, r.body)
				text := w.Body.String()
				if strings.HasPrefix(r.path, "/api/v1/audit/") {
					continue
				}
				if found := holds(text); len(found) > 0 && w.Code < 300 {
					t.Errorf("%s: %s %s %s: %q in %s", who, r.method, r.path, r.body, found, text)
				} else if len(found) > 0 && !strings.Contains(r.path+r.body, found[0]) {
					t.Errorf("%s: %s %s %s: %q in %s", who, r.method, r.path, r.body, found, text)
				}
			}
		}
	}
	for _, line := range b.logs.All() {
		if found := holds(fmt.Sprint(line.Message, line.ContextMap())); len(found) > 0 {
			t.Errorf("the log has %q: %s %v", found, line.Message, line.ContextMap())
		}
	}
	for _, p := range b.keys.All() {
		if found := holds(fmt.Sprint(b.rdb.XRange(t.Context(), p.Base+":events", "-", "+").Val())); len(found) > 0 {
			t.Errorf("the events have %q", found)
		}
	}
}

// Reveal shows what is asked for, says whose it was in the audit log, and nothing
// without that entry.
func TestReveal(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.accept(t, somebody())
	path := "/api/v1/pushes/p/reveal"
	got := decode[revealed](t, b.do("POST", path, `{"fields":["csno","msg_title","data"],"reason":"the customer called"}`))
	if len(got.Fields) != 3 || got.Fields["csno"] != "90817263" || got.Fields["msg_title"] != "체결 홍길동님 계좌" || got.Fields["data"] != `{"account":"110-222-333444"}` {
		t.Errorf("%+v", got)
	}
	e := b.audited(t, audit.Reveal, "root", audit.Done)
	if e.Customer != "90817263" || e.Subject != "p" || e.Reason != "the customer called" || !strings.Contains(e.Result["fields"], "msg_title") {
		t.Errorf("%+v", e)
	}
	for body, word := range map[string]string{
		`{"fields":["csno"]}`: "reason must be given", `{"fields":["csno"],"reason":" "}`: "reason must be given", `{"reason":"x"}`: "fields must be some of", `{"fields":["csno"],"reason":"\u200b\u202e"}`: "reason must be given",
		`{"fields":["password"],"reason":"x"}`: "fields must be some of", `{"fields":["csno"],"reason":"` + strings.Repeat("x", 501) + `"}`: "at most 500",
	} {
		checkProblem(t, b.do("POST", path, body), 422, word)
	}
	checkProblem(t, b.do("POST", "/api/v1/pushes/nobody/reveal", `{"fields":["csno"],"reason":"x"}`), 404)
	// Redis takes no entry: nothing is shown.
	b.rdb.Del(t.Context(), "push:{audit}:entries")
	b.rdb.Set(t.Context(), "push:{audit}:entries", "not a stream", 0)
	w := b.do("POST", path, `{"fields":["csno"],"reason":"x"}`)
	checkProblem(t, w, http.StatusServiceUnavailable, "nothing was done")
	if found := holds(w.Body.String()); len(found) > 0 {
		t.Errorf("%q", found)
	}
	checkProblem(t, b.do("POST", "/api/v1/pushes/p/cancel", ""), 503, "nothing was done")
	if got := b.status(t, "p"); got != push.Queued {
		t.Errorf("it is %s", got)
	}
}

// An export shows personal data only to who may, and says why.
func TestExportReveals(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.accept(t, somebody())
	operator := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "operator", access.Operator, false)}
	w := b.as("localhost", operator, "POST", "/api/v1/pushes/export", `{"format":"ndjson"}`)
	if found := holds(w.Body.String()); w.Code != 200 || len(found) > 0 {
		t.Errorf("%d %q", w.Code, found)
	}
	checkProblem(t, b.as("localhost", operator, "POST", "/api/v1/pushes/export", `{"reveal":true,"reason":"x"}`), 403, "reveal")
	checkProblem(t, b.do("POST", "/api/v1/pushes/export", `{"reveal":true}`), 422, "reason must be given")
	w = b.do("POST", "/api/v1/pushes/export", `{"format":"ndjson","reveal":true,"reason":"for the regulator","csno":"90817263"}`)
	if found := holds(w.Body.String()); w.Code != 200 || len(found) != len(values) {
		t.Errorf("%d %q", w.Code, found)
	}
	if e := b.audited(t, audit.Export, "root", audit.Done); e.Customer != "90817263" || e.Reason != "for the regulator" || !strings.Contains(e.Subject, "reveal=true") {
		t.Errorf("%+v", e)
	}
}

// A search for personal data has an id, which stands for it in URLs.
func TestKeptSearch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.accept(t, somebody())
	made := decode[keptSearch](t, b.do("POST", "/api/v1/searches", `{"csno":"90817263","column":"msg_title","contains":"홍길동님"}`))
	if made.ID == "" || made.Fields["csno"] != "90817263" {
		t.Fatalf("%+v", made)
	}
	if e := b.audited(t, audit.Search, "root", audit.Unknown); e.Customer != "90817263" || strings.Contains(e.Subject, "홍길동") {
		t.Errorf("before it is carried out: %+v", e)
	}
	found := decode[page](t, b.get("/api/v1/pushes?search="+made.ID+"&status=queued"))
	if e := b.audited(t, audit.Search, "root", audit.Done); e.Result["hits"] != "1" || e.Result["customers"] != "90817263" {
		t.Errorf("%+v", e)
	}
	if found.Total != 1 || found.Items[0].ID != "p" {
		t.Errorf("%+v", found)
	}
	if none := decode[page](t, b.get("/api/v1/pushes?search="+made.ID+"&status=sent")); none.Total != 0 {
		t.Errorf("%+v", none)
	}
	if h := decode[histogram](t, b.get("/api/v1/histogram?span=24h&since=2020-01-01T00:00:00Z&until=2024-01-01T00:00:00Z&search="+made.ID)); h.How == "" {
		t.Errorf("%+v", h)
	}
	before := b.entries(t, audit.Search)
	for path, body := range map[string]string{
		"/pushes/search": `"page":1`, "/histogram": `"span":"24h","since":"2020-01-01T00:00:00Z","until":"2024-01-01T00:00:00Z"`, "/pushes/export": `"format":"ndjson"`,
	} {
		for asked, status := range map[string]int{made.ID: 200, "8f14e45f-ceea-467f-a8d6-000000000000": 404} {
			if w := b.do("POST", "/api/v1"+path, fmt.Sprintf(`{"search":%q,%s}`, asked, body)); w.Code != status {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	}
	if after := b.entries(t, audit.Search); after != before {
		t.Errorf("one's own search is audited once, not %d times more", after-before)
	}
	b.do("POST", "/api/v1/pushes/search", fmt.Sprintf(`{"search":%q,"device_id":"another"}`, made.ID))
	if after := b.entries(t, audit.Search); after != before+1 {
		t.Errorf("%d audit entries for a further question", after-before)
	}
	if all := decode[page](t, b.do("POST", "/api/v1/pushes/search", fmt.Sprintf(`{"search":%q,"status":["queued"]}`, made.ID))); all.Total != 1 || all.Items[0].ID != "p" {
		t.Errorf("%+v", all)
	}
	viewer := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "viewer", access.Viewer, false)}
	seen := decode[keptSearch](t, b.as("localhost", viewer, "GET", "/api/v1/searches/"+made.ID, ""))
	if seen.Fields["csno"] != "*****263" || seen.Fields["contains"] != "홍****" {
		t.Errorf("%+v", seen)
	}
	if w := b.as("localhost", viewer, "GET", "/api/v1/pushes?search="+made.ID, ""); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.audited(t, audit.Search, "viewer", audit.Done)
	machine := map[string]string{"Cookie": "", "Authorization": "Bearer " + b.token(t, "root", access.Read)} // of the same name
	if seen := decode[keptSearch](t, b.as("localhost", machine, "GET", "/api/v1/searches/"+made.ID, "")); seen.Fields["csno"] != "*****263" {
		t.Errorf("%+v", seen)
	}
	if own := decode[keptSearch](t, b.get("/api/v1/searches/"+made.ID)); own.Fields["contains"] != "홍길동님" {
		t.Errorf("%+v", own)
	}
	for _, id := range []string{"nonsense", "8f14e45f-ceea-467f-a8d6-000000000000", "..%2f..", strings.Repeat("a", 1000)} {
		checkProblem(t, b.get("/api/v1/pushes?search="+id), 404, "search again")
		checkProblem(t, b.get("/api/v1/searches/"+strings.ReplaceAll(id, "%2f", "")), 404, "search again")
	}
	checkProblem(t, b.get("/api/v1/pushes?column=result&contains=x&search="+made.ID), 400, "given twice")
	checkProblem(t, b.do("POST", "/api/v1/searches", `{}`), 422, "must be given")
	checkProblem(t, b.do("POST", "/api/v1/searches", `{"column":"msg_title"}`), 422, "column goes with")
	only := decode[keptSearch](t, b.do("POST", "/api/v1/searches", `{"csno":"90817263"}`))
	checkProblem(t, b.get("/api/v1/pushes?column=msg_title&contains=x&search="+only.ID), 400, "personal data")
}

// One for a whole column is kept, masked and audited like one for a part of it.
func TestKeptSearchForAWhole(t *testing.T) {
	t.Parallel()
	b := empty(t)
	other := somebody()
	other.ID, other.CustTelno = "q", "010-9876-54321"
	b.accept(t, somebody(), other)
	time.Sleep(2 * time.Millisecond)
	made := decode[keptSearch](t, b.do("POST", "/api/v1/searches", `{"column":"cust_telno","equals":"010-9876-5432"}`))
	if made.Fields["equals"] != "010-9876-5432" {
		t.Fatalf("%+v", made)
	}
	if e := b.audited(t, audit.Search, "root", audit.Unknown); e.Subject != "column=cust_telno equals" || e.Customer != "" {
		t.Errorf("%+v", e)
	}
	if found := decode[page](t, b.get("/api/v1/pushes?search="+made.ID)); idsOf(found.Items) != "p" {
		t.Errorf("%+v", found)
	}
	viewer := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "viewer", access.Viewer, false)}
	if seen := decode[keptSearch](t, b.as("localhost", viewer, "GET", "/api/v1/searches/"+made.ID, "")); seen.Fields["equals"] != "***-****-5432" {
		t.Errorf("%+v", seen)
	}
	b.as("localhost", viewer, "GET", "/api/v1/pushes?search="+made.ID, "")
	b.audited(t, audit.Search, "viewer", audit.Done)
	checkProblem(t, b.get("/api/v1/pushes?contains=x&search="+made.ID), 400, "column goes with contains or equals")
	customer := decode[keptSearch](t, b.do("POST", "/api/v1/searches", `{"column":"csno","equals":"90817263"}`))
	if e := b.audited(t, audit.Search, "root", audit.Unknown); e.Subject != "column=csno equals" || e.Customer != "90817263" {
		t.Errorf("%+v", e)
	}
	if found := decode[page](t, b.get("/api/v1/pushes?status=queued,sent&search="+customer.ID)); found.Total != 2 {
		t.Errorf("%+v", found)
	}
}

// A dry run asks about a customer, too; and part of a number is one's number.
func TestQuestionsAreAudited(t *testing.T) {
	t.Parallel()
	b := empty(t)
	if w := b.do("POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"csno":"90817263","dry_run":true}`); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if e := b.audited(t, audit.Search, "root", audit.Done); e.Customer != "90817263" {
		t.Errorf("%+v", e)
	}
	b.do("POST", "/api/v1/pushes/search", `{"column":"csno","contains":"9081726"}`)
	if e := b.audited(t, audit.Search, "root", audit.Done); e.Customer != "9081726" {
		t.Errorf("%+v", e)
	}
	b.do("POST", "/api/v1/pushes/search", `{"column":"csno","equals":"90817264"}`)
	if e := b.audited(t, audit.Search, "root", audit.Done); e.Customer != "90817264" || e.Subject != "column=csno equals" {
		t.Errorf("%+v", e)
	}
	b.do("POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"column":"msg_title","equals":"홍길동","dry_run":true}`)
	if e := b.audited(t, audit.Search, "root", audit.Done); e.Customer != "" || !strings.Contains(e.Subject, "column=msg_title dry_run=true equals kind=cancel") {
		t.Errorf("%+v", e)
	}
}

// Why a job was ordered is seen by who ordered it, and by who may read the audit log.
func TestReasonOfAJob(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.do("POST", "/api/v1/jobs", `{"kind":"cancel","status":["queued"],"reason":"customer 90817263 called"}`)
	viewer := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "viewer", access.Viewer, false)}
	if list := decode[jobList](t, b.as("localhost", viewer, "GET", "/api/v1/jobs", "")); len(list.Items) == 0 || list.Items[0].Reason != hidden {
		t.Errorf("%+v", list)
	}
	if list := decode[jobList](t, b.get("/api/v1/jobs")); list.Items[0].Reason != "customer 90817263 called" {
		t.Errorf("%+v", list)
	}
}

// What versions before wrote of FCM's answer, with what it repeats, is shown without; and
// however long it is, a page has a bound.
func TestResultOfBefore(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.accept(t, somebody(), jobOf("huge"))
	b.end(t, answers(push.CodeInvalidArgument), push.Failed, "p", "huge")
	key := func(id string) string { return b.keys.Of(id).Record(id) }
	b.rdb.HSet(t.Context(), key("p"), "result", "INVALID_ARGUMENT: 홍길동님 계좌 of fcm-token-of-somebody-secret by robot@demo.iam.gserviceaccount.com, 010-9876-5432, 01012345678")
	b.rdb.HSet(t.Context(), key("huge"), "result", strings.Repeat("x colour: unknown field; ", 500_000), "raw", `{"a":"`+strings.Repeat("b", 1<<20)+`"}`)
	for _, w := range []*httptest.ResponseRecorder{b.get("/api/v1/pushes"), b.get("/api/v1/pushes/p"), b.get("/api/v1/pushes/huge"), b.do("POST", "/api/v1/pushes/export", `{"format":"ndjson"}`),
		b.do("POST", "/api/v1/pushes/search", `{"status":["failed"]}`)} {
		text := w.Body.String()
		found := append(holds(text), "robot@", "01012345678")
		for _, one := range found {
			if strings.Contains(text, one) {
				t.Errorf("%q in %.300s", one, text)
			}
		}
		if w.Code != 200 || len(text) > 20_000 {
			t.Errorf("%d, %d bytes", w.Code, len(text))
		}
	}
	if p := decode[page](t, b.get("/api/v1/pushes?column=result&contains=INVALID_ARG")); p.Total != 1 || !strings.HasPrefix(p.Items[0].Result, "INVALID_ARGUMENT:") {
		t.Errorf("%+v", p)
	}
	if e := b.audited(t, audit.Search, "root", audit.Done); e.Subject != "column=result contains" || e.Result["customers"] != "90817263" {
		t.Errorf("%+v", e)
	}
}
