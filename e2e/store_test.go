package e2e

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// documented are the keys that may be there when the work is done (design,
// §5), and whether they must have a TTL. K:due may not: nothing waits.
var documented = []struct {
	key *regexp.Regexp
	ttl bool
}{
	{regexp.MustCompile(`^push:\{\d+\}:jobs(:urgent)?$`), false},
	{regexp.MustCompile(`^push:\{\d+\}:record:[A-Za-z0-9._:-]+$`), false},
	{regexp.MustCompile(`^push:\{\d+\}:index$`), false},
	{regexp.MustCompile(`^push:\{\d+\}:index:status:(sent|failed|expired|cancelled)$`), false},
	{regexp.MustCompile(`^push:\{\d+\}:index:(csno|push_grp_id):.+$`), false},
	{regexp.MustCompile(`^push:\{\d+\}:index:device_id:[0-9a-f]{32}$`), false},
	{regexp.MustCompile(`^push:\{\d+\}:minute:\d{12}$`), true},
	{regexp.MustCompile(`^push:\{\d+\}:events$`), false},
	{regexp.MustCompile(`^push:partitions$`), false},
	{regexp.MustCompile(`^push:workers$`), false},
	{regexp.MustCompile(`^push:worker:[^:]+$`), true},
	{regexp.MustCompile(`^push:keys$`), false},
}

// record is the hash of a push as Redis has it.
type record map[string]string

// finished checks all that must hold of the store when every push is terminal:
// the documented keys and no other; records, indexes, counters and events that
// agree; streams, pending lists and the due set empty. It returns the records
// by id.
func (s *system) finished() map[string]record {
	s.t.Helper()
	records := s.records()
	s.checkKeys()
	s.checkIndexes(records)
	s.checkStreams()
	s.checkCounters(records)
	s.checkEvents(records)
	return records
}

// records reads every record, and checks that each is in the partition that
// its id hashes to, and is one that ended.
func (s *system) records() map[string]record {
	s.t.Helper()
	ctx, records := context.Background(), map[string]record{}
	iter := s.rdb.Scan(ctx, 0, "push:*:record:*", 1000).Iterator()
	for iter.Next(ctx) {
		base, id, _ := strings.Cut(iter.Val(), ":record:")
		if p := s.keys.Of(id); p.Base != base {
			s.t.Errorf("the record of %s is in %s, its partition is %s", id, base, p.Base)
		}
		if records[id] != nil {
			continue // SCAN may repeat
		}
		r := record(s.rdb.HGetAll(ctx, iter.Val()).Val())
		records[id] = r
		if !push.Status(r["status"]).Terminal() {
			s.t.Errorf("%s is %q", id, r["status"])
		}
		if yn := r["fcm_send_yn"]; (yn == "Y") != (r["status"] == "sent") || yn != "Y" && yn != "N" {
			s.t.Errorf("%s is %s and has fcm_send_yn %q", id, r["status"], yn)
		}
		if r["status"] == "sent" && r["result"] == "" || r["status"] == "failed" && r["error_code"] == "" {
			s.t.Errorf("%s does not say what became of it: %v", id, r)
		}
	}
	if err := iter.Err(); err != nil {
		s.t.Fatal(err)
	}
	return records
}

func (s *system) checkKeys() {
	s.t.Helper()
	ctx := context.Background()
	keys, err := s.rdb.Keys(ctx, "*").Result()
	if err != nil {
		s.t.Fatal(err)
	}
keys:
	for _, key := range keys {
		for _, d := range documented {
			if !d.key.MatchString(key) {
				continue
			}
			if d.ttl {
				// -2: it has just ended. A key without a TTL answers -1.
				if ttl := s.rdb.TTL(ctx, key).Val(); ttl == -1 {
					s.t.Errorf("%s has no TTL", key)
				}
			}
			continue keys
		}
		s.t.Errorf("a key that is not documented, or should be gone: %s", key)
	}
}

// checkIndexes compares every index with the one that the records make.
func (s *system) checkIndexes(records map[string]record) {
	s.t.Helper()
	ctx := context.Background()
	want := map[string]map[string]float64{}
	for id, r := range records {
		at, err := time.Parse(pushlog.TimeFormat, r["accepted_at"])
		if err != nil {
			s.t.Errorf("%s: %v", id, err)
		}
		p := s.keys.Of(id)
		in := []string{p.Index(), p.StatusIndex(push.Status(r["status"]))}
		if r["error_code"] != string(push.CodeInvalidJob) {
			in = append(in, p.DeviceIDIndex(r["device_id"]))
			if r["csno"] != "" {
				in = append(in, p.CsnoIndex(r["csno"]))
			}
			if r["push_grp_id"] != "" {
				in = append(in, p.PushGrpIDIndex(r["push_grp_id"]))
			}
		}
		for _, index := range in {
			if want[index] == nil {
				want[index] = map[string]float64{}
			}
			want[index][id] = float64(at.UnixMilli())
		}
	}
	got := map[string]map[string]float64{}
	iter := s.rdb.Scan(ctx, 0, "push:*:index*", 1000).Iterator()
	for iter.Next(ctx) {
		members := map[string]float64{}
		for _, z := range s.rdb.ZRangeWithScores(ctx, iter.Val(), 0, -1).Val() {
			members[z.Member.(string)] = z.Score
		}
		got[iter.Val()] = members
	}
	for _, index := range slices.Sorted(maps.Keys(want)) {
		if !maps.Equal(got[index], want[index]) {
			s.t.Errorf("%s has %d members, by the records it should have %d; they differ in %v",
				index, len(got[index]), len(want[index]), difference(got[index], want[index]))
		}
		delete(got, index)
	}
	for index, members := range got {
		s.t.Errorf("%s has members %v that no record asks for", index, slices.Sorted(maps.Keys(members)))
	}
}

// difference names some keys whose values differ.
func difference(a, b map[string]float64) []string {
	var names []string
	for id, score := range a {
		if other, ok := b[id]; !ok || other != score {
			names = append(names, id)
		}
	}
	for id := range b {
		if _, ok := a[id]; !ok {
			names = append(names, id)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), 5)]
}

// checkStreams: a settled entry leaves the stream, and nothing waits.
func (s *system) checkStreams() {
	s.t.Helper()
	ctx := context.Background()
	for _, p := range s.keys.All() {
		for _, stream := range []string{p.Base + ":jobs", p.Base + ":jobs:urgent"} {
			if n := s.rdb.XLen(ctx, stream).Val(); n != 0 {
				s.t.Errorf("%s has %d entries", stream, n)
			}
			pending, err := s.rdb.XPending(ctx, stream, "fcm").Result()
			if err != nil {
				s.t.Errorf("pending list of %s: %v", stream, err)
			} else if pending.Count != 0 {
				s.t.Errorf("%s has %d pending entries", stream, pending.Count)
			}
		}
		if n := s.rdb.ZCard(ctx, p.Base+":due").Val(); n != 0 {
			s.t.Errorf("%d pushes are due in %s", n, p.Base)
		}
	}
}

// checkCounters: each push was counted once when it was accepted, once when it
// ended, and each retry once.
func (s *system) checkCounters(records map[string]record) {
	s.t.Helper()
	ctx, got := context.Background(), map[string]int{}
	iter := s.rdb.Scan(ctx, 0, "push:*:minute:*", 1000).Iterator()
	for iter.Next(ctx) {
		for field, text := range s.rdb.HGetAll(ctx, iter.Val()).Val() {
			n, err := strconv.Atoi(text)
			if err != nil {
				s.t.Errorf("%s of %s is %q", field, iter.Val(), text)
			}
			got[field] += n
		}
	}
	want := map[string]int{"accepted": len(records)}
	for _, r := range records {
		want[r["status"]]++
	}
	for _, field := range []string{"accepted", "sent", "failed", "expired", "cancelled"} {
		if got[field] != want[field] {
			s.t.Errorf("the minutes count %d %s, there are %d", got[field], field, want[field])
		}
	}
}

// checkEvents: the last event of each push says its state. It needs the whole
// history, so fewer events than the stream keeps.
func (s *system) checkEvents(records map[string]record) {
	s.t.Helper()
	last := map[string]string{}
	for _, p := range s.keys.All() {
		for _, e := range s.events(p) {
			for i := 0; i+1 < len(e); i += 2 {
				last[e[i]] = e[i+1]
			}
		}
	}
	wrong := 0
	for id, r := range records {
		if last[id] != r["status"] {
			if wrong++; wrong <= 3 {
				s.t.Errorf("%s is %s, its last event says %q", id, r["status"], last[id])
			}
		}
	}
	if wrong > 0 || len(last) != len(records) {
		s.t.Errorf("%d of %d pushes end otherwise in the events, which know %d", wrong, len(records), len(last))
	}
}

// events reads the events of a partition, oldest first: id, status, id, status
// and so on of each.
func (s *system) events(p pushlog.Partition) [][]string {
	s.t.Helper()
	entries, err := s.rdb.XRange(context.Background(), p.Base+":events", "-", "+").Result()
	if err != nil && err != redis.Nil {
		s.t.Fatal(err)
	}
	var all [][]string
	for _, e := range entries {
		all = append(all, strings.Fields(fmt.Sprint(e.Values["changes"])))
	}
	return all
}

// noMember fails if a consumer's name is left anywhere.
func (s *system) noMember(name string) {
	s.t.Helper()
	ctx := context.Background()
	for _, p := range s.keys.All() {
		for _, stream := range []string{p.Base + ":jobs", p.Base + ":jobs:urgent"} {
			members, err := s.rdb.XInfoConsumers(ctx, stream, "fcm").Result()
			if err != nil {
				s.t.Fatal(err)
			}
			for _, m := range members {
				if m.Name == name {
					s.t.Errorf("%s is still a member of %s, with %d pending", name, stream, m.Pending)
				}
			}
		}
	}
	if s.rdb.ZScore(ctx, "push:workers", name).Err() != redis.Nil {
		s.t.Errorf("%s is still in push:workers", name)
	}
	if s.rdb.Exists(ctx, "push:worker:"+name).Val() != 0 {
		s.t.Errorf("push:worker:%s is left", name)
	}
}

// matchesSimulator holds the records against what the simulator saw: nothing
// is called sent that was not accepted, nothing that was accepted, and said so,
// is called anything else, and nothing went out twice without need.
func (s *system) matchesSimulator(records map[string]record) {
	s.t.Helper()
	for id, r := range records {
		m, tried := s.sim.Message(id)
		switch attempts, _ := strconv.Atoi(r["attempts"]); {
		case r["status"] == "sent" && m.Accepted == 0:
			s.t.Errorf("%s is called sent; the simulator never accepted it: %v", id, r)
		case r["status"] != "sent" && m.Accepted > m.AnswersBroken:
			s.t.Errorf("%s was accepted with an intact answer, and is called %s: %v", id, r["status"], r)
		case attempts > m.Attempts:
			s.t.Errorf("%s says %d attempts, the simulator saw %d", id, attempts, m.Attempts)
		case !tried && attempts > 0:
			s.t.Errorf("%s says %d attempts, the simulator saw none", id, attempts)
		}
	}
	stats := s.sim.Stats()
	if stats.DuplicatesOurs != 0 {
		s.t.Errorf("%d duplicates are ours (%d were unavoidable)", stats.DuplicatesOurs, stats.DuplicatesUnavoidable)
	}
	s.politeToFCM()
}

// politeToFCM: no try comes before the Retry-After that it was given, and no
// redirect is followed.
func (s *system) politeToFCM() {
	s.t.Helper()
	if stats := s.sim.Stats(); stats.EarlyRetries != 0 || stats.RedirectsFollowed != 0 {
		s.t.Errorf("%d early retries, %d redirects followed", stats.EarlyRetries, stats.RedirectsFollowed)
	}
}

// only fails unless every push is in one state.
func only(s *system, records map[string]record, want push.Status) {
	s.t.Helper()
	wrong := 0
	for id, r := range records {
		if r["status"] != string(want) {
			if wrong++; wrong <= 3 {
				s.t.Errorf("%s is %s: %v", id, r["status"], r)
			}
		}
	}
	if wrong > 3 {
		s.t.Errorf("%d of %d pushes are not %s", wrong, len(records), want)
	}
}
