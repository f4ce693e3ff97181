package main

import (
	"strings"
	"testing"
	"time"
)

func TestEventIsOf(t *testing.T) {
	t.Parallel()
	e := event{what: killed, who: "consumer-1", pid: 12}
	for member, want := range map[string]bool{
		"consumer-1-12-abcdef": true, "consumer-1-123-abcdef": false, "consumer-11-12-abcdef": false,
		"consumer-2-12-abcdef": false, "consumer-1": false, "": false,
	} {
		if e.isOf(member) != want {
			t.Errorf("of %q: %v", member, !want)
		}
	}
	if (event{what: redisAway}).isOf("-0-") {
		t.Error("an event of no process is of a member")
	}
}

func TestAway(t *testing.T) {
	t.Parallel()
	h := history{lasting(redisAway, 10, 12), moment(killed, 11), lasting(redisAway, 20, 25), {what: redisAway, at: at(30)}}
	for _, tc := range []struct {
		name     string
		from, to float64
		want     time.Duration
	}{
		{"before", 0, 10, 0}, {"all of one", 9, 13, 2 * time.Second}, {"the end of one", 11, 13, time.Second},
		{"the middle of one", 21, 22, time.Second}, {"two", 0, 26, 7 * time.Second},
		{"not over yet", 26, 32, 2 * time.Second}, {"turned round", 26, 9, 0},
	} {
		if got := h.away(at(tc.from), at(tc.to)); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// What overlaps counts once.
func TestDuring(t *testing.T) {
	t.Parallel()
	h := history{lasting(redisAway, 1, 5), lasting(fcmFault, 2, 4), lasting(fcmFault, 4, 7), moment(killed, 6), lasting(fcmFault, 8, 9)}
	if got := h.during(at(0), at(8.5), func(e event) bool { return e.what == redisAway || e.what == fcmFault }); got != 6500*time.Millisecond {
		t.Errorf("%v", got)
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	h := history{lasting(redisAway, 1, 3), moment(killed, 2), moment(stopped, 5), lasting(fcmFault, 6, 9), moment(killed, 10)}
	got := ""
	for _, e := range h.between(at(2.5), at(7)) {
		got += string(e.what) + ", "
	}
	if got != "Redis away, SIGTERM, FCM, " {
		t.Errorf("between: %s", got)
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	var j journal
	j.note(event{what: killed, who: "redis", at: at(2)})
	end := j.begin(event{what: redisAway, at: at(1), note: "why"})
	now := time.Now()
	j.note(event{what: started, who: "consumer-1", pid: 12})
	h := j.history()
	if len(h) != 3 || h[0].what != redisAway || h[1].what != killed && h[2].what != killed {
		t.Fatalf("history %v", h)
	}
	if e, ok := h.find(now, time.Now(), func(e event) bool { return e.what == started }); !ok || e.pid != 12 {
		t.Errorf("an event without a time is not now: %v", h)
	}
	if h.count(func(e event) bool { return e.what == killed }) != 1 {
		t.Errorf("counts of %v", h)
	}
	end()
	if h[0].until != (time.Time{}) || j.history()[0].until.IsZero() {
		t.Error("the end is not noted, or changes what was read before")
	}
	var text strings.Builder
	history{lasting(redisAway, 1, 3.5), moment(killed, 2), {what: phase, at: at(4), note: "healed"}}.print(&text, begin)
	want := "    1.000  Redis away for 2.500 s\n    2.000  kill -9 consumer-1 (pid 12)\n    4.000  phase: healed\n"
	if text.String() != want {
		t.Errorf("printed\n%s, want\n%s", text.String(), want)
	}
}
