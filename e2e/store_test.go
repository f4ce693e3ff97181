package e2e

import (
	"context"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/storecheck"
)

// record is the hash of a push as Redis has it.
type record = storecheck.Record

// mostFaults are named of a broken store; there may be one for each push.
const mostFaults = 20

// finished checks all that must hold of the store when every push is terminal,
// and returns the records by id. It needs the whole history, so fewer events
// than their stream keeps.
func (s *system) finished() map[string]record {
	s.t.Helper()
	records, faults, err := storecheck.Finished(context.Background(), s.rdb, s.keys, storecheck.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, fault := range faults[:min(len(faults), mostFaults)] {
		s.t.Error(fault)
	}
	if more := len(faults) - mostFaults; more > 0 {
		s.t.Errorf("and %d faults more", more)
	}
	return records
}

// noMember fails if a consumer's name is left anywhere.
func (s *system) noMember(name string) {
	s.t.Helper()
	ctx := context.Background()
	members, err := storecheck.Members(ctx, s.rdb, s.keys)
	if err != nil {
		s.t.Fatal(err)
	}
	if i := slices.IndexFunc(members, func(m storecheck.Member) bool { return m.Name == name }); i >= 0 {
		s.t.Errorf("%s is still a member of the group, with %d pending", name, members[i].Pending)
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
