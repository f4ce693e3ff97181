package admin

import (
	"maps"
	"slices"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

const (
	flushesPath = "/api/v1/flushes"
	currentPath = flushesPath + "/current"
)

func (b *bundle) currentFlush(t *testing.T) *stream.Flush {
	t.Helper()
	w := b.get(currentPath)
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return decode[currentFlush](t, w).Flush
}

func TestFlush(t *testing.T) {
	t.Parallel()
	b := setup(t) // a to d queued, e reserved
	b.end(t, answers(push.CodeUnregistered), push.Failed, "a", "b", "c", "d")
	if f := b.currentFlush(t); f != nil {
		t.Errorf("%+v", f)
	}
	w := b.do("POST", flushesPath, `{"confirm":"flush","reason":"a test","csno":"csno-b","status":["failed","sent"],"since":"2020-01-01T00:00:00Z"}`)
	f := decode[stream.Flush](t, w)
	if w.Code != 202 || f.State != stream.FlushRunning || f.By != "root" || f.StartedAt == "" || f.Filter.Csno != "***o-b" ||
		!slices.Equal(f.Filter.Status, []push.Status{push.Failed, push.Sent}) || f.Filter.Since == nil || f.Filter.Until != nil {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	checkProblem(t, b.do("POST", flushesPath, `{"confirm":"flush","reason":"a test"}`), 409, "another flush is running")
	b.consumer(t, "c", answers(push.CodeAccepted))
	b.eventually(t, "flushed", func() bool { return b.currentFlush(t).State == stream.FlushDone })
	if f := b.currentFlush(t); f.Looked != 1 || f.Of != 1 || f.Removed != 1 || f.Left != 0 || f.EndedAt == "" {
		t.Errorf("%+v", f)
	}
	checkProblem(t, b.get("/api/v1/pushes/b"), 404)
	checkProblem(t, b.do("POST", currentPath+"/cancel", ""), 409, "no flush is running")

	// What has not ended stays.
	if w := b.do("POST", flushesPath, `{"confirm":"flush","reason":"a test"}`); w.Code != 202 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.eventually(t, "flushed", func() bool { return b.currentFlush(t).State == stream.FlushDone })
	if f := b.currentFlush(t); f.Looked != 4 || f.Removed != 3 || f.Left != 1 {
		t.Errorf("%+v", f)
	}
	if b.status(t, "e") != push.Scheduled {
		t.Error("e is gone")
	}
}

func TestCancelFlush(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.do("POST", flushesPath, `{"confirm":"flush","reason":"a test"}`)
	w := b.do("POST", currentPath+"/cancel", "")
	if f := decode[stream.Flush](t, w); w.Code != 200 || f.State != stream.FlushCancelled || f.EndedAt == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if f := b.currentFlush(t); f.State != stream.FlushCancelled {
		t.Errorf("%+v", f)
	}
}

// A mistake flushes nothing, and above all not more than was meant.
func TestFlushMistakes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	before := redistest.Dump(t, b.rdb)
	for body, words := range map[string][]string{
		`{}`:                                             {`confirm must be "flush"`},
		`{"confirm":"yes"}`:                              {`confirm must be "flush"`},
		`{"confirm":""}`:                                 {`confirm must be "flush"`},
		`{"confirm":"flush","csno":""}`:                  {"csno must not be empty"},
		`{"confirm":"flush","colour":"red"}`:             {`unknown field "colour"`},
		`{"confirm":"flush","status":"sent"}`:            {"status must be a list"},
		`{"confirm":"flush","status":[]}`:                {"status must be a list"},
		`{"confirm":"flush","status":["gone"]}`:          {"status must be one of"},
		`{"confirm":"flush","status":["sent","queued"]}`: {"status must be one of [sent failed expired cancelled]"},
		`{"status":["scheduled"],"device_id":"","since":"x","column":"csno"}`:               {"confirm must", "status must", "device_id must", "since must", "column goes with"},
		`{"confirm":"flush","reason":"x","column":"result","equals":""}`:                    {"equals must not be empty"},
		`{"confirm":"flush","reason":"x","column":"result"}`:                                {"column goes with contains or equals"},
		`{"confirm":"flush","reason":"x","equals":"x"}`:                                     {"column goes with contains or equals"},
		`{"confirm":"flush","since":"2026-11-24T00:00:00Z","until":"2026-11-24T00:00:00Z"}`: {"since must be before until"},
	} {
		checkProblem(t, b.do("POST", flushesPath, body), 422, words...)
	}
	if after := redistest.Dump(t, b.rdb); !maps.Equal(before, after) {
		t.Error("it has changed")
	}
}
