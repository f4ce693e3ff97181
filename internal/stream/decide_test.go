package stream

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
)

const took = 31 * time.Millisecond

func TestDecide(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 0, 30, 1, 123e6, time.UTC)
	end := start.Add(31 * time.Millisecond)
	const min = 10 * time.Second
	cases := []struct {
		name      string
		outcome   push.Outcome
		attempts  int // before this one
		expiresIn time.Duration
		until     time.Duration // since the start; 0: first failure
		status    push.Status
		wait      time.Duration
		counts    int // attempts afterwards
	}{
		{"accepted", push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200}, 0, time.Hour, 0, push.Sent, 0, 1},
		{"dead token", push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}, 0, time.Hour, 0, push.Failed, 0, 1},
		{"token of another project", push.Outcome{Code: push.CodeSenderIDMismatch, HTTPStatus: 403}, 0, time.Hour, 0, push.Failed, 0, 1},
		{"invalid message", push.Outcome{Code: push.CodeInvalidArgument, HTTPStatus: 400}, 0, time.Hour, 0, push.Failed, 0, 1},
		{"APNs key", push.Outcome{Code: push.CodeThirdPartyAuth, HTTPStatus: 401}, 0, time.Hour, 0, push.Failed, 0, 1},
		{"unavailable waits the least delay", unavailable, 0, time.Hour, 0, push.Retrying, min, 1},
		{"unavailable doubles", unavailable, 2, time.Hour, 0, push.Retrying, 4 * min, 3},
		{"the delay has a limit", unavailable, 30, 40 * time.Hour, time.Hour, push.Retrying, maxDelay, 31},
		{"Retry-After is kept", push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503, RetryAfter: 3 * time.Second}, 0, time.Hour, 0, push.Retrying, 3 * time.Second, 1},
		{"Retry-After again and again does not make a loop", push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503, RetryAfter: time.Second}, 3, time.Hour, time.Hour, push.Retrying, 4 * min, 4},
		{"a long Retry-After wins", push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503, RetryAfter: 20 * time.Minute}, 3, time.Hour, time.Hour, push.Retrying, 20 * time.Minute, 4},
		{"quota without Retry-After waits a minute, and is nobody's attempt", push.Outcome{Code: push.CodeQuotaExceeded, HTTPStatus: 429}, 0, time.Hour, 0, push.Retrying, time.Minute, 0},
		{"quota with Retry-After", push.Outcome{Code: push.CodeQuotaExceeded, HTTPStatus: 429, RetryAfter: 17 * time.Second}, 3, time.Hour, 0, push.Retrying, 17 * time.Second, 3},
		{"internal", push.Outcome{Code: push.CodeInternal, HTTPStatus: 500}, 0, time.Hour, 0, push.Retrying, min, 1},
		{"not sent", push.Outcome{Code: push.CodeNotSent}, 0, time.Hour, 0, push.Retrying, min, 1},
		{"no answer", push.Outcome{Code: push.CodeNoAnswer}, 0, time.Hour, 0, push.Retrying, min, 1},
		{"not FCM's answer", push.Outcome{Code: push.CodeBadAnswer, HTTPStatus: 302}, 0, time.Hour, 0, push.Retrying, min, 1},
		{"unclear twice", push.Outcome{Code: push.CodeUnspecified, HTTPStatus: 418}, 1, time.Hour, 0, push.Retrying, 2 * min, 2},
		{"unclear three times", push.Outcome{Code: push.CodeUnspecified, HTTPStatus: 418}, 2, time.Hour, 0, push.Failed, 0, 3},
		{"a broken credential is nobody's attempt", push.Outcome{Code: push.CodeCredential, HTTPStatus: 401}, 2, time.Hour, 0, push.Retrying, min, 2},
		{"nor is a missing right, however late", push.Outcome{Code: push.CodePermission, HTTPStatus: 403}, 2, 40 * time.Hour, time.Millisecond, push.Retrying, min, 2},
		{"the next try would come after the end: one more just before it", push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503, RetryAfter: time.Minute}, 0, 20*time.Second + took, 0, push.Retrying, 15 * time.Second, 1},
		{"half of what is left, if that is later", unavailable, 0, 8*time.Second + took, 0, push.Retrying, 4 * time.Second, 1},
		{"that was the last one", unavailable, 1, 5*time.Second + took, 0, push.Expired, 0, 2},
		{"a hold, too, lets it expire", push.Outcome{Code: push.CodeCredential, HTTPStatus: 401}, 0, 5 * time.Second, 0, push.Expired, 0, 0},
		{"nobody tries for more than an hour", unavailable, 6, 40 * time.Hour, 5 * time.Minute, push.Failed, 0, 7},
		{"a code that nobody knows is retried", push.Outcome{Code: "NEW", HTTPStatus: 499}, 0, time.Hour, 0, push.Retrying, min, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPolicy("consumer-a", min)
			p.random = func() float64 { return 0 }
			d := &delivery{job: job("a"), attempts: c.attempts, deliveries: 1, expiresAt: start.Add(c.expiresIn)}
			if c.until != 0 {
				d.retryUntil = start.Add(c.until)
			}
			c.outcome.Took = took
			s := p.decide(d, c.outcome, start, true)
			if s.status != c.status {
				t.Fatalf("status %s, want %s", s.status, c.status)
			}
			if c.status == push.Retrying && s.due.Sub(end) != c.wait {
				t.Errorf("waits %v, want %v", s.due.Sub(end), c.wait)
			}
			if s.tried != c.counts {
				t.Errorf("%d attempts, want %d", s.tried, c.counts)
			}
			if c.status != push.Sent && s.code != c.outcome.Code || c.status == push.Sent && s.code != "" {
				t.Errorf("error code %q", s.code)
			}
			if s.try != c.attempts+1 || !strings.HasPrefix(s.line, "2026-11-22T00:30:01.123Z consumer-a ") || !s.at.Equal(end) {
				t.Errorf("try %d at %v is %q", s.try, s.at, s.line)
			}
		})
	}
}

func TestTryLine(t *testing.T) {
	t.Parallel()
	p := newPolicy("consumer-a", 12*time.Second)
	p.random = func() float64 { return 0 }
	start := time.Date(2026, 11, 22, 0, 30, 1, 123e6, time.UTC)
	d := &delivery{job: job("a")}
	if got, want := p.decide(d, unavailable, start, true).line, "2026-11-22T00:30:01.123Z consumer-a 503 UNAVAILABLE took=31ms retry_in=12s"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := p.decide(d, push.Outcome{Code: push.CodeNoAnswer, Took: 15 * time.Second}, start, true).line, "2026-11-22T00:30:01.123Z consumer-a - NO_ANSWER took=15s retry_in=12s"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestJitterOnlyAdds(t *testing.T) {
	t.Parallel()
	p := newPolicy("a", time.Second)
	for _, o := range []push.Outcome{unavailable, {Code: push.CodeQuotaExceeded, RetryAfter: 7 * time.Second}, {Code: push.CodeCredential}} {
		p.random = func() float64 { return 0 }
		least := p.delay(o, 1, o.Code.Verdict() == push.VerdictHold)
		p.random = func() float64 { return 0.999 }
		if most := p.delay(o, 1, o.Code.Verdict() == push.VerdictHold); most <= least || most > least+least/5 {
			t.Errorf("%s: %v to %v", o.Code, least, most)
		}
	}
}

// Of very many tries the record keeps the first and the last.
func TestOldTriesMakeRoom(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	c := b.consumer(t, "a", nil)
	j := job("a")
	j.TTL = push.MaxTTL
	b.accept(t, j)
	now := time.Now()
	for range 40 {
		d := b.read(t, c, p, 1)
		if len(d) != 1 {
			t.Fatal("nothing to read")
		}
		b.settle(t, c, c.policy.decide(d[0], push.Outcome{Code: push.CodeUnavailable, HTTPStatus: 503}, now, true))
		b.rdb.HDel(t.Context(), p.Record("a"), "retry_until") // as if the hour were longer
		if _, err := promote(t.Context(), b.rdb, b.keys, now.Add(20*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	h := b.rdb.HGetAll(t.Context(), p.Record("a")).Val()
	for n := range 45 {
		_, ok := h["try."+strconv.Itoa(n)]
		if want := n >= 1 && n <= triesAtStart || n > 20 && n <= 40; ok != want {
			t.Errorf("try.%d is there: %v, want %v", n, ok, want)
		}
	}
	if h["attempts"] != "40" || h["deliveries"] != "40" {
		t.Errorf("attempts %s, deliveries %s", h["attempts"], h["deliveries"])
	}
}

// What FCM repeats of a push does not get into its result.
func TestResultWithoutThePush(t *testing.T) {
	t.Parallel()
	j := push.Job{DeviceID: "a-device-token", MsgTitle: "홍길동님 체결", Data: map[string]string{"account": "110-222-333444"}}
	for detail, want := range map[string]string{
		`invalid value "홍길동님 체결"`:                 `INVALID_ARGUMENT: invalid value "…"`,
		"token a-device-token, 110-222-333444":    "INVALID_ARGUMENT: token …, …",
		"tell admin@example.com":                  "INVALID_ARGUMENT: tell …",
		"message.token: not a registration token": "INVALID_ARGUMENT: message.token: not a registration token",
	} {
		if got := resultOf(&j, push.Outcome{Code: push.CodeInvalidArgument, Detail: detail}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
