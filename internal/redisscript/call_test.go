package redisscript

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redistest"
)

// A call with another number of values fails, and Redis is not asked: here there is none.
func TestCallChecksValues(t *testing.T) {
	t.Parallel()
	l := library(map[string]string{
		"each": "-- KEYS  a, b\n-- ARGV  x\n-- EACH  p, q\nreturn 1\n",
		"rest": "-- KEYS  a\n-- ARGV  x\n-- REST  p\nreturn 1\n",
		"more": "-- KEYS  a, b...\nreturn #KEYS\n",
		"wide": "-- KEYS  a\n-- EACH  p, q...\nreturn ARGV[first + P] .. ARGV[first + Q + 2] .. step\n",
	})
	each := l.Load("each", Writes, Names{Keys: "a b", Args: "x", Each: "p q"})
	rest := l.Load("rest", Writes, Names{Keys: "a", Args: "x", Rest: "p"})
	more := l.Load("more", Writes, Names{Keys: "a b..."})
	wide := l.Load("wide", Writes, Names{Keys: "a", Each: "p q...", Width: 3})
	rdb := redistest.New(t).Client(t)
	nowhere := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1})
	defer nowhere.Close()
	keys := []string{"{0}:a", "{0}:b"}
	for _, tc := range []struct {
		name string
		call Call
		want string
	}{
		{"a key too few", each.Call(keys[:1], 1), "script each: called with 1 keys, it takes 2"},
		{"a key too many", each.Call(append(keys[:2:2], "{0}:c"), 1), "called with 3 keys"},
		{"no value", each.Call(keys), "called with 0 values, it takes 1"},
		{"half an item", each.Call(keys, 1, 2), `called with 1 values after the first 1, each item has 2: ["p" "q"]`},
		{"an item and a half", each.Call(keys, 1, 2, 3, 4), "called with 3 values after the first 1"},
		{"a wide item too short", wide.Call(keys[:1], 1, 2, 3), `each item has 4`},
		{"too many items", each.Call(keys, make([]any, 203)...), "called with 101 items, it takes 100 at most"},
		{"values of none", more.Call(keys, 1), "called with 1 values, it takes 0"},
		{"two slots", each.Call([]string{"{0}:a", "{1}:b"}, 1), "keys of two slots: {0}:a and {1}:b"},
		{"no tags", each.Call([]string{"a", "b"}, 1), "keys of two slots"},
		{"none of many", more.Call(nil), "called with 0 keys"},
	} {
		if _, err := Run(t.Context(), nowhere, rest.Call(keys[:1], 1), tc.call); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	hundred := append([]any{1}, make([]any, 200)...)
	for i := range hundred {
		hundred[i] = i
	}
	answers, err := Run(t.Context(), rdb, each.Call(keys, hundred...), each.Call(keys, 1), rest.Call(keys[:1], hundred...), rest.Call(keys[:1], 1), more.Call(keys[:1]),
		more.Call(append(keys[:2:2], "{0}:c")), wide.Call(keys[:1], 1, 2, 3, 4))
	if fmt.Sprint(answers) != "[1 1 1 1 1 3 144]" || err != nil {
		t.Error(answers, err)
	}
	if got, err := Run(t.Context(), nowhere); len(got) != 0 || err != nil {
		t.Error("no calls:", got, err)
	}
}

// Items of several scripts and keys go into as few calls as may be, and each gets its own
// answer; scripts that Redis forgot are sent whole.
func TestBatch(t *testing.T) {
	t.Parallel()
	rdb := redistest.New(t).Client(t)
	double := "-- KEYS  key\n-- ARGV  times\n-- EACH  n\nlocal answers = {}\nfor i = first, #ARGV, step do answers[#answers + 1] = ARGV[i + N] * times end\nreturn answers\n"
	l := library(map[string]string{"a": double, "b": double, "count": "-- KEYS  key\n-- EACH  n\nreturn #ARGV\n"})
	names := Names{Keys: "key", Args: "times", Each: "n"}
	a, b, count := l.Load("a", Writes, names), l.Load("b", Writes, names), l.Load("count", Writes, Names{Keys: "key", Each: "n"})
	for round := range 2 {
		var batch Batch[int]
		shared := make([]any, 1, 10) // heads must not write into each other
		shared[0] = 2
		for i := range 250 {
			batch.Add(a.Call([]string{"x"}, shared...), i, i)
			batch.Add(b.Call([]string{"x"}, 3), -i, i)
			batch.Add(a.Call([]string{"y"}, shared...), i, i)
			batch.Add(count.Call([]string{"x"}), 1000, i)
		}
		if len(batch.calls) != 12 {
			t.Error(len(batch.calls), "calls")
		}
		if err := batch.Run(t.Context(), rdb); err != nil {
			t.Fatal(err)
		}
		seen := 0
		for i, answer := range batch.Answers() {
			want := any(int64(2 * i))
			if i < 0 {
				want = int64(-3 * i)
			}
			if i == 1000 {
				want = nil
			}
			if answer != want && i != 0 {
				t.Fatalf("round %d: %d got %v, want %v", round, i, answer, want)
			}
			seen++
		}
		if seen != 1000 {
			t.Error(seen, "answers")
		}
		if err := rdb.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// One call that fails fails alone, and the answers of the others are there.
func TestRunPartly(t *testing.T) {
	t.Parallel()
	rdb := redistest.New(t).Client(t)
	l := library(map[string]string{
		"ok":  "-- KEYS  key\nreturn 1\n",
		"bad": "-- KEYS  key\nreturn redis.call('INCR', key)\n",
		"nil": "-- KEYS  key\nreturn false\n",
	})
	ok, bad, none := l.Load("ok", Writes, Names{Keys: "key"}), l.Load("bad", Writes, Names{Keys: "key"}), l.Load("nil", Writes, Names{Keys: "key"})
	rdb.Set(t.Context(), "k", "text", 0)
	answers, err := Run(t.Context(), rdb, ok.Call([]string{"k"}), bad.Call([]string{"k"}), none.Call([]string{"k"}), ok.Call([]string{"k"}))
	if err == nil {
		answers, err = Run(t.Context(), rdb, ok.Call([]string{"k"}), bad.Call([]string{"k"}), none.Call([]string{"k"}), ok.Call([]string{"k"}))
	}
	if fmt.Sprint(answers) != "[1 <nil> <nil> 1]" || err == nil || !strings.Contains(err.Error(), "not an integer") {
		t.Error(answers, err)
	}
	if got, err := none.Run(t.Context(), rdb, []string{"k"}); got != nil || err != nil {
		t.Error(got, err)
	}
}
