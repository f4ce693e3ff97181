package admin

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"pushstream/internal/export"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// rows are the rows of a CSV below its head, which must be right.
func rows(t *testing.T, file string) [][]string {
	t.Helper()
	text, ok := strings.CutPrefix(file, "\ufeff")
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if !ok || err != nil || len(all) == 0 || strings.Join(all[0], " ") != strings.Join(export.Columns(), " ") {
		t.Fatalf("%v %.200q", err, file)
	}
	return all[1:]
}

// For people there is a file that Excel shows as it is.
func TestExportForExcel(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.api.Zone = time.FixedZone("Asia/Seoul", 9*3600)
	j := jobOf("20261122")
	j.Csno, j.CustTelno, j.MsgTitle, j.SndnRsevHour = "00012345", "+82-10-1234-5678", "=1+1 제목", "29981130093005"
	j.DueAt, _ = push.ParseDue(j.SndnRsevHour, b.api.Zone)
	b.accept(t, j)
	accepted, err := time.Parse(pushlog.TimeFormat, b.record(t, j.ID).AcceptedAt)
	if err != nil {
		t.Fatal(err)
	}
	w := b.do("POST", "/api/v1/pushes/export", `{"for":"excel","reveal":true,"reason":"a test"}`)
	all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
	want := []string{`="20261122"`, "예약", accepted.In(b.api.Zone).Format("2006-01-02 15:04:05"), "2998-11-30 09:30:05", `="00012345"`, "",
		`="token-20261122"`, `="=1+1 제목"`, "", "", `="G1"`, `="+82-10-1234-5678"`}
	if err != nil || len(all) != 2 || strings.Join(all[1][:12], "|") != strings.Join(want, "|") || all[0][4] != "고객번호" {
		t.Errorf("%v %q, want %q", err, all, want)
	}
	name := regexp.MustCompile(`^attachment; filename="pushes-\d{8}-\d{6}\.csv"$`)
	if w.Header().Get("Content-Type") != "text/csv; charset=utf-8" || !name.MatchString(w.Header().Get("Content-Disposition")) {
		t.Error(w.Header())
	}
	w = b.do("POST", "/api/v1/pushes/export", `{"for":"excel","lang":"en"}`)
	if text := w.Body.String(); !strings.HasPrefix(text, "\ufeffPush id,Status,Received at,") || strings.Contains(text, "00012345") || strings.Contains(text, "1234-") {
		t.Errorf("masked: %s", text)
	}
	for body, named := range map[string]string{`{"for":"people"}`: "for must be excel", `{"for":""}`: "for must be excel", `{"for":"excel","format":"ndjson"}`: "goes with format csv",
		`{"lang":"ko"}`: "lang goes with for", `{"for":"excel","lang":"jp"}`: "lang must be ko or en"} {
		checkProblem(t, b.do("POST", "/api/v1/pushes/export", body), 422, named)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	b := seedVaried(t)
	for body, want := range map[string]string{
		`{}`: "gfedcba", `{"format":"csv","order":"oldest"}`: "abcdefg", `{"csno":"csno-1","status":["failed"]}`: "f",
		`{"column":"msg_contents","contains":"전자"}`: "fedcba", `{"csno":"nobody"}`: "",
		`{"column":"cust_telno","equals":"010-1234-0003"}`: "d", `{"column":"cust_telno","equals":"010-1234-000"}`: "", `{"column":"csno","equals":"csno-0"}`: "eca",
	} {
		w := b.do("POST", "/api/v1/pushes/export", body)
		ids := ""
		for _, row := range rows(t, w.Body.String()) {
			ids += row[0]
		}
		name := regexp.MustCompile(`^attachment; filename="pushes-\d{8}T\d{6}Z\.csv"$`)
		if w.Code != 200 || ids != want || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" || !name.MatchString(w.Header().Get("Content-Disposition")) {
			t.Errorf("%s: %d %v %s, want %s", body, w.Code, w.Header(), ids, want)
		}
	}
	for body, want := range map[string]string{`{"format":"ndjson"}`: "gfedcba", `{"format":"ndjson","csno":"nobody"}`: ""} {
		w := b.do("POST", "/api/v1/pushes/export", body)
		ids := ""
		for line := range strings.Lines(w.Body.String()) {
			var r pushlog.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			ids += r.ID
			if got := strings.TrimSuffix(line, "\n"); got != b.get("/api/v1/pushes/"+r.ID).Body.String() {
				t.Errorf("not as the API has it: %s", got)
			}
		}
		if w.Code != 200 || ids != want || w.Header().Get("Content-Type") != ndjson || !strings.HasSuffix(w.Header().Get("Content-Disposition"), `Z.ndjson"`) {
			t.Errorf("%s: %d %v %s, want %s", body, w.Code, w.Header(), ids, want)
		}
	}
}

// Texts that customers' systems wrote come out of Redis into the file as they are.
func TestExportOfNastyTexts(t *testing.T) {
	t.Parallel()
	b := empty(t)
	texts := []string{`=cmd|' /C calc'!A0`, "＠SUM(A1)", "+82", "-1", "@x", "\t=1", "a,\"b\"\nc", "'", "😀 가나", "\u2028"}
	for i, text := range texts {
		job := jobOf(string(rune('a' + i)))
		job.MsgTitle, job.MsgContents = text, text
		b.accept(t, job)
		time.Sleep(time.Millisecond)
	}
	got := rows(t, b.do("POST", "/api/v1/pushes/export", `{"order":"oldest","reveal":true,"reason":"a test"}`).Body.String())
	for i, text := range texts {
		if len(got) != len(texts) || got[i][7] != text || got[i][8] != text {
			t.Fatalf("%q", got)
		}
	}
}

func TestExportNamesEveryMistake(t *testing.T) {
	t.Parallel()
	b := empty(t)
	for body, named := range map[string][]string{
		`{"format":"xlsx"}`:                           {"format must be csv or ndjson"},
		`{"format":""}`:                               {"format must be csv or ndjson"},
		`{"format":["csv"]}`:                          {"format must be text"},
		`{"page":1,"order":"x"}`:                      {`unknown field "page"`, "order must be newest or oldest"},
		`{"budget_ms":1000,"csno":"","since":"x"}`:    {`unknown field "budget_ms"`, "csno must not be empty", "since must be a time"},
		`{"column":"msg_title","status":["failed!"]}`: {"column goes with contains or equals", "status must be one of"},
	} {
		w := b.do("POST", "/api/v1/pushes/export", body)
		checkProblem(t, w, 422, named...)
		if w.Header().Get("Content-Disposition") != "" {
			t.Errorf("%s: %v", body, w.Header())
		}
	}
	r := httptest.NewRequest("POST", "/api/v1/pushes/export", strings.NewReader("{}"))
	r.AddCookie(&http.Cookie{Name: plainCookie, Value: b.cookie})
	r.Host, r.Proto, r.ProtoMinor = "localhost", "HTTP/1.0", 0
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.router.ServeHTTP(w, r)
	checkProblem(t, w, 505, "HTTP/1.0")
}

// The file is made at the pace at which it is taken: what is not taken is not read
// either. Nor do the limits for short answers end it.
func TestExportAtTheClientsPace(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 4000)
	w := b.wired(t, time.Minute, hurried)
	resp, _ := w.post(t, "/api/v1/pushes/export", "*/*", `{"order":"oldest","reveal":true,"reason":"a test"}`)
	in := bufio.NewReaderSize(resp.Body, 4096)
	begin := make([]byte, 4096)
	if _, err := io.ReadFull(in, begin); err != nil {
		t.Fatal(err)
	}
	time.Sleep(600 * time.Millisecond)
	before := w.gate.passed.Load()
	time.Sleep(300 * time.Millisecond)
	if now := w.gate.passed.Load(); now != before || now > 5<<20 {
		t.Errorf("%d bytes were read, and then %d", before, now)
	}
	rest, err := io.ReadAll(in)
	if got := rows(t, string(begin)+string(rest)); err != nil || len(got) != 4000 || got[0][0] != "id-000000" {
		t.Errorf("%d rows, %v", len(got), err)
	}
	if all := w.gate.passed.Load(); all < 9<<20 {
		t.Errorf("only %d bytes altogether: the test proves nothing", all)
	}
	b.checkExport(t, w, "done", 4000)
}

// checkExport wants one line in the log, with an outcome; records are counted, if
// that is not -1.
func (b *bundle) checkExport(t *testing.T, w *wire, outcome string, records int64) {
	t.Helper()
	b.eventually(t, "a line in the log", func() bool { return w.logs.FilterMessage("action").Len() == 1 })
	f := w.logs.FilterMessage("action").All()[0].ContextMap()
	if f["outcome"] != outcome || records >= 0 && f["records"] != records {
		t.Errorf("%v", f)
	}
}

// Whatever ends it in the middle, the client can see that the file is not whole.
func TestExportThatBreaksOff(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 3000)
	for name, end := range map[string]func(*wire){"Redis goes": func(w *wire) { w.gate.cut() }, "the process stops": func(w *wire) { w.stop() }} {
		for _, format := range export.Formats() {
			w := b.wired(t, time.Minute, usual)
			w.gate.limit.Store(3 << 20)
			resp, _ := w.post(t, "/api/v1/pushes/export", "*/*", `{"reveal":true,"reason":"a test","format":"`+string(format)+`"}`)
			begin := make([]byte, 4096)
			if _, err := io.ReadFull(resp.Body, begin); err != nil || resp.StatusCode != 200 {
				t.Fatal(err)
			}
			end(w)
			rest, err := io.ReadAll(resp.Body)
			if !errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(string(rest), `"request_id"`) {
				t.Errorf("%s, %s: %d bytes, %v, end %.200q", name, format, len(rest), err, rest[max(0, len(rest)-200):])
			}
			b.checkExport(t, w, "broken off", -1)
			if n := w.logs.FilterMessage("request failed").Len(); (n == 1) != (name == "Redis goes") || w.logs.FilterMessage("panic").Len() != 0 {
				t.Errorf("%s: %v", name, w.logs.All())
			}
		}
	}
}

// What fails before anything is sent is a problem like any other.
func TestExportWithoutRedis(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 10)
	w := b.wired(t, time.Minute, hurried)
	w.gate.cut()
	resp, _ := w.post(t, "/api/v1/pushes/export", "*/*", `{"reveal":true,"reason":"a test"}`)
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 503 || resp.Header.Get("Content-Disposition") != "" ||
		resp.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(text), "request_id") {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, text)
	}
	b.checkExport(t, w, "failed", 0)
}

// A client that takes nothing is given up; and nobody works for one that has gone.
func TestExportThatNobodyTakes(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.fill(t, 3000)
	w := b.wired(t, 200*time.Millisecond, usual)
	resp, _ := w.post(t, "/api/v1/pushes/export", "*/*", `{"reveal":true,"reason":"a test"}`)
	b.checkExport(t, w, "broken off", -1)
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("it looks whole")
	}
	w = b.wired(t, time.Minute, usual)
	_, leave := w.post(t, "/api/v1/pushes/export", "*/*", `{"reveal":true,"reason":"a test"}`)
	leave()
	b.checkExport(t, w, "broken off", -1)
	if w.logs.FilterMessage("request failed").Len() != 0 {
		t.Errorf("a client that leaves is no failure: %v", w.logs.All())
	}
}
