package main

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"
)

// A body that is not UTF-8 is refused by its header or its first bytes, never guessed.
func TestPostInAnotherCharset(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, tt := range []struct {
		name, body, contentType string
		status                  int
		detail                  string
	}{
		{"charset of Windows", job("a"), "application/json; charset=EUC-KR", 415, `Content-Type: the charset "euc-kr" is not read`},
		{"charset in quotes", job("a"), `application/x-ndjson;charset="ms949"`, 415, `the charset "ms949"`},
		{"UTF-16 by its mark", utf16le("\ufeff" + job("a")), "application/json", 415, "UTF-16"},
		{"UTF-16 by its mark, lines", utf16le("\ufeff" + job("a")), "application/x-ndjson", 415, "UTF-16"},
		{"UTF-16 without one", utf16le(job("a")), "application/json", 422, ""},
		{"CP949 that is not told", cp949(t, job("a")), "application/json", 422, ""},
		{"CP949 in one of the jobs", "[" + job("a") + `,{"id":"b","device_id":"t","msg_title":"` + cp949(t, "철회 둘") + `"}]`, "application/json", 422, ""},
		{"a file", "id,device_id\na,t\n", "text/csv", 415, "producer load"},
		{"a form with a file", "--x\r\n", "multipart/form-data; boundary=x", 415, "producer load"},
		{"XML", "<a/>", "application/xml", 415, "application/x-ndjson"},
	} {
		p := checkProblem(t, s.post(tt.body, "Content-Type", tt.contentType), tt.status)
		if !strings.Contains(p.Detail, tt.detail) {
			t.Errorf("%s: %s", tt.name, p.Detail)
		}
	}
	s.checkIDs(t)
	for i, contentType := range []string{
		"", "application/json; charset=UTF-8", `application/json;charset="utf8"`, "application/vnd.company+json", "application/x-www-form-urlencoded", "text/plain; charset=us-ascii",
	} {
		if w := s.post(job("a"), "Content-Type", contentType); w.Code != 202 && i == 0 || w.Code != 200 && i > 0 {
			t.Errorf("%q: %d %s", contentType, w.Code, w.Body)
		}
	}
}

// Packed bodies are unpacked, and their limit is that of what they unpack to.
func TestPostPacked(t *testing.T) {
	t.Parallel()
	s := serviceOf(t, 0, serving{maxBody: 200 << 10, maxJobs: 1000, maxRequests: 10})
	for _, tt := range []struct {
		name, body, coding string
		status             int
		detail             string
	}{
		{"packed", packed(t, job("a")), "gzip", 202, ""},
		{"packed, by another name", packed(t, job("b")), "X-GZIP", 202, ""},
		{"as it is", job("c"), "identity", 202, ""},
		{"not packed", job("d"), "gzip", 400, "not valid gzip"},
		{"broken off", packed(t, job("d"))[:40], "gzip", 400, "not valid gzip"},
		{"broken off before its sum", packed(t, job("d"))[:len(packed(t, job("d")))-3], "gzip", 400, "not valid gzip"},
		{"text behind it", packed(t, job("d")) + "xxxxxxxxxxxxx", "gzip", 400, "not valid gzip"},
		{"nothing in it", packed(t, ""), "gzip", 400, "empty"},
		{"brotli", job("d"), "br", 415, `Content-Encoding: "br" is not read`},
		{"twice", packed(t, packed(t, job("d"))), "gzip, gzip", 415, "Content-Encoding"},
		{"not told", packed(t, job("d")), "", 422, ""},
		{"too large", packed(t, strings.Repeat(" ", 200<<10)+job("d")), "gzip", 413, "204800 bytes (MAX_BODY)"},
	} {
		w := s.post(tt.body, "Content-Encoding", tt.coding, "Content-Type", "application/json")
		if w.Code != tt.status || !strings.Contains(w.Body.String(), strings.ReplaceAll(tt.detail, `"`, `\"`)) {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
		if tt.status == 415 && w.Header().Get("Accept-Encoding") != "gzip" {
			t.Errorf("%s: %v", tt.name, w.Header())
		}
	}
	many := lines(300)
	checkBatch := decode[batchAnswer](t, s.post(packed(t, many), "Content-Encoding", "gzip", "Content-Type", "application/x-ndjson"), 202)
	if checkBatch.Accepted != 300 {
		t.Errorf("%+v", checkBatch)
	}
	w := s.do(http.MethodPost, "/v1/device-tokens/registered", strings.NewReader(packed(t, `{"device_tokens":["t"]}`)), "Content-Encoding", "gzip")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"received":1`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A body that unpacks to very much more than it is ends at the limit.
func TestPostBomb(t *testing.T) {
	t.Parallel()
	s := serviceOf(t, 0, serving{maxBody: 1 << 20, maxJobs: 1000, maxRequests: 10})
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 256 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil || bomb.Len() > 1<<20 {
		t.Fatal(err, bomb.Len())
	}
	for _, path := range []string{"/v1/pushes", "/v1/device-tokens/registered"} {
		if w := s.do(http.MethodPost, path, bytes.NewReader(bomb.Bytes()), "Content-Encoding", "gzip"); w.Code != 413 && w.Code != 422 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// Lines as files have them: CR alone, and a byte order mark before a file that was put
// behind another.
func TestPostLines(t *testing.T) {
	t.Parallel()
	s := newService(t)
	body := "\ufeff" + job("a") + "\r" + job("b") + "\r\r\n\ufeff" + job("c") + "\r"
	if got := decode[batchAnswer](t, s.post(body, "Content-Type", "application/x-ndjson"), 202); got.Accepted != 3 {
		t.Errorf("%+v", got)
	}
	s.checkIDs(t, "a", "b", "c")
}
