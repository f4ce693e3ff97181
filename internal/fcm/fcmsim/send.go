package fcmsim

import (
	"cmp"
	"context"
	"net/http"
	"time"
)

// send is POST messages:send.
func (s *Simulator) send(w http.ResponseWriter, r *http.Request, project string) {
	arrived := time.Now()
	set, book := s.settings.Load(), s.ledger.Load()
	book.requests.Add(1)
	if r.ProtoMajor == 2 {
		book.http2.Add(1)
	}
	x := exchanges.Get().(*exchange)
	defer exchanges.Put(x)

	problem := x.read(r.Body)
	var id string
	if !x.request.ValidateOnly {
		id = x.request.Message.id()
	}
	t := book.open(id, arrived)
	who := set.identify(t)

	a := s.judge(set, r, project, &x.request, problem, t, who)
	book.byCode.add(a.tally)
	if a.fault != "" {
		book.byFault.add(a.fault)
	}
	var ordinal uint32
	accepted := a.accepts && !x.request.ValidateOnly
	switch {
	case accepted:
		now := time.Now()
		var serial int64
		ordinal, serial = book.accept(t, now)
		book.kept.add(id, now, x.name(project, now, serial), x.in)
	case a.accepts:
		book.validated.Add(1)
		x.name(project, time.Time{}, 0)
	}

	pause(r.Context(), set.delay(a, who))
	if header, then := a.wait(&set.Config, time.Now()); header != "" {
		w.Header().Set("Retry-After", header)
		book.askToWait(t, then)
	}
	if accepted && (a.breaks() || r.Context().Err() != nil) {
		book.breakAnswer(t, ordinal)
		accepted = false
	}
	a.write(w, x.out)
	if accepted && r.Context().Err() != nil { // gone while it was written
		book.breakAnswer(t, ordinal)
	}
}

// identify says what the draws for t depend on.
func (set *settings) identify(t try) identity {
	if t.entry == nil {
		return identity{try: set.nameless.Add(1)}
	}
	return identity{t.hash, uint64(t.number)}
}

// judge decides what a request gets. doc.go has the order.
func (s *Simulator) judge(set *settings, r *http.Request, project string, req *sendRequest, problem *answer, t try, who identity) *answer {
	target := req.Message.target()
	var planned *answer
	if len(set.Scripts) > 0 && !req.ValidateOnly {
		planned = set.scripts.next(target)
	}
	if planned == nil && len(set.odds) > 0 {
		if name := set.odds.pick(who.uniform(set.Seed, saltFault)); name != "" {
			planned = faultAnswers[name]
		}
	}
	if planned != nil && !planned.accepts {
		return planned
	}
	if set.RequireAuth && !s.bearers.valid(r.Header.Get("Authorization"), time.Now()) {
		return faults[Unauthenticated]
	}
	if full := set.quota.take(project, time.Now()); full != nil {
		return full
	}
	if problem != nil {
		return problem
	}
	if problem = req.Message.check(); problem != nil {
		return problem
	}
	if over := set.device.take(target, time.Now()); over != nil {
		return over
	}
	if planned != nil {
		return planned
	}
	return fateOf(target, set.Fates, t.number == 1)
}

// delay is how long a is held back.
func (set *settings) delay(a *answer, who identity) time.Duration {
	if a.how == hang {
		return cmp.Or(set.HangFor, MaxDelay)
	}
	d := set.Latency.draw(set.Seed, who)
	if a.slow {
		d += cmp.Or(set.SlowFor, DefaultSlowFor)
	}
	return d
}

// pause waits, or until the client goes away.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
