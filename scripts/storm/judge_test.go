package main

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"pushstream/internal/storecheck"
)

// begin is when the storms of these tests began.
var begin = time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)

// at is a time, in seconds after begin.
func at(seconds float64) time.Time { return begin.Add(time.Duration(seconds * float64(time.Second))) }

// moment is something that happened to consumer-1.
func moment(what what, seconds float64) event {
	return event{what: what, who: "consumer-1", pid: 12, at: at(seconds)}
}

// lasting is something without a process.
func lasting(what what, from, to float64) event {
	return event{what: what, at: at(from), until: at(to)}
}

// takenOver is the note of a take-over from a consumer, at a time.
func takenOver(from string, seconds float64) storecheck.Record {
	return storecheck.Record{"delivery.1": fmt.Sprintf("%s %s silent for 10.4s, noticed by consumer-2-13-0000ff",
		at(seconds).Format("2006-01-02T15:04:05.000Z"), from)}
}

// slept is the try of a consumer that saw no answer.
func slept(consumer string, seconds float64) storecheck.Record {
	return storecheck.Record{"try.1": at(seconds).Format("2006-01-02T15:04:05.000Z") + " " + consumer + " - NO_ANSWER took=16s retry_in=238ms"}
}

func TestCause(t *testing.T) {
	t.Parallel()
	const silent, other = "consumer-1-12-abcdef", "consumer-3-14-abcdef"
	late := storecheck.Record{"late." + silent: "2026-11-24T00:30:01.123Z consumer-1-12-abcdef 200 ACCEPTED took=31ms"}
	// A push is accepted at 100 s, and again at 112 s.
	for name, tc := range map[string]struct {
		broken  bool
		record  storecheck.Record
		history history
		slow    time.Duration
		lease   time.Duration // 10 s
		want    cause
	}{
		"for nothing":                     {want: ours},
		"the answer was broken":           {broken: true, want: answerBroken},
		"the answer was broken, and more": {broken: true, record: takenOver(silent, 111), history: history{moment(killed, 100.1)}, want: answerBroken},

		"killed after it":                      {record: takenOver(silent, 111), history: history{moment(killed, 100.1)}, want: holderKilled},
		"killed while it was under way":        {record: takenOver(silent, 111), history: history{moment(killed, 99.8)}, want: holderKilled},
		"killed before it":                     {record: takenOver(silent, 111), history: history{moment(killed, 99.7)}, want: ours},
		"killed, with time to settle":          {record: takenOver(silent, 111), history: history{moment(killed, 102.1)}, want: ours},
		"killed, with time but without Redis":  {record: takenOver(silent, 111), history: history{lasting(redisAway, 101, 105), moment(killed, 106)}, want: holderKilled},
		"killed, with time after Redis":        {record: takenOver(silent, 111), history: history{lasting(redisAway, 100, 102), moment(killed, 104.1)}, want: ours},
		"killed while FCM was slow":            {record: takenOver(silent, 111), history: history{moment(killed, 104.9)}, slow: 3 * time.Second, want: holderKilled},
		"another was killed":                   {record: takenOver(other, 111), history: history{moment(killed, 100.1)}, want: ours},
		"another process of it was killed":     {record: takenOver("consumer-1-123-abcdef", 111), history: history{moment(killed, 100.1)}, want: ours},
		"taken over in the moment of it":       {record: takenOver(silent, 99.9995), history: history{moment(killed, 99.9)}, want: holderKilled},
		"taken over before it":                 {record: takenOver(silent, 99.99), history: history{moment(killed, 99.9)}, want: ours},
		"taken over after the second":          {record: takenOver(silent, 112.001), history: history{moment(killed, 100.1)}, want: ours},
		"killed, and never taken over":         {history: history{moment(killed, 100.1)}, want: ours},
		"killed, and the note can't be read":   {record: storecheck.Record{"delivery.1": "somehow"}, history: history{moment(killed, 100.1)}, want: ours},
		"taken over from one that lives":       {record: takenOver(silent, 111), want: ours},
		"taken over from one that was stopped": {record: takenOver(silent, 111), history: history{moment(stopped, 100.1)}, want: ours},
		"paused after it":                      {record: takenOver(silent, 111), history: history{moment(paused, 100.1)}, want: holderPaused},
		"paused before it":                     {record: takenOver(silent, 111), history: history{moment(paused, 99)}, want: ours},
		"paused, with time to settle":          {record: takenOver(silent, 111), history: history{moment(paused, 103)}, want: ours},
		"paused twice":                         {record: takenOver(silent, 111), history: history{moment(paused, 90), moment(paused, 100.1)}, want: holderPaused},

		"paused until its time was up":               {record: slept(silent, 99.999), history: history{moment(paused, 100.1)}, want: holderPaused},
		"its time was up, nobody was paused":         {record: slept(silent, 99.999), want: ours},
		"its time was up, another was paused":        {record: slept(other, 99.999), history: history{moment(paused, 100.1)}, want: ours},
		"paused, and the try is another one":         {record: slept(silent, 99.7), history: history{moment(paused, 100.1)}, want: ours},
		"paused, and the try had its answer":         {record: storecheck.Record{"try.1": strings.Replace(slept(silent, 99.999)["try.1"], "- NO_ANSWER", "200 ACCEPTED", 1)}, history: history{moment(paused, 100.1)}, want: ours},
		"the group is gone, and a late answer":       {record: late, history: history{moment(groupDestroyed, 81)}, want: groupGone},
		"the group was gone long before":             {record: late, history: history{moment(groupDestroyed, 79)}, want: ours},
		"the group went after the second":            {record: late, history: history{moment(groupDestroyed, 112.1)}, want: ours},
		"a late answer, and nothing else":            {record: late, want: ours},
		"the group is gone before the answer":        {history: history{moment(groupDestroyed, 101.9)}, want: groupGone},
		"the group is gone with time to settle":      {history: history{moment(groupDestroyed, 102.1)}, want: ours},
		"the group is gone before it was missed":     {history: history{moment(killed, 100.1), moment(groupDestroyed, 111)}, want: groupGone},
		"the group is gone when it should be missed": {history: history{moment(killed, 100.1), moment(groupDestroyed, 111)}, lease: time.Second, want: ours},

		"Redis was away for longer than the lease": {history: history{lasting(redisAway, 100.1, 111)}, want: storeAway},
		"Redis went away before":                   {history: history{lasting(redisAway, 95, 106)}, want: storeAway},
		"Redis was away for less":                  {history: history{lasting(redisAway, 100.1, 110)}, want: ours},
		"Redis went away with time to settle":      {history: history{lasting(redisAway, 102.1, 113)}, want: ours},
		"Redis was back before":                    {history: history{lasting(redisAway, 88, 99)}, want: ours},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := judge{tc.history, cmp.Or(tc.lease, 10*time.Second)}
			d := duplicate{acceptance{at(100), tc.broken}, acceptance{at(112), false}, tc.record, tc.slow}
			if got := j.cause(d); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// The notes are those that lapse.lua writes.
func TestTakeOverNotes(t *testing.T) {
	t.Parallel()
	got, unread := takeOvers(storecheck.Record{
		"delivery.1": "2026-11-24T00:30:01.123Z consumer-1-123-abcdef silent for 10.4s, noticed by consumer-2-456-fedcba",
		"delivery.3": "consumer-1 vanished",
		"deliveries": "2",
		"try.1":      "2026-11-24T00:30:01.123Z consumer-1-123-abcdef 200 ACCEPTED took=31ms",
	})
	if len(got) != 1 || got[0].from != "consumer-1-123-abcdef" || !got[0].at.Equal(at(1.123)) ||
		len(unread) != 1 || unread[0] != "delivery.3 = consumer-1 vanished" {
		t.Errorf("take-overs %v, unread %q", got, unread)
	}
}

func TestReadLedger(t *testing.T) {
	t.Parallel()
	got, err := readLedger(strings.NewReader("a 3 2 1700000000000000 1700000000000001! 1700000002000000\nb 1 0 1700000000000000\n"))
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	a := got["a"]
	if a.tries != 3 || len(a.accepted) != 2 || !a.accepted[0].broken || a.accepted[1].broken ||
		!a.accepted[1].at.Equal(time.Unix(1_700_000_002, 0)) || got["b"].accepted != nil {
		t.Errorf("%+v", got)
	}
	for _, text := range []string{"a 1 0", "a x 0 1", "a 1 1 1 soon", `"a b" 1 0 1`} {
		if _, err := readLedger(strings.NewReader(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}
