package push

import (
	"slices"
	"testing"
)

// The verbs take what they always took, and no state is terminal and waits.
func TestStates(t *testing.T) {
	t.Parallel()
	for verb, want := range map[Verb][]Status{
		Redrive: {Failed, Expired, Cancelled}, Cancel: {Scheduled, Queued, Retrying}, Move: {Scheduled},
		SendNow: {Scheduled, Retrying}, Promote: {Scheduled, Retrying}, Remove: {Sent, Failed, Expired, Cancelled},
	} {
		if got := StatusesFor(verb); !slices.Equal(got, want) {
			t.Errorf("%s takes %v, want %v", verb, got, want)
		}
	}
	for _, s := range Statuses() {
		if labels := s.Labels(); !s.Valid() || labels[0] == "" || labels[1] == "" {
			t.Errorf("%s: %q", s, labels)
		}
		if s.Terminal() == slices.Contains(OpenStatuses(), s) || s.Terminal() != s.Takes(Remove) {
			t.Errorf("%s is terminal: %v", s, s.Terminal())
		}
	}
	if s := Status("lost"); s.Valid() || s.Terminal() || s.Takes(Cancel) {
		t.Error("a state that is not known")
	}
}
