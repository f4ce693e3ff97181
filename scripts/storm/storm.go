package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/storecheck"
)

const (
	// answerTime is how long clients may wait for their answers once all is healed.
	answerTime = time.Minute
	// dustTime is how long pushes may take to end once all is healed, beyond a lease.
	dustTime = 3 * time.Minute
	// timePerKill bounds a storm that waits for --kills.
	timePerKill = 10 * time.Second
)

// storm is one run.
type storm struct {
	flags   *cli
	stderr  io.Writer
	dir     string
	began   time.Time
	journal *journal
	sys     *system
	rdb     *redis.Client
	load    *load
	watcher *watcher

	strikes sync.WaitGroup // faults at work
	pausing sync.Mutex     // held while a consumer is paused

	mu         sync.Mutex
	fatal      error // the storm itself failed
	complaints []string
}

func newStorm(flags *cli, stderr io.Writer) (*storm, error) {
	dir, err := os.MkdirTemp("", "pushstream-chaos-")
	if err != nil {
		return nil, err
	}
	return &storm{flags: flags, stderr: stderr, dir: dir, began: time.Now(), journal: &journal{}}, nil
}

func (s *storm) say(format string, args ...any) { fmt.Fprintf(s.stderr, format+"\n", args...) }

// must notes that the storm could not do what it wanted: then it says nothing
// about pushstream.
func (s *storm) must(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fatal = errors.Join(s.fatal, err)
}

func (s *storm) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fatal
}

// complain notes what pushstream should not have done.
func (s *storm) complain(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complaints = append(s.complaints, fmt.Sprintf(format, args...))
}

// clear removes the folder, unless it is to be kept.
func (s *storm) clear(well bool) {
	if !well || s.flags.Keep {
		s.journal.history().print(s.stderr, s.began)
		s.say("data and logs: %s", s.dir)
		return
	}
	if err := os.RemoveAll(s.dir); err != nil {
		s.say("%v", err)
	}
}

// run goes through all phases. Whatever happens, no process is left.
func (s *storm) run(ctx context.Context) (report, error) {
	lasts := max(time.Duration(s.flags.Seconds)*time.Second, time.Duration(s.flags.Kills)*timePerKill)
	// Every phase has a limit of its own; this one is for the unexpected.
	ctx, cancel := context.WithTimeout(ctx, lasts+2*startTimeout+answerTime+dustTime+3*s.flags.Lease+2*stopTimeout+time.Minute)
	defer cancel()
	var err error
	s.say("starting Redis, FCM simulator, 2 producers, %d consumers (data and logs in %s)", s.flags.Consumers, s.dir)
	s.sys, err = startSystem(ctx, s.flags, s.dir, s.journal)
	defer s.sys.Kill()
	if err != nil {
		return report{}, err
	}
	s.rdb = s.sys.client()
	defer s.rdb.Close()
	key, err := s.sys.Run(ctx, "admin", "apitoken", "add", "storm", "--scope=submit")
	if err != nil {
		return report{}, err
	}
	if err := s.sys.configure(ctx, s.healthy()); err != nil {
		return report{}, err
	}
	watch, stopWatch := context.WithCancel(ctx)
	s.watcher = &watcher{rdb: s.rdb, journal: s.journal, ctx: watch}
	defer s.watcher.running.Wait()
	defer stopWatch()
	s.load = newLoad(s.sys, s.rdb, key, s.flags, s.journal)

	took, err := s.blow(ctx, lasts)
	if err != nil {
		return report{}, err
	}
	history := s.journal.history()
	s.journal.note(event{what: phase, note: "healed"})
	if err := s.settle(ctx); err != nil {
		return report{}, err
	}
	stopWatch()
	s.watcher.running.Wait()
	s.journal.note(event{what: phase, note: "stopping"})
	if err := s.sys.stopAll(); err != nil {
		s.complain("the stop at the end: %v", err)
	}
	f, err := s.gather(ctx)
	if err != nil {
		return report{}, err
	}
	f.history, f.seconds = history, took.Seconds()
	r := f.judge(s.stderr)
	for _, b := range r.Broken {
		s.say("BROKEN: %s", b)
	}
	return r, nil
}

// blow lets the storm blow over the load, until all is healed again and every
// client has its answer. It returns how long the storm itself lasted.
func (s *storm) blow(ctx context.Context, lasts time.Duration) (time.Duration, error) {
	s.say("storm of %d s, seed %d, %d pushes a second", s.flags.Seconds, s.flags.Seed, s.flags.Rate)
	s.journal.note(event{what: phase, note: "storm"})
	begin := time.Now()
	blowing, calm := context.WithTimeout(ctx, lasts)
	defer calm()
	answers, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var parts sync.WaitGroup
	parts.Go(func() { s.load.run(blowing, answers) })
	parts.Go(func() { s.weather(blowing) })
	for said := begin; blowing.Err() == nil && s.failed() == nil; sleep(blowing, 100*time.Millisecond) {
		if time.Since(said) >= 5*time.Second {
			said = time.Now()
			s.progress(ctx)
		}
		if time.Since(begin) >= time.Duration(s.flags.Seconds)*time.Second && s.kills() >= s.flags.Kills {
			break
		}
	}
	took := time.Since(begin)
	calm()
	s.say("%.0f s: healing", time.Since(begin).Seconds())
	s.strikes.Wait()
	timer := time.AfterFunc(answerTime, giveUp)
	defer timer.Stop()
	parts.Wait()
	if err := errors.Join(s.failed(), ctx.Err()); err != nil {
		return took, err
	}
	accepted, handed, wrong := s.load.jobs()
	for _, text := range wrong {
		s.complain("%s", text)
	}
	if len(accepted) < handed {
		s.complain("%d of %d jobs were never answered for", handed-len(accepted), handed)
	}
	return took, nil
}

func (s *storm) kills() int {
	return s.journal.history().count(func(e event) bool { return e.what == killed })
}

// progress says how far it is.
func (s *storm) progress(ctx context.Context) {
	accepted, _, _ := s.load.jobs()
	h := s.journal.history()
	count := func(w what) int { return h.count(func(e event) bool { return e.what == w }) }
	ended := "Redis is away"
	if counts, err := pushlog.New(s.rdb, keys).Counts(ctx); err == nil {
		ended = fmt.Sprintf("%d sent, %d failed, %d expired, %d retrying", counts[push.Sent], counts[push.Failed], counts[push.Expired], counts[push.Retrying])
	}
	s.say("%d accepted; %s; %d kill -9, %d SIGTERM, %d SIGSTOP, Redis away %d times, group destroyed %d times",
		len(accepted), ended, count(killed), count(stopped), count(paused), count(redisAway), count(groupDestroyed))
}

// settle waits until the dust has settled: every accepted push has ended,
// nothing is on a stream, in a pending list or due, and the group's members
// are the consumers that run.
func (s *storm) settle(ctx context.Context) error {
	accepted, _, _ := s.load.jobs()
	s.say("%d accepted; waiting until every one has ended", len(accepted))
	end := time.Now().Add(dustTime + s.flags.Lease)
	for said := time.Now(); ; sleep(ctx, 100*time.Millisecond) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		open, err := s.open(ctx, len(accepted))
		if open == "" && err == nil {
			return nil
		}
		if err != nil {
			open = err.Error()
		}
		if time.Now().After(end) {
			s.complain("%v for the dust to settle: %s", errStuck, open)
			return nil
		}
		if time.Since(said) >= 5*time.Second {
			said = time.Now()
			s.say("waiting: %s", open)
		}
	}
}

// open says what is not done yet; nothing if all is.
func (s *storm) open(ctx context.Context, accepted int) (string, error) {
	counts, err := pushlog.New(s.rdb, keys).Counts(ctx)
	if err != nil {
		return "", err
	}
	var open []string
	left := func(n int64, what string) {
		if n != 0 {
			open = append(open, fmt.Sprintf("%d %s", n, what))
		}
	}
	ended := counts[push.Sent] + counts[push.Failed] + counts[push.Expired] + counts[push.Cancelled]
	for _, status := range []push.Status{push.Scheduled, push.Queued, push.Retrying} {
		left(counts[status], string(status))
	}
	left(max(0, int64(accepted)-ended), "not ended")
	for _, lane := range lanes {
		n, err := s.rdb.XLen(ctx, lane).Result()
		if err != nil {
			return "", err
		}
		left(n, "entries on "+lane)
	}
	due, err := s.rdb.ZCard(ctx, keys.Partition(0).Base+":due").Result()
	if err != nil {
		return "", err
	}
	left(due, "due")
	members, err := storecheck.Members(ctx, s.rdb, keys)
	if err != nil {
		return "", err
	}
	for _, m := range members {
		left(m.Pending, "pending for "+m.Name)
		if !s.lives(m.Name) {
			open = append(open, m.Name+" is still a member")
		}
	}
	return strings.Join(open, ", "), nil
}

// lives reports whether a member of the group is a consumer that runs.
func (s *storm) lives(member string) bool {
	return slices.ContainsFunc(s.sys.consumers, func(u *unit) bool {
		return event{who: u.name, pid: u.process().PID()}.isOf(member)
	})
}

// gather reads everything that is judged.
func (s *storm) gather(ctx context.Context) (*findings, error) {
	f := &findings{flags: s.flags, began: s.began}
	f.accepted, _, _ = s.load.jobs()
	f.handed = s.load.times // no more pushes are handed in
	whole, err := storecheck.EventsComplete(ctx, s.rdb, keys)
	if err != nil {
		return nil, err
	}
	if f.records, f.faults, err = storecheck.Finished(ctx, s.rdb, keys, storecheck.Options{SkipEvents: !whole}); err != nil {
		return nil, err
	}
	f.conflicts, f.contradicted = int(s.load.conflicts.Load()), s.load.contradicted
	for id, r := range f.records {
		if _, known := f.accepted[id]; !known && !f.contradicted[conflictWith(r)] {
			f.faults = append(f.faults, "a record of a push that ended without an answer: "+id)
		}
		if _, unread := takeOvers(r); len(unread) > 0 {
			f.faults = append(f.faults, fmt.Sprintf("notes of %s that can't be read: %q", id, unread))
		}
	}
	members, err := storecheck.Members(ctx, s.rdb, keys)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		f.faults = append(f.faults, fmt.Sprintf("%s is still a member of the group, with %d pending", m.Name, m.Pending))
	}
	if f.stats, err = s.sys.stats(ctx); err != nil {
		return nil, err
	}
	if f.seen, err = s.sys.ledger(ctx); err != nil {
		return nil, err
	}
	f.takeOvers, f.stuck = s.watcher.results()
	for _, e := range s.journal.history() {
		if e.what == endedItself {
			s.complain("%s ended by itself: %s", e.who, e.note)
		}
	}
	f.complaints = s.complaints
	return f, nil
}
