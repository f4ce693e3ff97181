package fill

import (
	"testing"
	"time"

	"pushstream/internal/push"
)

func TestRhythm(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 11, 24, 8, 20, 30, 0, time.UTC) // a Tuesday
	for _, days := range []int{1, 7, 30} {
		r := newRhythm(end, days, seoul)
		const n = 10_000
		last := r.at(0)
		if last.Before(end.AddDate(0, 0, -days)) {
			t.Errorf("%d days: begins at %v", days, last)
		}
		var night, day, weekend, weekday int
		for i := range n {
			at := r.at((float64(i) + 0.5) / n)
			if at.Before(last) || at.After(end) {
				t.Fatalf("%d days: %v after %v", days, at, last)
			}
			last = at
			local := at.In(seoul)
			switch h := local.Hour(); {
			case h >= 1 && h < 5:
				night++
			case h >= 9 && h < 13:
				day++
			}
			if d := local.Weekday(); d == time.Saturday || d == time.Sunday {
				weekend++
			} else {
				weekday++
			}
		}
		if end.Sub(last) > time.Hour || day < 10*night {
			t.Errorf("%d days: the last one at %v; %d by night, %d by day", days, last, night, day)
		}
		if days > 7 && weekend > weekday/5 {
			t.Errorf("%d days: %d at weekends, %d else", days, weekend, weekday)
		}
	}
}

// Each end comes about as it does in internal/stream.
func TestLives(t *testing.T) {
	t.Parallel()
	c := seeded()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	seen := map[push.Status]int{}
	for range 20_000 {
		accepted := now.Add(-slowest - c.span(0, 48*time.Hour))
		ttl := []time.Duration{time.Hour, 10 * time.Minute, 24 * time.Hour}[c.IntN(3)]
		due := time.Time{}
		if c.one(5) {
			due = accepted.Add(c.span(time.Minute, 10*time.Hour))
		}
		l := c.live(accepted, due, ttl, now)
		seen[l.status]++
		if l.ended.After(now) || l.ended.Before(accepted) || !l.expires.Equal(l.start().Add(ttl)) || !l.status.Terminal() {
			t.Fatalf("%+v", l)
		}
		before := l.start()
		for i, try := range l.tries {
			last := i == len(l.tries)-1
			if try.start.Before(before) || (try.wait == 0) != last || try.took <= 0 || !try.start.Before(l.expires) && l.status != push.Expired {
				t.Fatalf("try %d of %+v", i, l)
			}
			wait := backoff(i + 1)
			lastChance := i == len(l.tries)-2 && !try.end().Add(wait*6/5).Before(l.expires) && try.end().Add(try.wait).Before(l.expires)
			if !last && !lastChance && (try.wait < wait || try.wait > wait*6/5) {
				t.Fatalf("try %d waits for %v: %+v", i, try.wait, l)
			}
			if before = try.end(); last && !l.ended.Equal(before) {
				t.Fatalf("it ends at another time than its last try: %+v", l)
			}
		}
		last := push.CodeAccepted
		if len(l.tries) > 0 {
			last = l.tries[len(l.tries)-1].code
		}
		var ok bool
		switch l.status {
		case push.Sent:
			ok = len(l.tries) > 0 && last == push.CodeAccepted && l.code == ""
		case push.Failed:
			ok = l.code == push.CodeSuppressed && len(l.tries) == 0 || l.code == last && (last.Verdict() == push.VerdictFail || len(l.tries) == 3 || l.ended.Sub(l.tries[0].end()) > 45*time.Minute)
		case push.Expired:
			ok = len(l.tries) == 0 && l.code == "" && l.ended.After(l.expires) || l.code == last && last.Verdict() == push.VerdictRetry
		case push.Cancelled:
			ok = len(l.tries) == 0 && l.code == ""
		}
		if !ok {
			t.Fatalf("%+v", l)
		}
	}
	for _, s := range []push.Status{push.Sent, push.Failed, push.Expired, push.Cancelled} {
		if seen[s] == 0 {
			t.Errorf("none is %s", s)
		}
	}
}

func TestEndsAddUp(t *testing.T) {
	t.Parallel()
	sum := 0
	for _, e := range ends {
		sum += e.weight
		for _, code := range e.end.codes {
			if _, ok := said[code]; !ok && code != push.CodeSuppressed {
				t.Errorf("nothing is known of FCM's answer %s", code)
			}
		}
	}
	if sum != 100_000 {
		t.Errorf("they are %d", sum)
	}
}
