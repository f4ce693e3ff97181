package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pushstream/internal/corpus"
	"pushstream/internal/faketime"
	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/launch"
	"pushstream/internal/push"
)

// longestWait is how long a push may wait for its first acceptance by FCM while another
// party is in trouble: one phone, one worker, one clock.
const longestWait = 5 * time.Second

const (
	noisyToken = "one-noisy-phone"
	noisyRate  = 20  // pushes a second to it, several times its limit
	noisyLimit = 120 // pushes a minute that FCM takes for it
	noisyTTL   = 10  // seconds: what it can't get in time expires
	calmTime   = 3 * time.Second
	clockStep  = 10 * time.Minute
	sickName   = "consumer-sick" // of every worker that can't get through
)

// party is a part of the system whose trouble must stay its own.
type party struct {
	name    string
	trouble func(ctx context.Context, lasts time.Duration)
}

// parties are tried one after the other.
func (s *storm) parties() []party {
	all := []party{
		{"a noisy device", s.noisyDevice},
		{"a worker without a way to FCM", s.workerWithoutFCM},
		{"a worker with a bad key", s.workerWithBadKey},
		{"writes refused", s.refuseWrites},
	}
	if s.sys.clock != nil {
		all = append(all,
			party{"Redis's clock set back", func(ctx context.Context, lasts time.Duration) { s.stepClock(ctx, -clockStep, lasts) }},
			party{"Redis's clock set ahead", func(ctx context.Context, lasts time.Duration) { s.stepClock(ctx, clockStep, lasts) }})
	}
	return all
}

// strikeParties gives each party its trouble, all an equal time, until ctx ends.
func (s *storm) strikeParties(ctx context.Context) {
	all := s.parties()
	if s.sys.clock == nil {
		s.say("Redis's clock is left alone: %v", faketime.ErrUnavailable)
	}
	each := time.Duration(s.flags.Seconds)*time.Second/time.Duration(len(all)) - calmTime
	for _, p := range all {
		if !sleep(ctx, calmTime) {
			return
		}
		s.say("%s, for %.0f s", p.name, each.Seconds())
		end := s.journal.begin(event{what: partyTrouble, note: p.name})
		p.trouble(ctx, each)
		end()
	}
}

// noisyDevice hands in far more pushes for one phone than FCM takes for it.
func (s *storm) noisyDevice(ctx context.Context, lasts time.Duration) {
	answered, giveUp := context.WithTimeout(context.WithoutCancel(ctx), lasts+answerTime)
	defer giveUp()
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	pace(ctx, noisyRate, func() int { return 1 }, func(n, _ int) {
		j := push.Job{ID: fmt.Sprintf("noisy-%09d", n), DeviceID: noisyToken, MsgTitle: "noise", TTL: noisyTTL}
		s.load.post(answered, []push.Job{j}, n)
	})
}

// workerWithoutFCM starts one more consumer, to which FCM's address is closed.
func (s *storm) workerWithoutFCM(ctx context.Context, lasts time.Duration) {
	closed, err := launch.FreeAddr() // no server listens there
	if err != nil {
		s.must(err)
		return
	}
	s.sickWorker(ctx, lasts, "http://"+closed)
}

// workerWithBadKey starts one more consumer, whose every request is refused with 401.
func (s *storm) workerWithBadKey(ctx context.Context, lasts time.Duration) {
	addr, err := launch.FreeAddr()
	if err != nil {
		s.must(err)
		return
	}
	config := fcmsim.Config{Seed: s.flags.Seed, Faults: map[string]float64{fcmsim.Unauthenticated: 1}, KeepMessages: -1}
	text, err := json.Marshal(config)
	if err != nil {
		panic(err) // numbers and texts
	}
	file := filepath.Join(s.dir, "refusing.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		s.must(err)
		return
	}
	sim, err := s.sys.Simulator(ctx, "fcmsim-refusing", addr, "TLS_LISTEN_ADDR=", "FCMSIM_CONFIG="+file)
	s.must(err)
	if sim == nil {
		return
	}
	defer sim.Kill()
	s.sickWorker(ctx, lasts, "http://"+addr)
}

// sickWorker runs one more consumer, which sends to an address where nothing gets through.
// Its /readyz must say so.
func (s *storm) sickWorker(ctx context.Context, lasts time.Duration, endpoint string) {
	addr, err := launch.FreeAddr()
	if err != nil {
		s.must(err)
		return
	}
	u := s.sys.newUnit(sickName, addr, []string{"CONSUMER_NAME=" + sickName, "OPS_ADDR=" + addr, "FCM_ENDPOINT=" + endpoint}, "consumer")
	if err := u.start(); err != nil {
		s.must(err)
		return
	}
	s.must(u.process().AliveAt(ctx, addr))
	end := time.Now().Add(lasts)
	told := ""
	for time.Now().Before(end) && sleep(ctx, 200*time.Millisecond) {
		if status, body := readiness(ctx, addr); status == http.StatusServiceUnavailable {
			told = body
		}
	}
	if told == "" && ctx.Err() == nil {
		s.complain("a consumer that can't get through to FCM was ready all the time")
	}
	s.stopUnit(u)
}

// readiness is what /readyz answers; 0 if it does not.
func readiness(ctx context.Context, addr string) (int, string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return 0, ""
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // only for the message
	return resp.StatusCode, string(body)
}

// refuseWrites has Redis refuse every write, as it does when its replicas are gone.
// Producers must say that they are not ready.
func (s *storm) refuseWrites(ctx context.Context, lasts time.Duration) {
	end := s.journal.begin(event{what: writesRefused})
	defer end()
	work := context.WithoutCancel(ctx)
	s.struck(work, s.rdb.ConfigSet(work, "min-replicas-to-write", "1").Err())
	defer func() { s.struck(work, s.rdb.ConfigSet(work, "min-replicas-to-write", "0").Err()) }()
	unready := false
	for over := time.Now().Add(lasts); time.Now().Before(over) && sleep(ctx, 200*time.Millisecond); {
		status, _ := readiness(ctx, s.sys.producers[0].addr)
		unready = unready || status == http.StatusServiceUnavailable
	}
	if !unready && ctx.Err() == nil {
		s.complain("a producer was ready while Redis refused writes")
	}
}

// stepClock sets Redis's clock, and back at the end.
func (s *storm) stepClock(ctx context.Context, by, lasts time.Duration) {
	s.must(s.sys.clock.Set(by))
	sleep(ctx, lasts*2/3)
	s.must(s.sys.clock.Set(0)) // the step back to the right time is one, too
	sleep(ctx, lasts/3)
}

// quietJob is a push that FCM takes at once.
func quietJob(prefix string, n int) push.Job {
	j := corpus.Job(prefix, n)
	if n%5 == 0 {
		j.Priority = push.Urgent
	}
	return j
}

// waits finds how long pushes that were handed in while a party was in trouble waited for
// their first acceptance, less the time in which Redis refused writes: the longest for each
// party, of pushes of others. What the sick worker itself tried, and what went to the noisy
// phone, is the party's own.
func (f *findings) waits(w io.Writer) map[string]float64 {
	longest, own := map[string]time.Duration{}, map[string]time.Duration{}
	slowest, counted := map[string]string{}, map[string]int{}
	for _, e := range f.history {
		if e.what != partyTrouble {
			continue
		}
		longest[e.note] = 0
		for id, handed := range f.handed {
			if handed.Before(e.at) || handed.After(e.until) {
				continue
			}
			seen := f.seen[id].accepted
			if len(seen) == 0 {
				continue // it is counted as lost, failed or expired
			}
			wait := seen[0].at.Sub(handed)
			wait -= f.history.during(handed, seen[0].at, func(e event) bool { return e.what == writesRefused })
			if f.accepted[id].DeviceID == noisyToken || triedBy(f.records[id], sickName) {
				own[e.note] = max(own[e.note], wait)
				continue
			}
			counted[e.note]++
			if wait > longest[e.note] {
				longest[e.note], slowest[e.note] = wait, id
			}
		}
	}
	result := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(longest)) {
		result[name] = round(longest[name].Seconds())
		fmt.Fprintf(w, "%s: of %d pushes of others the longest waited %.3f s, of its own %.3f s\n",
			name, counted[name], longest[name].Seconds(), own[name].Seconds())
		if longest[name] > longestWait {
			fmt.Fprintf(w, "the slowest is %s, its record: %s\n", slowest[name], plain(f.records[slowest[name]]))
		}
	}
	return result
}

// triedBy says whether a record has a try of a consumer, by the name of its instance.
func triedBy(r map[string]string, name string) bool {
	for field, line := range r {
		if !strings.HasPrefix(field, "try.") {
			continue
		}
		if words := strings.Fields(line); len(words) > 1 && strings.HasPrefix(words[1], name+"-") {
			return true
		}
	}
	return false
}
