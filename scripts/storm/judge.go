package main

import (
	"regexp"
	"strings"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/storecheck"
)

// cause is why a push was sent twice: a closed set.
type cause string

const (
	answerBroken cause = "answer_broken"   // FCM broke or withheld the first answer
	holderKilled cause = "consumer_killed" // the consumer was killed before it could write the answer down
	holderPaused cause = "consumer_paused" // the same, stopped by SIGSTOP
	groupGone    cause = "group_destroyed" // the group was destroyed, and everything delivered again
	storeAway    cause = "redis_away"      // Redis was away for longer than the lease
	ours         cause = "ours"            // none of these: a bug
)

const (
	// arrival is how long a request may be under way: the simulator may accept it
	// that much after its sender was killed.
	arrival = 250 * time.Millisecond
	// settling is how long an answer may wait before it is written down.
	settling = 2 * time.Second
	// regrouping is how long before a push was sent the group may have been
	// destroyed: what was read before and was in flight is delivered again.
	regrouping = 20 * time.Second
)

// takeOver is what a record notes of a delivery that was lost.
type takeOver struct {
	at   time.Time
	from string // the consumer that was silent
}

var takeOverLine = regexp.MustCompile(`^(\S+) (\S+) silent for \S+ noticed by (\S+)$`)

// takeOvers reads the notes of a record, its fields delivery.1 and so on, and
// returns those that can't be read beside them.
func takeOvers(r storecheck.Record) (all []takeOver, unread []string) {
	for field, line := range r {
		if !strings.HasPrefix(field, "delivery.") {
			continue
		}
		if m := takeOverLine.FindStringSubmatch(line); m != nil {
			if at, err := time.Parse(time.RFC3339, m[1]); err == nil {
				all = append(all, takeOver{at, m[2]})
				continue
			}
		}
		unread = append(unread, field+" = "+line)
	}
	return all, unread
}

// answeredLate reports whether a consumer that had lost the push noted its
// answer.
func answeredLate(r storecheck.Record) bool {
	for field := range r {
		if strings.HasPrefix(field, pushlog.PrefixLate) {
			return true
		}
	}
	return false
}

// duplicate is an acceptance after another of the same push.
type duplicate struct {
	first, again acceptance
	record       storecheck.Record
	slow         time.Duration // how late FCM answered the first
}

// judge knows what the storm did.
type judge struct {
	history history
	lease   time.Duration
}

// cause says why d happened: the first that explains it, or ours.
func (j judge) cause(d duplicate) cause {
	if d.first.broken {
		return answerBroken
	}
	if c, ok := j.silenced(d); ok {
		return c
	}
	if j.regrouped(d) {
		return groupGone
	}
	if j.storeAway(d) {
		return storeAway
	}
	return ours
}

// silenced: the push was taken over from a consumer that the storm had killed
// or stopped while it held the push.
func (j judge) silenced(d duplicate) (cause, bool) {
	from := d.first.at.Add(-arrival)
	notes, _ := takeOvers(d.record)
	for _, t := range notes {
		// A record's times are whole milliseconds.
		if t.at.Add(time.Millisecond).Before(d.first.at) || t.at.After(d.again.at) {
			continue
		}
		e, ok := j.history.find(from, t.at, func(e event) bool {
			return (e.what == killed || e.what == paused) && e.isOf(t.from) && j.unsettled(d, e.at)
		})
		if ok && e.what == killed {
			return holderKilled, true
		}
		if ok {
			return holderPaused, true
		}
	}
	if j.sleptThrough(d) {
		return holderPaused, true
	}
	return "", false
}

// sleptThrough: the consumer that sent it was stopped by the storm until its
// request had run out of time, and says in its try that it saw no answer.
func (j judge) sleptThrough(d duplicate) bool {
	for field, line := range d.record {
		if !strings.HasPrefix(field, pushlog.PrefixTry) {
			continue
		}
		words := strings.Fields(line) // time, consumer, status, code, …
		if len(words) < 4 || words[3] != string(push.CodeNoAnswer) {
			continue
		}
		at, err := time.Parse(time.RFC3339, words[0])
		if err != nil || d.first.at.Before(at.Add(-time.Millisecond)) || d.first.at.Sub(at) > arrival {
			continue
		}
		if _, ok := j.history.find(d.first.at.Add(-arrival), d.again.at, func(e event) bool {
			return e.what == paused && e.isOf(words[1]) && j.unsettled(d, e.at)
		}); ok {
			return true
		}
	}
	return false
}

// unsettled reports whether the first answer could still be unwritten then, not
// written down.
func (j judge) unsettled(d duplicate, then time.Time) bool {
	since := d.first.at.Add(d.slow)
	return then.Sub(since)-j.history.away(since, then) <= settling
}

// regrouped: the group was destroyed while the push was in flight, and everything
// delivered again. Its consumer could not settle it any more, and said so; unless
// it was just about to, or had fallen silent before and was not yet missed.
func (j judge) regrouped(d duplicate) bool {
	from := d.first.at.Add(-arrival)
	destroyed := func(e event) bool { return e.what == groupDestroyed }
	if answeredLate(d.record) {
		_, ok := j.history.find(d.first.at.Add(-regrouping), d.again.at, destroyed)
		return ok
	}
	_, ok := j.history.find(from, d.again.at, func(e event) bool {
		if !destroyed(e) || j.unsettled(d, e.at) {
			return destroyed(e)
		}
		_, silent := j.history.find(from, e.at, func(s event) bool {
			return (s.what == killed || s.what == paused) && j.unsettled(d, s.at) &&
				e.at.Sub(s.at)-j.history.away(s.at, e.at) <= j.missed()
		})
		return silent
	})
	return ok
}

// missed is when a silent consumer's pushes are in other hands at the latest.
func (j judge) missed() time.Duration { return j.lease*3/2 + settling }

// storeAway: Redis went away before the answer was written down, and for so
// long that the lease ran out.
func (j judge) storeAway(d duplicate) bool {
	for _, e := range j.history {
		if e.what == redisAway && e.until.Sub(e.at) > j.lease && e.until.After(d.first.at) && j.unsettled(d, e.at) {
			return true
		}
	}
	return false
}
