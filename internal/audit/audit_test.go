package audit

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"pushstream/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func setup(t *testing.T) (*Log, *redis.Client) {
	t.Helper()
	rdb := redistest.New(t).Client(t)
	return New(rdb, "push", Options{}), rdb
}

// pause is an entry of every field.
func pause() Entry {
	return Entry{Kind: User, Actor: "kim", Role: "operator", Address: "192.0.2.7", RequestID: "0123456789abcdef", Action: Pause,
		Subject: "consumer-1", Customer: "10023451", Reason: "점검", Details: map[string]string{"all": "no"}}
}

func begin(t *testing.T, l *Log, e Entry) string {
	t.Helper()
	id, err := l.Begin(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func list(t *testing.T, l *Log, q Query) Page {
	t.Helper()
	page, err := l.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func checkErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

func TestBeginEndList(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	id := begin(t, l, pause())
	if e := list(t, l, Query{}).Entries[0]; e.Outcome != Unknown || !e.EndedAt.IsZero() || e.Result != nil {
		t.Errorf("before its end: %+v", e)
	}
	if err := l.End(t.Context(), id, Partial, map[string]string{"paused": "1"}); err != nil {
		t.Fatal(err)
	}
	want := pause()
	want.ID, want.At, want.Outcome, want.Result = id, idTime(id), Partial, map[string]string{"paused": "1"}
	page := list(t, New(l.rdb, "push", Options{}), Query{})
	got := page.Entries[0]
	if took := got.EndedAt.Sub(got.At); took < 0 || took > time.Minute || time.Since(got.At).Abs() > time.Minute {
		t.Errorf("at %v, ended at %v", got.At, got.EndedAt)
	}
	want.EndedAt = got.EndedAt
	if !reflect.DeepEqual(got, want) || page.Next != "" || len(page.Entries) != 1 {
		t.Errorf("%+v, want %+v", page, want)
	}
}

func TestOutcomeOnce(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	id := begin(t, l, pause())
	for _, wrong := range []string{"", "x", "1-1", "0" + id, strings.Replace(id, "-", "-0", 1), "+", "(" + id, strings.Repeat("1", 100)} {
		checkErr(t, l.End(t.Context(), wrong, Done, nil), ErrNoEntry)
	}
	for _, wrong := range []Outcome{"", Unknown, "Done", "done {}"} {
		if err := l.End(t.Context(), id, wrong, nil); err == nil {
			t.Errorf("%q is an outcome", wrong)
		}
	}
	if n := rdb.HLen(t.Context(), "push:{audit}:outcomes").Val(); n != 0 {
		t.Errorf("%d outcomes", n)
	}
	for range 2 { // an answer may be lost
		if err := l.End(t.Context(), id, Done, map[string]string{"a": "1"}); err != nil {
			t.Error(err)
		}
	}
	checkErr(t, l.End(t.Context(), id, Failed, map[string]string{"a": "1"}), ErrEnded)
	checkErr(t, l.End(t.Context(), id, Done, nil), ErrEnded)
	if e := list(t, l, Query{}).Entries[0]; e.Outcome != Done || e.Result["a"] != "1" {
		t.Errorf("%+v", e)
	}
}

// The client repeats a script whose answer was lost.
func TestBegunTwice(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	fields, err := pause().fields()
	if err != nil {
		t.Fatal(err)
	}
	run := func(op string) string {
		answer, err := beginScript.Run(t.Context(), rdb, []string{l.keys.entries()}, append([]any{op}, fields...)...)
		if err != nil {
			t.Fatal(err)
		}
		return answer.(string)
	}
	first := run("a")
	begin(t, l, pause())
	if again := run("a"); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	if n := len(list(t, l, Query{}).Entries); n != 2 {
		t.Errorf("%d entries", n)
	}
}

// The outcome is written even if the caller has gone meanwhile.
func TestEndOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	id := begin(t, l, pause())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.End(ctx, id, Done, nil); err != nil {
		t.Error(err)
	}
	if _, err := l.Begin(ctx, pause()); !errors.Is(err, context.Canceled) {
		t.Errorf("begun although the caller has gone: %v", err)
	}
}

func TestUnknownWords(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	for _, change := range []func(*Entry){
		func(e *Entry) { e.Action = "" }, func(e *Entry) { e.Action = "destroy" },
		func(e *Entry) { e.Kind = "" }, func(e *Entry) { e.Kind = "alien" },
	} {
		e := pause()
		change(&e)
		if id, err := l.Begin(t.Context(), e); err == nil || id != "" {
			t.Errorf("%+v is an entry", e)
		}
	}
	if dump := redistest.Dump(t, rdb); len(dump) != 0 {
		t.Errorf("%v", dump)
	}
}

// However long and odd a text is, the entry is written, readable, and bounded.
func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	for _, huge := range []string{strings.Repeat("가", 1<<16), strings.Repeat("\xff\x00\n", 1<<16), strings.Repeat("e\u0301", 1<<16)} {
		e := Entry{Kind: User, Actor: huge, Role: huge, Address: huge, RequestID: huge, Action: Search, Subject: huge, Customer: huge, Reason: huge, Details: map[string]string{}}
		for i := range 100 {
			e.Details[fmt.Sprintf("%03d%s", i, huge)] = huge
		}
		id := begin(t, l, e)
		if err := l.End(t.Context(), id, Done, e.Details); err != nil {
			t.Fatal(err)
		}
		got := list(t, l, Query{Limit: 1}).Entries[0]
		for _, one := range []struct {
			text string
			most int
		}{{got.Actor, 128}, {got.Role, 128}, {got.Address, 64}, {got.RequestID, 64}, {got.Subject, 2000}, {got.Customer, 128}, {got.Reason, 1000}, {got.Details["000"+got.Reason[:0]], 500}} {
			if n := utf8.RuneCountInString(one.text); n > one.most || !utf8.ValidString(one.text) || strings.ContainsAny(one.text, "\x00\n") || n > 0 && !strings.HasSuffix(one.text, "…") {
				t.Errorf("%d characters: %.20q", n, one.text)
			}
		}
		if len(got.Details) != maxDetails || len(got.Result) != maxDetails {
			t.Errorf("%d and %d details", len(got.Details), len(got.Result))
		}
	}
	if used := rdb.MemoryUsage(t.Context(), "push:{audit}:entries").Val(); used > 500_000 {
		t.Errorf("three entries take %d bytes", used)
	}
}

func TestSecretsByMistake(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	secret := "pst_" + strings.Repeat("aB3_-", 9)
	e := pause()
	e.Subject, e.Reason, e.Details = "key "+secret, secret, map[string]string{"authorization": "Bearer psk_" + secret[4:]}
	id := begin(t, l, e)
	if err := l.End(t.Context(), id, Failed, map[string]string{"error": "no " + secret}); err != nil {
		t.Fatal(err)
	}
	for key, content := range redistest.Dump(t, rdb) {
		if strings.Contains(content, secret[4:]) {
			t.Errorf("%s has it: %s", key, content)
		}
	}
}

// What is not ours, such as an entry by hand, is shown as far as it can be.
func TestByHand(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: "push:{audit}:entries", ID: "5-1", Values: []string{"note", "hello", "details", "{"}})
	rdb.HSet(t.Context(), "push:{audit}:outcomes", "5-1", "")
	page := list(t, l, Query{})
	if want := (Entry{ID: "5-1", At: time.UnixMilli(5).UTC()}); !reflect.DeepEqual(page.Entries, []Entry{want}) {
		t.Errorf("%+v", page)
	}
	begin(t, l, pause())
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	l, rdb := setup(t)
	id := begin(t, l, pause())
	rdb.Close()
	_, begun := l.Begin(t.Context(), pause())
	_, listed := l.List(t.Context(), Query{})
	_, trimmed := l.Trim(t.Context())
	for i, err := range []error{begun, listed, trimmed, l.End(t.Context(), id, Done, nil), l.Each(t.Context(), Query{}, nil)} {
		checkErr(t, err, redis.ErrClosed)
		if err == nil {
			t.Error(i)
		}
	}
}
