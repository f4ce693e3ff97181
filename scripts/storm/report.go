package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/storecheck"
)

// promised is how long a take-over may last with the default lease (design,
// §6).
const promised = 15 * time.Second

// report is the last line.
type report struct {
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"` // of the storm

	Accepted  int `json:"accepted"` // distinct ids that got an answer
	Sent      int `json:"sent"`
	Failed    int `json:"failed"`
	Expired   int `json:"expired"`
	Cancelled int `json:"cancelled"`

	Conflicts int `json:"conflicts"` // made on purpose: other content under a known id, and told so
	Changed   int `json:"changed"`   // records that say something else than what was accepted

	Lost       int `json:"lost"`        // accepted, and without a terminal record
	SentUnseen int `json:"sent_unseen"` // called sent, and never accepted by FCM

	Duplicates            int           `json:"duplicates"`
	DuplicatesOurs        int           `json:"duplicates_ours"`
	DuplicatesUnavoidable int           `json:"duplicates_unavoidable"`
	DuplicatesByCause     map[cause]int `json:"duplicates_by_cause"`

	Kills           int `json:"kills"` // kill -9 of anything
	KillsConsumer   int `json:"kills_consumer"`
	KillsProducer   int `json:"kills_producer"`
	KillsImport     int `json:"kills_import"`
	KillsRedis      int `json:"kills_redis"`
	Stops           int `json:"stops"`  // SIGTERM during the storm
	Pauses          int `json:"pauses"` // SIGSTOP
	GroupsDestroyed int `json:"groups_destroyed"`

	TakeOvers    int     `json:"takeovers"` // entries whose take-over was timed
	TakeOverP50S float64 `json:"takeover_p50_s"`
	TakeOverP99S float64 `json:"takeover_p99_s"`
	TakeOverMaxS float64 `json:"takeover_max_s"`

	SilenceMaxS float64 `json:"silence_max_s"` // longest time without an acceptance while FCM was well and Redis there

	WaitsS map[string]float64 `json:"waits_s,omitempty"` // with --parties: of everybody else, the longest from hand-in to FCM

	StoreFaults       int            `json:"store_faults"`
	EarlyRetries      int64          `json:"early_retries"`
	RedirectsFollowed int64          `json:"redirects_followed"`
	FailedByCode      map[string]int `json:"failed_by_code"`
	Complaints        int            `json:"complaints"` // processes that ended by themselves or stopped uncleanly, answers that nothing explains

	OK     bool     `json:"ok"`
	Broken []string `json:"broken,omitempty"` // the promises that were, in words
}

// findings is all that is judged.
type findings struct {
	flags      *cli
	began      time.Time
	seconds    float64
	accepted   map[string]push.Job
	handed     map[string]time.Time // when, of what came over HTTP
	records    map[string]storecheck.Record
	seen       map[string]sighting
	stats      fcmsim.Stats
	history    history // of the storm alone
	takeOvers  []handover
	stuck      []string
	faults     []string // of the store
	complaints []string

	conflicts    int             // answers that told of one
	contradicted map[string]bool // ids of which an entry with other content was added by hand
}

// judge makes the report, and tells what is wrong in words.
func (f *findings) judge(w io.Writer) report {
	r := report{
		Seed: f.flags.Seed, Seconds: round(f.seconds), Accepted: len(f.accepted),
		StoreFaults: len(f.faults), EarlyRetries: f.stats.EarlyRetries, RedirectsFollowed: f.stats.RedirectsFollowed,
		Complaints: len(f.complaints), DuplicatesByCause: map[cause]int{}, FailedByCode: map[string]int{},
	}
	f.countFaults(&r)
	f.countRecords(&r, w)
	f.countDuplicates(&r, w)
	r.TakeOvers = len(f.takeOvers)
	r.TakeOverP50S = round(percentile(f.takeOvers, 0.5).Seconds())
	r.TakeOverP99S = round(percentile(f.takeOvers, 0.99).Seconds())
	r.TakeOverMaxS = round(percentile(f.takeOvers, 1).Seconds())

	for _, list := range []struct {
		what  string
		items []string
	}{{"store", f.faults}, {"never taken over", f.stuck}, {"complaint", f.complaints}} {
		for _, item := range list.items[:min(len(list.items), mostTold)] {
			fmt.Fprintf(w, "%s: %s\n", list.what, item)
		}
		if more := len(list.items) - mostTold; more > 0 {
			fmt.Fprintf(w, "%s: and %d more\n", list.what, more)
		}
	}
	f.tellSlowest(w)
	r.SilenceMaxS = f.tellSilence(w)
	if f.flags.Parties {
		r.WaitsS = f.waits(w)
	}
	r.Broken = f.broken(&r)
	r.OK = len(r.Broken) == 0
	return r
}

// mostTold is how many of one kind of fault are told in full.
const mostTold = 10

// broken names the promises that were not kept.
func (f *findings) broken(r *report) []string {
	var broken []string
	promise := func(kept bool, format string, args ...any) {
		if !kept {
			broken = append(broken, fmt.Sprintf(format, args...))
		}
	}
	promise(r.Lost == 0, "nothing accepted is lost: %d pushes are", r.Lost)
	promise(r.Changed == 0, "the same id with other content changes nothing: %d records say something else", r.Changed)
	promise(len(f.contradicted) == 0, "an entry added by hand does not vanish: %d are in conflict, and have no record", len(f.contradicted))
	promise(r.SentUnseen == 0, "sent means that FCM accepted it: %d pushes were never accepted", r.SentUnseen)
	promise(r.DuplicatesOurs == 0, "no duplicate without need: %d have no excuse", r.DuplicatesOurs)
	promise(r.StoreFaults == 0, "stream, record, indexes and counters change together: the store has %d faults", r.StoreFaults)
	promise(r.RedirectsFollowed == 0, "one send is one request: %d redirects were followed", r.RedirectsFollowed)
	promise(r.Complaints == 0, "processes stop cleanly, and only when told to: %d complaints", r.Complaints)
	promise(len(f.stuck) == 0, "what a dead consumer held comes into other hands: %d entries did not", len(f.stuck))
	promise(f.flags.Lease != defaultLease || r.TakeOverMaxS <= promised.Seconds(),
		"what a dead consumer held is in other hands within %v: it took %.1f s", promised, r.TakeOverMaxS)
	for _, name := range slices.Sorted(maps.Keys(r.WaitsS)) {
		promise(r.WaitsS[name] <= longestWait.Seconds(), "one party's trouble stays its own: with %s others waited up to %.1f s", name, r.WaitsS[name])
	}
	promise(r.Kills >= f.flags.Kills, "%d kills were asked for: there were %d in the time that they may take", f.flags.Kills, r.Kills)
	return broken
}

func (f *findings) countFaults(r *report) {
	for _, e := range f.history {
		switch {
		case e.what == killed && e.who == "redis":
			r.KillsRedis++
		case e.what == killed && e.who == "import":
			r.KillsImport++
		case e.what == killed && strings.HasPrefix(e.who, "consumer-"):
			r.KillsConsumer++
		case e.what == killed:
			r.KillsProducer++
		case e.what == stopped:
			r.Stops++
		case e.what == paused:
			r.Pauses++
		case e.what == groupDestroyed:
			r.GroupsDestroyed++
		}
	}
	r.Kills = r.KillsRedis + r.KillsImport + r.KillsConsumer + r.KillsProducer
}

// countRecords looks for every accepted push, and at what its record says.
func (f *findings) countRecords(r *report, w io.Writer) {
	r.Conflicts = f.conflicts
	for _, record := range f.records {
		if id := conflictWith(record); f.contradicted[id] {
			r.Conflicts++
			delete(f.contradicted, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.accepted)) {
		record := f.records[id]
		if record == nil || !record.Status().Terminal() {
			if r.Lost++; r.Lost <= mostTold {
				fmt.Fprintf(w, "lost: %s, its record: %s\n", id, plain(record))
			}
			continue
		}
		if changed(record, f.accepted[id]) {
			if r.Changed++; r.Changed <= mostTold {
				fmt.Fprintf(w, "changed: %s, its record: %s\n", id, plain(record))
			}
		}
		switch record.Status() {
		case push.Sent:
			r.Sent++
			if len(f.seen[id].accepted) == 0 {
				if r.SentUnseen++; r.SentUnseen <= mostTold {
					fmt.Fprintf(w, "sent and never accepted: %s, tried %d times, its record: %s\n", id, f.seen[id].tries, plain(record))
				}
			}
		case push.Failed:
			r.Failed++
			r.FailedByCode[record[pushlog.FieldErrorCode]]++
		case push.Expired:
			r.Expired++
		case push.Cancelled:
			r.Cancelled++
		}
	}
}

// countDuplicates finds the cause of each acceptance after the first.
func (f *findings) countDuplicates(r *report, w io.Writer) {
	j := judge{f.history, f.flags.Lease}
	for _, id := range slices.Sorted(maps.Keys(f.seen)) {
		accepted := f.seen[id].accepted
		for i := 1; i < len(accepted); i++ {
			c := j.cause(duplicate{accepted[i-1], accepted[i], f.records[id], answeredIn(f.accepted[id].DeviceID)})
			r.Duplicates++
			r.DuplicatesByCause[c]++
			if c != ours {
				r.DuplicatesUnavoidable++
				continue
			}
			if r.DuplicatesOurs++; r.DuplicatesOurs <= mostTold {
				f.tell(w, id, accepted[i-1], accepted[i])
			}
		}
	}
}

// tell tells the story of a duplicate that is ours.
func (f *findings) tell(w io.Writer, id string, first, again acceptance) {
	fmt.Fprintf(w, "duplicate of ours: %s, accepted", id)
	for _, a := range f.seen[id].accepted {
		fmt.Fprintf(w, " at %.3f", a.at.Sub(f.began).Seconds())
		if a.broken {
			fmt.Fprint(w, " (answer broken)")
		}
	}
	fmt.Fprintf(w, " (%s, %s); its record: %s\n", clock(first.at), clock(again.at), plain(f.records[id]))
	f.history.between(first.at.Add(-3*time.Second), again.at.Add(time.Second)).print(w, f.began)
}

// tellSlowest tells of the take-over that took longest, and what went on
// meanwhile, if it was beyond what a lease explains.
func (f *findings) tellSlowest(w io.Writer) {
	if len(f.takeOvers) == 0 {
		return
	}
	h := f.takeOvers[len(f.takeOvers)-1]
	if h.took <= (judge{lease: f.flags.Lease}).missed() {
		return
	}
	fmt.Fprintf(w, "the longest take-over: %s of %s, %.3f s; meanwhile\n", h.entry, h.member, h.took.Seconds())
	f.history.between(h.at.Add(-time.Second), h.at.Add(h.took)).print(w, f.began)
}

// longSilence is worth a word.
const longSilence = 10 * time.Second

// tellSilence finds the longest time in which FCM accepted nothing, less that
// in which it or Redis could not. That is no broken promise: a hold waits
// before it tries whether FCM is well. It returns seconds.
func (f *findings) tellSilence(w io.Writer) float64 {
	var times []time.Time
	for _, s := range f.seen {
		for _, a := range s.accepted {
			times = append(times, a.at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	var longest time.Duration
	var from, to time.Time
	for i := 1; i < len(times); i++ {
		a, b := times[i-1], times[i]
		silence := b.Sub(a) - f.history.during(a, b, func(e event) bool { return e.what == redisAway || e.what == fcmFault })
		if silence > longest {
			longest, from, to = silence, a, b
		}
	}
	if longest >= longSilence {
		fmt.Fprintf(w, "FCM accepted nothing from %.3f to %.3f; meanwhile\n", from.Sub(f.began).Seconds(), to.Sub(f.began).Seconds())
		f.history.between(from.Add(-time.Second), to).print(w, f.began)
	}
	return round(longest.Seconds())
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000Z") }

// plain writes a record as lines, without the customer's texts.
func plain(r storecheck.Record) string {
	if r == nil {
		return "none"
	}
	text := ""
	for _, field := range slices.Sorted(maps.Keys(r)) {
		if slices.Contains(push.Fields(), field) {
			continue
		}
		text += fmt.Sprintf("\n           %s = %s", field, r[field])
	}
	return text
}

// round keeps milliseconds.
func round(seconds float64) float64 { return float64(int64(seconds*1000+0.5)) / 1000 }
