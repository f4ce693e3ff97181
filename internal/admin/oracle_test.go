package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/push"
)

// phoneOf is a push of a customer with a phone.
func phoneOf(id, csno, phone string) push.Job {
	j := jobOf(id)
	j.Csno, j.CustTelno = csno, phone
	return j
}

// ways are the requests whose answer tells whether a filter selects a push; found says
// so. They are made by somebody who may do all but reveal.
var ways = map[string]struct {
	method, path string
	body         string // with the filter's members
}{
	"search":        {"POST", "/api/v1/pushes/search", `{%s}`},
	"steps":         {"POST", "/api/v1/pushes/search", `{%s,"size":1}`},
	"histogram":     {"POST", "/api/v1/histogram", `{%s,"since":"2020-01-01T00:00:00Z","until":"2034-01-01T00:00:00Z","span":"744h"}`},
	"export":        {"POST", "/api/v1/pushes/export", `{%s,"format":"ndjson"}`},
	"dry run":       {"POST", "/api/v1/jobs", `{%s,"kind":"cancel","status":["queued"],"dry_run":true}`},
	"kept searches": {"POST", "/api/v1/searches", `{%s}`},
}

// A masked phone number stays masked, whatever is asked, and by whichever way.
func TestNoOracle(t *testing.T) {
	t.Parallel()
	const phone, known = "010-7291-5678", "5678"
	for name, way := range ways {
		b := empty(t)
		b.accept(t, phoneOf("p", "90817263", phone))
		b.user(t, "operator", access.Operator, false)
		cookie := map[string]string{"Cookie": plainCookie + "=" + b.session(t, "operator")}
		if name == "steps" {
			cookie["Accept"] = ndjson
		}
		// one asks, and says whether the push was found, and whether it was answered at all.
		one := func(word string) (found, answered bool) {
			w := b.as("localhost", cookie, way.method, way.path, fmt.Sprintf(way.body, `"csno":"90817263","column":"cust_telno","contains":"`+word+`"`))
			if w.Code == http.StatusCreated {
				id := decode[keptSearch](t, w).ID
				w = b.as("localhost", cookie, "GET", "/api/v1/pushes?search="+id, "")
			}
			if w.Code >= 300 {
				if w.Code != 429 || w.Header().Get("Retry-After") == "" {
					t.Fatalf("%s %q: %d %s", name, word, w.Code, w.Body)
				}
				return false, false
			}
			text := w.Body.String()
			return strings.Contains(text, `"id":"p"`) || strings.Contains(text, `"total":1`) || strings.Contains(text, `"count":1`), true
		}
		if found, answered := one(known); !found || !answered {
			t.Errorf("%s: the last four digits: %v %v", name, found, answered)
		}
		read := "-" + known
		for range 4 { // digits
			before := len(read)
			for d := 9; d >= 0; d-- {
				if found, answered := one(fmt.Sprint(d) + read); found {
					read = fmt.Sprint(d) + read
					break
				} else if !answered {
					break
				}
			}
			if len(read) == before {
				break
			}
		}
		if len(read) > len("-5678")+1 {
			t.Errorf("%s: it read %s", name, read)
		}
		all := b.auditedAll(t, audit.SearchAlarm)
		if len(all) != 1 || all[0].Actor != "operator" || all[0].Subject != "column=cust_telno" {
			t.Errorf("%s: %d alarms: %+v", name, len(all), all)
		}
		if n := b.logs.FilterMessage("searches for personal data were stopped").Len(); n != 1 {
			t.Errorf("%s: %d lines", name, n)
		}
	}
}

// auditedAll are all entries of an action.
func (b *bundle) auditedAll(t *testing.T, action audit.Action) []audit.Entry {
	t.Helper()
	page, err := b.options.Audit.List(t.Context(), audit.Query{Actions: []audit.Action{action}, Limit: audit.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	return page.Entries
}

// Less than four letters or digits tell too much, whatever stands between them.
func TestPartsOfPersonalData(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.accept(t, phoneOf("p", "90817263", "010-2345-6789"))
	viewer := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "viewer", access.Admin, false)}
	for _, word := range []string{"6", "678", "6-7-8", "----", "0 1 0", "６７８", "가나다", "\u1100\u1161\u1102\u1161", "a\u200bb\u200bc"} {
		for _, column := range []string{"csno", "uuid_id", "device_id", "msg_title", "msg_contents", "cust_telno", "result"} {
			filter := fmt.Sprintf(`"column":%q,"contains":%q`, column, word)
			for name, way := range ways {
				w := b.as("localhost", viewer, way.method, way.path, fmt.Sprintf(way.body, filter))
				if w.Code != 422 || !strings.Contains(w.Body.String(), "at least 4") {
					t.Errorf("%s %s: %d %s", name, filter, w.Code, w.Body)
				}
			}
			for _, r := range []request{{"POST", "/api/v1/flushes", `{` + filter + `,"confirm":"flush","reason":"x"}`},
				{"POST", "/api/v1/jobs", `{` + filter + `,"kind":"cancel","status":["queued"],"reason":"x"}`}} {
				checkProblem(t, b.as("localhost", viewer, r.method, r.path, r.body), 422, "at least 4", "permission reveal")
			}
		}
	}
	checkProblem(t, b.as("localhost", viewer, "GET", "/api/v1/pushes?column=result&contains=abc", ""), 400, "at least 4")
	for _, ok := range []string{`{"column":"cust_telno","equals":"010-2345-6789"}`, `{"column":"cust_telno","contains":"6789"}`, `{"csno":"90817263"}`,
		`{"column":"push_grp_id","contains":"G"}`, `{"column":"csno","equals":"90817263"}`} {
		if p := decode[page](t, b.as("localhost", viewer, "POST", "/api/v1/pushes/search", ok)); p.Total != 1 || p.Items[0].CustTelno != "***-****-6789" {
			t.Errorf("%s: %+v", ok, p)
		}
	}
	if p := decode[page](t, b.do("POST", "/api/v1/pushes/search", `{"column":"cust_telno","contains":"23"}`)); p.Total != 1 {
		t.Errorf("who may reveal: %+v", p)
	}
	// A search that somebody kept who may reveal is no way around it, nor after the grant is taken.
	short := decode[keptSearch](t, b.do("POST", "/api/v1/searches", `{"column":"cust_telno","contains":"45"}`)).ID
	checkProblem(t, b.as("localhost", viewer, "GET", "/api/v1/pushes?search="+short, ""), 400, "at least 4")
	checkProblem(t, b.as("localhost", viewer, "POST", "/api/v1/pushes/search", `{"search":"`+short+`"}`), 422, "at least 4")
	if p := decode[page](t, b.get("/api/v1/pushes?search="+short)); p.Total != 1 {
		t.Errorf("%+v", p)
	}
	b.user(t, "second", access.Admin, false)
	if err := b.access.SetRole(t.Context(), "root", access.Admin, false); err != nil {
		t.Fatal(err)
	}
	checkProblem(t, b.get("/api/v1/pushes?search="+short), 400, "at least 4")
}

// The audit log says how many a search found, and whose.
func TestWhatASearchFound(t *testing.T) {
	t.Parallel()
	b := empty(t)
	for i := range 5 {
		b.accept(t, phoneOf(fmt.Sprint("p", i), fmt.Sprint("C", i/2), "010-2345-6789"))
		time.Sleep(2 * time.Millisecond)
	}
	last := func() audit.Entry {
		t.Helper()
		return b.auditedAll(t, audit.Search)[0]
	}
	for name, way := range ways {
		if name == "kept searches" || name == "export" {
			continue
		}
		b.do(way.method, way.path, fmt.Sprintf(way.body, `"column":"cust_telno","equals":"010-2345-6789"`))
		if e := last(); e.Outcome != audit.Done || e.Result["hits"] != "5" || e.Result["customers"] != "C2, C1, C0" {
			t.Errorf("%s: %+v", name, e)
		}
		b.do(way.method, way.path, fmt.Sprintf(way.body, `"column":"cust_telno","equals":"010-0000-0000"`))
		if e := last(); e.Outcome != audit.Done || e.Result["hits"] != "0" || e.Result["customers"] != "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	b.do("POST", "/api/v1/pushes/export", `{"column":"cust_telno","equals":"010-2345-6789","format":"ndjson"}`)
	if e := b.auditedAll(t, audit.Export)[0]; e.Result["records"] != "5" || e.Result["hits"] != "5" || e.Result["customers"] != "C2, C1, C0" {
		t.Errorf("%+v", e)
	}
	for _, line := range b.logs.All() {
		if strings.Contains(fmt.Sprint(line.ContextMap()), "C2") {
			t.Errorf("the log has whose: %v", line.ContextMap())
		}
	}
	page, err := b.options.Audit.List(t.Context(), audit.Query{Customer: "C1", Actions: []audit.Action{audit.Search}})
	if err != nil || len(page.Entries) == 0 || slices.ContainsFunc(page.Entries, func(e audit.Entry) bool { return e.Result["hits"] == "0" }) {
		t.Errorf("of one whose pushes were found: %v %v", page, err)
	}
}

// A viewer can't fill Redis with searches; nor do they outlive the user.
func TestKeptSearchesAreBounded(t *testing.T) {
	t.Parallel()
	b := empty(t)
	viewer := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "viewer", access.Viewer, true)}
	b.api.paces.looks = newPace(1000, 1000)
	var ids []string
	for i := range maxKept + 30 {
		ids = append(ids, decode[keptSearch](t, b.as("localhost", viewer, "POST", "/api/v1/searches", fmt.Sprintf(`{"csno":"C%d"}`, i))).ID)
		time.Sleep(time.Millisecond)
		if i == maxKept-1 {
			b.as("localhost", viewer, "GET", "/api/v1/searches/"+ids[0], "") // used: it stays
		}
	}
	count := func() (n int) {
		for key := range b.dumpAll(t) {
			if strings.HasPrefix(key, "push:search:") && key != "push:search:"+searchID {
				n++
			}
		}
		return n
	}
	if n := count(); n != maxKept {
		t.Errorf("%d are kept", n)
	}
	for i, want := range map[int]int{0: 200, 1: 404, 29: 404, 60: 200, maxKept + 29: 200} {
		if w := b.as("localhost", viewer, "GET", "/api/v1/searches/"+ids[i], ""); w.Code != want {
			t.Errorf("%d: %d", i, w.Code)
		}
	}
	if w := b.do("PUT", "/api/v1/users/viewer/disabled", `{"disabled":true}`); w.Code != 204 {
		t.Fatal(w.Body)
	}
	if n := count(); n != 0 {
		t.Errorf("%d are kept of one who is shut out", n)
	}
	machine := map[string]string{"Cookie": "", "Authorization": "Bearer " + b.token(t, "machine", access.Read)}
	b.as("localhost", machine, "POST", "/api/v1/searches", `{"csno":"C1"}`)
	if n := count(); n != 1 {
		t.Errorf("%d", n)
	}
	b.do("DELETE", "/api/v1/api-tokens/machine", "")
	if n := count(); n != 0 {
		t.Errorf("%d are kept of a token that is gone", n)
	}
}

// Nobody keeps more than so many searches in a time, whatever their rights.
func TestPacesOfSearches(t *testing.T) {
	t.Parallel()
	b := empty(t)
	n := 0
	var w = b.do("POST", "/api/v1/searches", `{"csno":"C"}`)
	for ; w.Code == http.StatusCreated && n < 3*looksAtOnce; n++ {
		w = b.do("POST", "/api/v1/searches", `{"csno":"C"}`)
	}
	checkProblem(t, w, 429, "slow down")
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if n < looksAtOnce || n > 2*looksAtOnce {
		t.Errorf("%d searches", n)
	}
	b.user(t, "other", access.Viewer, false)
	if w := b.as("localhost", map[string]string{"Cookie": plainCookie + "=" + b.session(t, "other")}, "POST", "/api/v1/searches", `{"csno":"C"}`); w.Code != 201 {
		t.Errorf("somebody else: %d", w.Code)
	}
}
