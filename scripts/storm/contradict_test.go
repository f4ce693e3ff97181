package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/storecheck"
)

// Other content under a known id is handed in until it is called a conflict.
func TestContradict(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	l := poster(t, func(w http.ResponseWriter, r *http.Request) {
		var j push.Job
		if err := json.NewDecoder(r.Body).Decode(&j); err != nil || j.ID != job("x", 0).ID || j.MsgTitle == job("x", 0).MsgTitle {
			t.Errorf("asked %+v, %v", j, err)
		}
		w.WriteHeader([]int{http.StatusServiceUnavailable, http.StatusConflict, http.StatusOK}[asked.Add(1)-1])
	})
	l.contradict(t.Context(), job("x", 0), 0)
	if _, _, wrong := l.jobs(); l.conflicts.Load() != 1 || len(wrong) != 0 {
		t.Errorf("%d, %v", l.conflicts.Load(), wrong)
	}
	l.contradict(t.Context(), job("x", 0), 0) // what was swallowed before
	if _, _, wrong := l.jobs(); l.conflicts.Load() != 1 || len(wrong) != 1 || !strings.Contains(wrong[0], "200 to other content") {
		t.Errorf("%d, %v", l.conflicts.Load(), wrong)
	}
}

// The record of an entry in conflict says with which id.
func TestConflictWith(t *testing.T) {
	t.Parallel()
	f := calm()
	f.contradicted = map[string]bool{"sent": true}
	f.records["of-its-own"] = storecheck.Record{"status": "failed", "error_code": "INVALID_JOB",
		"result": "INVALID_JOB: conflict: the id sent is that of a push with other content, which was not changed; add this one with another id"}
	var said strings.Builder
	if r := f.judge(&said); !r.OK || r.Conflicts != 1 {
		t.Errorf("%+v: %s", r, said.String())
	}
}
