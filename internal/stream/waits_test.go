package stream

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// limitedPhone is a played FCM that has had enough of one phone.
func limitedPhone(scope push.Scope) *counting {
	return &counting{then: func(_ context.Context, id string, _ int) push.Outcome {
		if strings.HasPrefix(id, "noisy") {
			return push.Outcome{Code: push.CodeQuotaExceeded, HTTPStatus: 429, Scope: scope, RetryAfter: 10 * time.Second}
		}
		return accepted
	}}
}

func noisy(n int) []push.Job {
	jobs := many("noisy", n)
	for i := range jobs {
		jobs[i].DeviceID = "one-phone"
	}
	return jobs
}

// One phone over its own limit: its pushes wait, without requests and attempts, and nobody
// else's do.
func TestNoisyPhone(t *testing.T) {
	t.Parallel()
	for _, scope := range []push.Scope{push.ScopeDevice, push.ScopeUnknown} {
		t.Run("scope "+string(scope), func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			fcm := limitedPhone(scope)
			one, _ := b.running(t, fcm, ConsumerOptions{Name: "one", Concurrency: 8})
			two, _ := b.running(t, fcm, ConsumerOptions{Name: "two", Concurrency: 8})
			b.accept(t, noisy(20)...)
			eventually(t, "the phone to wait", func() bool { return b.rdb.ZCard(t.Context(), waitsKey(b.keys, "default")).Val() == 1 })
			first := fcm.total()
			b.accept(t, many("other", 150)...)
			later := noisy(120)
			b.accept(t, later[20:]...)
			eventually(t, "the others to be sent", func() bool {
				counts, err := b.log.Counts(t.Context())
				return err == nil && counts[push.Sent] == 150
			})
			eventually(t, "the phone's to wait in the due set", func() bool { return b.rdb.ZCard(t.Context(), dueKey(b.keys.All()[0])).Val() == 120 })
			if one.Held() != nil || two.Held() != nil {
				t.Error("the project is held")
			}
			// What both had in hand when the first answer came.
			if requests := fcm.total() - 150; requests > first+16 {
				t.Errorf("%d requests for a phone that waits", requests)
			}
			r := b.get(t, later[119].ID)
			if r.Status != push.Retrying || r.Attempts != 0 || r.ErrorCode != push.CodeQuotaExceeded || len(r.Tries) != 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// A wait ends with its length, whatever Redis's clock does; and there are only so many.
func TestWaitsAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c := b.consumer(t, "c", nil)
	phone := job("a")
	c.noteWaits(t.Context(), []settlement{{delivery: toToken(phone.DeviceID), tokenWait: time.Minute}})
	hash := toToken(phone.DeviceID).tokenHash()
	b.rdb.ZAdd(t.Context(), waitsKey(b.keys, "default"), redis.Z{Score: float64(time.Now().Add(10 * time.Minute).UnixMilli()), Member: hash})
	d := toToken(phone.DeviceID)
	if err := c.askWaits(t.Context(), []*delivery{d}); err != nil || d.waits > time.Minute || d.waits < 50*time.Second {
		t.Errorf("waits %v, %v", d.waits, err)
	}
	var many []settlement
	for i := range 300 {
		many = append(many, settlement{delivery: toToken(fmt.Sprint("x", i)), tokenWait: time.Second})
	}
	if _, err := run(t.Context(), b.rdb, call{addWaitsScript, []string{waitsKey(b.keys, "default"), waitLengthsKey(b.keys, "default")}, []any{100}}); err != nil {
		t.Fatal(err)
	}
	for _, s := range many {
		if _, err := run(t.Context(), b.rdb, call{addWaitsScript, []string{waitsKey(b.keys, "default"), waitLengthsKey(b.keys, "default")},
			[]any{100, s.tokenHash(), 60_000}}); err != nil {
			t.Fatal(err)
		}
	}
	if n, m := b.rdb.ZCard(t.Context(), waitsKey(b.keys, "default")).Val(), b.rdb.HLen(t.Context(), waitLengthsKey(b.keys, "default")).Val(); n > 100 || n != m {
		t.Errorf("%d wait, with %d lengths", n, m)
	}
	if ttl := b.rdb.PTTL(t.Context(), waitsKey(b.keys, "default")).Val(); ttl <= 0 || ttl > time.Minute {
		t.Errorf("TTL %v", ttl)
	}
}

// A push that would end before its phone's wait does is tried once more just before.
func TestWaitIsNotThePushsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{then: func(_ context.Context, _ string, n int) push.Outcome {
		if n == 1 {
			return push.Outcome{Code: push.CodeQuotaExceeded, HTTPStatus: 429, Scope: push.ScopeDevice, RetryAfter: time.Hour}
		}
		return accepted
	}}
	_, _ = b.running(t, fcm, ConsumerOptions{})
	short := job("short")
	short.TTL = 4
	b.accept(t, short)
	eventually(t, "it to be terminal", func() bool { return b.terminal(t) })
	if r := b.get(t, "short"); r.Status != push.Sent || fcm.total() != 2 {
		t.Errorf("%+v, %d requests", r, fcm.total())
	}
}

// One push that a filter refuses fails after three refusals; it holds nobody, and no
// worker steps back.
func TestRefusedPushFails(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{then: func(_ context.Context, id string, _ int) push.Outcome {
		if strings.HasPrefix(id, "blocked") {
			return push.Outcome{Code: push.CodePermission, HTTPStatus: 403, Detail: "HTTP 403"}
		}
		return accepted
	}}
	o := ConsumerOptions{Concurrency: 8, RetryMinDelay: 50 * time.Millisecond}
	o.Name = "one"
	one, _ := b.running(t, fcm, o)
	o.Name = "two"
	two, _ := b.running(t, fcm, o)
	b.accept(t, job("blocked"))
	n := 0
	eventually(t, "it to fail", func() bool {
		n++
		b.accept(t, job(fmt.Sprint("other-", n)))
		if one.SteppedBack() != nil || two.SteppedBack() != nil || one.Held() != nil || two.Held() != nil {
			t.Fatal("one push stops others")
		}
		return b.get(t, "blocked").Status == push.Failed
	})
	r := b.get(t, "blocked")
	if r.ErrorCode != push.CodePermission || r.Attempts != 3 || fcm.of("blocked") > 4 || fcm.of("blocked") < 3 {
		t.Errorf("%+v, %d requests", r, fcm.of("blocked"))
	}
	eventually(t, "the others to be sent", func() bool { return b.terminal(t) })
}

// While nobody else gets through, it is not known whose trouble it is: no try counts.
func TestRefusedAloneIsUnclear(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{then: func(context.Context, string, int) push.Outcome {
		return push.Outcome{Code: push.CodePermission, HTTPStatus: 403}
	}}
	c, _ := b.running(t, fcm, ConsumerOptions{RetryMinDelay: 20 * time.Millisecond})
	b.accept(t, job("blocked"))
	eventually(t, "some tries", func() bool { return fcm.total() >= 8 })
	if r := b.get(t, "blocked"); r.Attempts != 0 || r.Status == push.Failed || c.Held() != nil {
		t.Errorf("%+v, held %v", r, c.Held())
	}
}
