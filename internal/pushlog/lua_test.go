package pushlog

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/redisscript"
	"pushstream/internal/redistest"
)

// What scripts include of states and columns is what the tables of push say.
func TestScriptsKnowTheTables(t *testing.T) {
	t.Parallel()
	text, err := redisscript.New(`%d+`, nil, Lua).Included("states", "verbs", "columns")
	if err != nil {
		t.Fatal(err)
	}
	got := func(what string, into any) {
		t.Helper()
		answer, err := redistest.New(t).Client(t).Eval(t.Context(), text+"return cjson.encode("+what+")", nil).Text()
		if err == nil {
			err = json.Unmarshal([]byte(answer), into)
		}
		if err != nil {
			t.Fatal(what, err)
		}
	}
	var kept, indexed []string
	var terminal map[push.Status]bool
	var takes map[push.Verb]map[push.Status]bool
	got("kept", &kept)
	got("indexed", &indexed)
	got("terminal", &terminal)
	got("takes", &takes)
	if !slices.Equal(kept, push.KeptFields()) || !slices.Equal(indexed, push.IndexedFields()) {
		t.Errorf("kept %q, indexed %q", kept, indexed)
	}
	same := func(states map[push.Status]bool, want []push.Status) bool {
		got := slices.Sorted(maps.Keys(states))
		slices.Sort(want)
		return slices.Equal(got, want)
	}
	if !same(terminal, push.TerminalStatuses()) || len(takes) != len(push.Verbs()) {
		t.Errorf("terminal are %v, %d verbs", terminal, len(takes))
	}
	for _, v := range push.Verbs() {
		if !same(takes[v], push.StatusesFor(v)) {
			t.Errorf("%s takes %v", v, takes[v])
		}
	}
}
