package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"testing"

	"pushstream/internal/corpus"
	"pushstream/internal/push"
)

// jobs returns n valid jobs with ids prefix-000000000 and so on. ending gives
// the nth token its ending, which decides its fate at the simulator; nil: none.
//
// Everything personal in them can be known again in a log: see noPrivateData.
func jobs(prefix string, n int, ending func(n int) string) []push.Job {
	all := make([]push.Job, n)
	for i := range all {
		j := corpus.Job(prefix, i)
		j.Csno = fmt.Sprintf("private-csno-%d", i%500)
		j.UUIDID = fmt.Sprintf("private-uuid-%d", i)
		if ending != nil {
			j.DeviceID += ending(i)
		}
		all[i] = j
	}
	return all
}

// endings are those of doc.go of fcmsim; "" is none.
var endings = []string{"", "-unregistered", "-mismatch", "-invalid", "-apns", "-flaky", "-unavailable", "-quota", "-slow", "-ghost"}

func ndjson(jobs []push.Job) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for i := range jobs {
		if err := enc.Encode(&jobs[i]); err != nil {
			panic(err) // texts and numbers
		}
	}
	return b.Bytes()
}

// private is what the jobs of these tests have in their personal fields:
// tokens, customer numbers, uuids, phones, and texts, which are Korean; and the
// secrets of API keys.
var private = regexp.MustCompile(`APA91b|private|010-\d{4}-\d{4}|\p{Hangul}|ps[kt]_`)

// noPrivateData fails the test if a log repeats anybody's data.
func noPrivateData(t *testing.T, name string, log []byte) {
	t.Helper()
	if at := private.FindIndex(log); at != nil {
		line := log[bytes.LastIndexByte(log[:at[0]], '\n')+1:]
		line, _, _ = bytes.Cut(line, []byte("\n"))
		t.Errorf("%s logs personal data (%q): %.500s", name, log[at[0]:at[1]], line)
	}
}

func TestPrivateDataIsRecognised(t *testing.T) {
	t.Parallel()
	j := jobs("x", 1, nil)[0]
	for _, text := range []string{j.DeviceID, j.Csno, j.UUIDID, j.CustTelno, j.MsgTitle, j.MsgContents} {
		if !private.MatchString(text) {
			t.Errorf("%q would not be noticed in a log", text)
		}
	}
	if private.MatchString(j.ID) {
		t.Errorf("ids belong into logs: %q", j.ID)
	}
}
