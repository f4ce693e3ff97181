package stream

import (
	"fmt"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// Suppressed tokens are forgotten by code, by time, or all, and no others.
func TestForgetTokens(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, control := b.consumer(t, "c", nil), NewControl(b.rdb, b.keys)
	now := time.Now()
	var dead []settlement
	for i := range 1500 {
		s := settlement{delivery: &delivery{job: to(fmt.Sprint("token-", i), "a")}, code: push.CodeUnregistered, at: now.Add(-time.Duration(i%3) * time.Hour), deadToken: true}
		if i%5 == 0 {
			s.code = push.CodeInvalidArgument
		}
		dead = append(dead, s)
	}
	c.suppressTokens(t.Context(), dead)
	check := func(f TokenFilter, want, left int64, hours int) {
		t.Helper()
		n, oldest, err := control.CountSuppressed(t.Context(), "default", f)
		since := now.Add(-time.Duration(hours) * time.Hour)
		if n != want || err != nil || want > 0 && oldest.UnixMilli() != since.UnixMilli() || want == 0 && !oldest.IsZero() {
			t.Errorf("%+v: %d are counted, want %d; the oldest since %v, want %v; %v", f, n, want, oldest, since, err)
		}
		if n, err := control.ForgetTokens(t.Context(), "default", f); n != want || err != nil {
			t.Errorf("%+v: %d are forgotten, want %d; %v", f, n, want, err)
		}
		if n := b.rdb.ZCard(t.Context(), suppressedKey(b.keys, "default")).Val(); n != left || b.rdb.HLen(t.Context(), suppressedWhyKey(b.keys, "default")).Val() != left {
			t.Errorf("%+v: %d are left, want %d", f, n, left)
		}
	}
	if n, err := control.ForgetTokens(t.Context(), "another", TokenFilter{}); n != 0 || err != nil {
		t.Error(n, err)
	}
	check(TokenFilter{Code: push.CodeInvalidArgument, Since: now.Add(-time.Minute)}, 100, 1400, 0)
	check(TokenFilter{Since: now.Add(-90 * time.Minute)}, 900, 500, 1)
	check(TokenFilter{Code: push.CodeInvalidArgument}, 100, 400, 2)
	check(TokenFilter{}, 400, 0, 2)
	check(TokenFilter{}, 0, 0, 0)
}

// What FCM says while tokens are being forgotten stays.
func TestForgetTokensLeavesWhatIsNew(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	c, control := b.consumer(t, "c", nil), NewControl(b.rdb, b.keys)
	one := settlement{delivery: &delivery{job: to("token", "a")}, code: push.CodeUnregistered, at: time.Now().Add(-time.Hour), deadToken: true}
	c.suppressTokens(t.Context(), []settlement{one})
	err := control.eachSuppressed(t.Context(), "default", TokenFilter{}, func(args []any) error {
		one.at = time.Now()
		c.suppressTokens(t.Context(), []settlement{one})
		_, err := run(t.Context(), b.rdb, call{restoreScript, []string{suppressedKey(b.keys, "default"), suppressedWhyKey(b.keys, "default")}, args})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.remembered(t, "default", 1)
}

// A token that the app hands in anew is asked for again, in the project of the store.
func TestRegistered(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	if n, err := b.producer.Registered(t.Context(), []string{"token"}); n != 0 || err != nil {
		t.Error(n, err)
	}
	c := NewConsumer(b.rdb, b.srv.Client(t), b.keys, nil, ConsumerOptions{Name: "c", Project: "one"})
	if err := CheckProject(t.Context(), b.rdb, b.keys, "one"); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"token", "other"} {
		c.suppressTokens(t.Context(), []settlement{{delivery: &delivery{job: to(token, "a")}, code: push.CodeUnregistered, at: time.Now(), deadToken: true}})
	}
	if n, err := b.producer.Registered(t.Context(), []string{"token", "good", "token"}); n != 1 || err != nil {
		t.Error(n, err)
	}
	if left := b.remembered(t, "one", 1); left[0].Hash != pushlog.TokenHash("other") {
		t.Errorf("%+v", left)
	}
}
