package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

var unregistered = push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404, Detail: "Requested entity was not found."}

// sendAll hands pushes in and waits for their ends.
func (b *bundle) sendAll(t *testing.T, jobs ...push.Job) {
	t.Helper()
	b.accept(t, jobs...)
	eventually(t, "every push is terminal", func() bool { return b.terminal(t) })
}

// to is a push to a token.
func to(token, id string) push.Job {
	j := job(id)
	j.DeviceID = token
	return j
}

// remembered waits until so many tokens of a project are on the list, and returns them.
func (b *bundle) remembered(t *testing.T, project string, n int) []SuppressedToken {
	t.Helper()
	var tokens []SuppressedToken
	eventually(t, fmt.Sprintf("%d tokens of %s to be remembered", n, project), func() bool {
		list, total, err := NewControl(b.rdb, b.keys).SuppressedTokens(t.Context(), project, 1, 100)
		tokens = list
		return err == nil && int(total) == n
	})
	return tokens
}

// A token that FCM called dead costs no further request, until somebody says
// that it lives.
func TestDeadTokens(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	control := NewControl(b.rdb, b.keys)
	const dead, bad, wrong, good = "token-dead", "token-bad", "token-wrong", "token-good"
	fcm := &counting{then: func(_ context.Context, id string, _ int) push.Outcome {
		switch {
		case strings.HasPrefix(id, "dead"):
			return unregistered
		case strings.HasPrefix(id, "wrong"):
			return push.Outcome{Code: push.CodeInvalidArgument, HTTPStatus: 400, Detail: push.BlamesToken + "not a token"}
		case strings.HasPrefix(id, "bad"):
			return push.Outcome{Code: push.CodeInvalidArgument, HTTPStatus: 400, Detail: "message.data: too long"}
		}
		return accepted
	}}
	_, stop := b.running(t, fcm, ConsumerOptions{})
	defer stop()
	send := func(n string) {
		t.Helper()
		b.sendAll(t, to(dead, "dead-"+n), to(bad, "bad-"+n), to(wrong, "wrong-"+n), to(good, "good-"+n))
	}
	send("1")
	hash := pushlog.TokenHash(dead)
	b.remembered(t, "default", 2)
	one, err := control.SuppressedToken(t.Context(), "default", hash)
	if err != nil || one.Project != "default" || one.Code != push.CodeUnregistered || one.Push != "dead-1" ||
		time.Since(parseStamp(one.At)) > time.Minute || !parseStamp(one.AskAt).Equal(parseStamp(one.At).Add(recheckAfter)) {
		t.Errorf("%+v, %v", one, err)
	}
	send("2")
	for _, id := range []string{"dead-2", "wrong-2"} {
		if r := b.get(t, id); r.Status != push.Failed || r.ErrorCode != push.CodeSuppressed || r.Attempts != 0 || len(r.Tries) != 0 || fcm.of(id) != 0 {
			t.Errorf("%d requests, record %+v", fcm.of(id), r)
		}
	}
	if r := b.get(t, "dead-2"); !strings.Contains(r.Result, "UNREGISTERED on "+one.At) || !strings.Contains(r.Result, "asked again from "+one.AskAt) {
		t.Error(r.Result)
	}
	if fcm.of("bad-2") != 1 || fcm.of("good-2") != 1 {
		t.Error("a token that is not to blame is suppressed")
	}
	if err := control.ForgetToken(t.Context(), "default", hash); err != nil {
		t.Fatal(err)
	}
	if err := control.ForgetToken(t.Context(), "default", hash); !errors.Is(err, ErrNoToken) {
		t.Errorf("forgotten twice: %v", err)
	}
	if _, err := control.SuppressedToken(t.Context(), "default", hash); !errors.Is(err, ErrNoToken) {
		t.Error(err)
	}
	b.sendAll(t, to(dead, "dead-3"))
	if fcm.of("dead-3") != 1 {
		t.Error("it is still suppressed")
	}
}

// A wrong project or account answers SENDER_ID_MISMATCH for every token. Once it is
// right again, all of them get their pushes.
func TestMismatchIsNotRemembered(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	var wrong atomic.Bool
	wrong.Store(true)
	fcm := senderFunc(func(context.Context, *push.Job) push.Outcome {
		if wrong.Load() {
			return push.Outcome{Code: push.CodeSenderIDMismatch, HTTPStatus: 403}
		}
		return accepted
	})
	_, stop := b.running(t, fcm, ConsumerOptions{})
	defer stop()
	b.sendAll(t, to("token", "a"))
	wrong.Store(false)
	b.sendAll(t, to("token", "b"))
	if r := b.get(t, "b"); r.Status != push.Sent {
		t.Errorf("%+v", r)
	}
	if _, err := NewControl(b.rdb, b.keys).Redrive(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first one is sent, too", func() bool { return b.get(t, "a").Status == push.Sent })
	b.remembered(t, "default", 0)
}

// What one project calls dead says nothing for another.
func TestDeadTokensOfAnotherProject(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	calls := atomic.Int64{}
	_, stop := b.running(t, senderFunc(func(context.Context, *push.Job) push.Outcome { return unregistered }), ConsumerOptions{Project: "one"})
	b.sendAll(t, to("token", "a"))
	b.remembered(t, "one", 1)
	stop()
	if before, err := NewControl(b.rdb, b.keys).SetProject(t.Context(), "two"); err != nil || before != "one" {
		t.Fatal(before, err)
	}
	_, stop = b.running(t, senderFunc(func(context.Context, *push.Job) push.Outcome { calls.Add(1); return accepted }), ConsumerOptions{Project: "two"})
	defer stop()
	b.sendAll(t, to("token", "b"))
	if b.get(t, "b").Status != push.Sent || calls.Load() != 1 {
		t.Errorf("%+v", b.get(t, "b"))
	}
	b.remembered(t, "two", 0)
	b.remembered(t, "one", 1)
}

// One push a day to a dead token asks FCM again, and no more; an accepted one takes the
// token off the list.
func TestDeadTokenIsAskedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	var lives atomic.Bool
	fcm := &counting{then: func(context.Context, string, int) push.Outcome {
		if lives.Load() {
			return accepted
		}
		return unregistered
	}}
	_, stop := b.running(t, fcm, ConsumerOptions{})
	defer stop()
	hash := pushlog.TokenHash("token")
	several := func(n string) []push.Job {
		return []push.Job{to("token", "x"+n), to("token", "y"+n), to("token", "z"+n)}
	}
	asked := func(n string) int { return fcm.of("x"+n) + fcm.of("y"+n) + fcm.of("z"+n) }
	b.sendAll(t, to("token", "first"))
	b.remembered(t, "default", 1)
	b.sendAll(t, several("1")...)
	if asked("1") != 0 {
		t.Errorf("%d asked on the same day", asked("1"))
	}
	b.ageToken(t, hash, recheckAfter)
	b.sendAll(t, several("2")...)
	if asked("2") != 1 {
		t.Errorf("%d asked after a day, want 1", asked("2"))
	}
	eventually(t, "FCM's newest word is on the list", func() bool {
		one, err := NewControl(b.rdb, b.keys).SuppressedToken(t.Context(), "default", hash)
		return err == nil && one.Push != "first" && time.Since(parseStamp(one.At)) < time.Hour
	})
	b.sendAll(t, several("3")...)
	if asked("3") != 0 {
		t.Errorf("%d asked on the same day", asked("3"))
	}
	lives.Store(true)
	b.ageToken(t, hash, recheckAfter)
	b.sendAll(t, to("token", "again"))
	if b.get(t, "again").Status != push.Sent {
		t.Errorf("%+v", b.get(t, "again"))
	}
	b.remembered(t, "default", 0)
	b.sendAll(t, several("4")...)
	if asked("4") != 3 {
		t.Errorf("%d were sent after FCM accepted one, want 3", asked("4"))
	}
	if n := b.rdb.Exists(t.Context(), suppressedKey(b.keys, "default"), suppressedWhyKey(b.keys, "default")).Val(); n != 0 {
		t.Error("the list leaves something behind")
	}
}

// ageToken makes FCM's word on a token older.
func (b *bundle) ageToken(t *testing.T, hash string, by time.Duration) {
	t.Helper()
	list, why := suppressedKey(b.keys, "default"), suppressedWhyKey(b.keys, "default")
	text := strings.Fields(b.rdb.HGet(t.Context(), why, hash).Val())
	if len(text) < 3 {
		t.Fatalf("%q is not on the list: %q", hash, text)
	}
	b.rdb.ZIncrBy(t.Context(), list, -float64(by.Milliseconds()), hash)
	b.rdb.HSet(t.Context(), why, hash, fmt.Sprintf("%s %s %d", text[0], text[1], number(text[2])-by.Milliseconds()))
}

// The push that asks still may when another consumer gets it; and a day that was written
// by a clock since set back is no longer than a day.
func TestReask(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c := b.consumer(t, "c", nil)
	dead := func(id string) *delivery { return &delivery{job: to("token", id)} }
	hash := pushlog.TokenHash("token")
	c.suppressTokens(t.Context(), []settlement{{delivery: dead("a"), code: push.CodeUnregistered, at: time.Now(), deadToken: true}})
	asks := func(id string) bool {
		t.Helper()
		d := dead(id)
		c.suppress(t.Context(), []*delivery{d})
		if !d.listed {
			t.Errorf("%s: not on the list", id)
		}
		return d.suppressed == ""
	}
	if asks("b") {
		t.Error("asked on the same day")
	}
	b.ageToken(t, hash, recheckAfter)
	for range 2 {
		if !asks("b") {
			t.Error("the first one does not ask")
		}
		if asks("c") {
			t.Error("a second one asks")
		}
	}
	why := suppressedWhyKey(b.keys, "default")
	b.rdb.HSet(t.Context(), why, hash, fmt.Sprintf("UNREGISTERED a %d", time.Now().Add(1000*recheckAfter).UnixMilli()))
	d := dead("d")
	c.suppress(t.Context(), []*delivery{d})
	_, until, _ := strings.Cut(d.suppressed, "from ")
	if until, _, _ = strings.Cut(until, " "); parseStamp(until).IsZero() || parseStamp(until).After(time.Now().Add(recheckAfter+time.Minute)) {
		t.Errorf("%q: %s", d.suppressed, until)
	}
	// Whatever somebody wrote there by hand, or lost.
	for _, text := range []string{"", "UNREGISTERED", "x y z", "a b c d e"} {
		b.rdb.HSet(t.Context(), why, hash, text)
		if n := fmt.Sprint(len(text)); !asks("e"+n) || asks("f"+n) {
			t.Errorf("%q: not one of two asks", text)
		}
	}
	// After thirty days it is sent as others are, and leaves the list with the next word.
	b.rdb.ZAddXX(t.Context(), suppressedKey(b.keys, "default"), redis.Z{Score: float64(time.Now().Add(-suppressFor - time.Minute).UnixMilli()), Member: hash})
	if !asks("f") {
		t.Error("it is suppressed for ever")
	}
	c.suppressTokens(t.Context(), []settlement{{delivery: &delivery{job: job("x")}, code: push.CodeUnregistered, at: time.Now(), deadToken: true}})
	if n := b.rdb.HLen(t.Context(), why).Val(); n != 1 || b.rdb.ZCard(t.Context(), suppressedKey(b.keys, "default")).Val() != 1 {
		t.Errorf("%d are remembered", n)
	}
}

// A push that a person redrives asks FCM, also if its first try did not get through.
func TestRedriveAsksAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	fcm := &counting{then: func(_ context.Context, id string, n int) push.Outcome {
		switch {
		case id == "first":
			return unregistered
		case n == 1:
			return unavailable
		}
		return accepted
	}}
	_, stop := b.running(t, fcm, ConsumerOptions{RetryMinDelay: time.Millisecond})
	defer stop()
	b.sendAll(t, to("token", "first"))
	b.remembered(t, "default", 1)
	b.sendAll(t, to("token", "second"))
	if r := b.get(t, "second"); r.ErrorCode != push.CodeSuppressed {
		t.Fatalf("%+v", r)
	}
	if changes, err := NewControl(b.rdb, b.keys).Redrive(t.Context(), "second"); err != nil || changes[0] != ChangeQueued {
		t.Fatal(changes, err)
	}
	eventually(t, "it is sent", func() bool { return b.get(t, "second").Status == push.Sent })
	b.remembered(t, "default", 0)
}

// FCM's older word does not count against its newer one.
func TestForgiveByTime(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c := b.consumer(t, "c", nil)
	d := &delivery{job: to("token", "a"), listed: true}
	now := time.Now()
	c.suppressTokens(t.Context(), []settlement{{delivery: d, code: push.CodeUnregistered, at: now, deadToken: true}})
	c.suppressTokens(t.Context(), []settlement{{delivery: d, status: push.Sent, at: now.Add(-time.Minute)}})
	b.remembered(t, "default", 1)
	c.suppressTokens(t.Context(), []settlement{{delivery: d, code: push.CodeInvalidArgument, at: now.Add(-time.Minute), deadToken: true}})
	if one := b.remembered(t, "default", 1)[0]; one.Code != push.CodeUnregistered {
		t.Errorf("%+v", one)
	}
	c.suppressTokens(t.Context(), []settlement{{delivery: d, status: push.Sent, at: now.Add(time.Minute)}})
	b.remembered(t, "default", 0)
	var hashes []string
	for i := range 1200 {
		one := &delivery{job: to(fmt.Sprint("token-", i), "a")}
		hashes = append(hashes, one.tokenHash())
		c.suppressTokens(t.Context(), []settlement{{delivery: one, code: push.CodeUnregistered, at: now, deadToken: true}})
	}
	if n, err := restore(t.Context(), b.rdb, b.keys, c.opt.Project, append(hashes, "0123456789abcdef0123456789abcdef")); n != 1200 || err != nil {
		t.Error(n, err)
	}
}

// The list of the version before, which was one for all projects, is taken over: what
// FCM said of the tokens themselves.
func TestDeadTokensOfTheVersionBefore(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for i := range 250 {
		code := "UNREGISTERED"
		if i%2 == 1 {
			code = "SENDER_ID_MISMATCH"
		}
		hash := pushlog.TokenHash(fmt.Sprint("token-", i))
		b.rdb.ZAdd(t.Context(), "push:{dead}:tokens", redis.Z{Score: float64(at.UnixMilli()), Member: hash})
		b.rdb.HSet(t.Context(), "push:{dead}:why", hash, code+" old-"+fmt.Sprint(i))
	}
	b.rdb.ZAdd(t.Context(), "push:{dead}:tokens", redis.Z{Score: float64(at.UnixMilli()), Member: "without a reason"})
	b.rdb.HSet(t.Context(), "push:{dead}:why", "without a place", "UNREGISTERED x")
	fcm := &counting{}
	_, stop := b.running(t, fcm, ConsumerOptions{Project: "p"})
	defer stop()
	eventually(t, "the old keys are gone", func() bool {
		return b.rdb.Exists(t.Context(), "push:{dead}:tokens", "push:{dead}:why").Val() == 0
	})
	b.remembered(t, "p", 125)
	one, err := NewControl(b.rdb, b.keys).SuppressedToken(t.Context(), "p", pushlog.TokenHash("token-4"))
	if err != nil || one.Push != "old-4" || one.Code != push.CodeUnregistered || one.At != stamp(at) || one.AskAt != stamp(at.Add(recheckAfter)) {
		t.Errorf("%+v, %v", one, err)
	}
	b.sendAll(t, to("token-0", "a"), to("token-1", "b"))
	if b.get(t, "a").ErrorCode != push.CodeSuppressed || b.get(t, "b").Status != push.Sent {
		t.Errorf("%+v %+v", b.get(t, "a"), b.get(t, "b"))
	}
}
