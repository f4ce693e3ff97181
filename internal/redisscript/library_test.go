package redisscript

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"pushstream/internal/redistest"
)

const setAll = `-- set_all: values are written.
--
-- KEYS  hash, other (not used, and
--       told so in two lines)
-- ARGV  prefix, suffix ('' for none)
-- EACH  name, value
-- include: text
-- Returns for each what was written.
local answers = {}
for i = first, #ARGV, step do
  local text = join(prefix, ARGV[i + VALUE], suffix)
  redis.call('HSET', hash, ARGV[i + NAME], text)
  answers[#answers + 1] = text
end
return answers
`

var joinText = "-- text: texts.\n-- include: deeper\n\nlocal function join(...) return glue({ ... }) end\n"
var deeper = "-- deeper: it includes what includes it.\n-- include: text\n\nlocal function glue(list)\n  return table.concat(list)\nend\n"

// What a caller names and the head of the file does not say, fails when it is loaded.
func TestLoadChecksNames(t *testing.T) {
	t.Parallel()
	l := library(map[string]string{"set_all": setAll, "include/text": joinText, "include/deeper": deeper})
	good := Names{Keys: "hash other", Args: "prefix suffix", Each: "name value"}
	if _, err := l.load("set_all", Writes, good); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		names Names
		want  string
	}{
		"another key":        {Names{Keys: "hash others", Args: "prefix suffix", Each: "name value"}, `KEYS: the caller names ["hash" "others"], the head of the file ["hash" "other"]`},
		"a key too few":      {Names{Keys: "hash", Args: "prefix suffix", Each: "name value"}, "KEYS"},
		"another order":      {Names{Keys: "hash other", Args: "suffix prefix", Each: "name value"}, "ARGV"},
		"one too many":       {Names{Keys: "hash other", Args: "prefix suffix extra", Each: "name value"}, "ARGV"},
		"items forgotten":    {Names{Keys: "hash other", Args: "prefix suffix"}, "EACH"},
		"an item too short":  {Names{Keys: "hash other", Args: "prefix suffix", Each: "name"}, "EACH"},
		"rest for each":      {Names{Keys: "hash other", Args: "prefix suffix", Rest: "name value"}, "EACH"},
		"both":               {Names{Keys: "hash other", Args: "prefix suffix", Each: "name value", Rest: "x"}, "both"},
		"a width of nothing": {Names{Keys: "hash other", Args: "prefix suffix", Each: "name value", Width: 2}, "width"},
		"no width":           {Names{Keys: "hash other", Args: "prefix suffix", Each: "name value..."}, "width"},
		"no key":             {Names{Args: "prefix suffix", Each: "name value"}, "no key"},
	} {
		if _, err := l.load("set_all", Writes, tc.names); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "set_all.lua") {
			t.Errorf("%s: %v", name, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Load did not panic")
		}
	}()
	l.Load("set_all", Writes, Names{Keys: "hash"})
}

// Files that can't be right are errors when they are loaded.
func TestLoadChecksFiles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no file":               {nil, "lua/a.lua"},
		"no name":               {map[string]string{"a": "-- KEYS  k\n-- ARGV  two words\n"}, `"two words" is no name`},
		"an empty name":         {map[string]string{"a": "-- KEYS  k,\n-- ARGV  x\n"}, `"" is no name`},
		"said twice":            {map[string]string{"a": "-- KEYS  k\n-- KEYS  k\n"}, "KEYS twice"},
		"nothing to include":    {map[string]string{"a": "-- KEYS  k\n-- ARGV  x\n-- include: none\n"}, `"none"`},
		"a name of a function":  {map[string]string{"a": "-- KEYS  k\n-- ARGV  x\n-- include: i\n", "include/i": "local function x() end\n"}, "x means two things"},
		"a name of the prelude": {map[string]string{"a": "-- KEYS  first\n-- ARGV  x\n"}, "first means two things"},
		"a shadowed key":        {map[string]string{"a": "-- KEYS  k\n-- ARGV  x\nlocal a, k = 1, redis.call('GET', k)\n"}, "declares k"},
		"a key shadowed within": {map[string]string{"a": "-- KEYS  k\n-- ARGV  x\nif x then\n  local k = redis.call('GET', k)\nend\n"}, "declares k"},
		"a key shadowed by for": {map[string]string{"a": "-- KEYS  k\n-- ARGV  x\nfor _, k in ipairs({}) do end\n"}, "declares k"},
		"a shadowed function":   {map[string]string{"a": "-- KEYS  k\n-- ARGV  x\nlocal function x() end\n"}, "declares x"},
		"a key like an arg":     {map[string]string{"a": "-- KEYS  x\n-- ARGV  x\n"}, "x means two things"},
	} {
		names := Names{Keys: "k", Args: "x"}
		if strings.Contains(name, "prelude") {
			names.Keys = "first"
		} else if strings.Contains(name, "like an arg") {
			names.Keys = "x"
		}
		if _, err := library(tc.files).load("a", Writes, names); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Values reach the body under their names, for all items; included functions are there,
// each once, after what they need.
func TestNamesInBody(t *testing.T) {
	t.Parallel()
	rdb := redistest.New(t).Client(t)
	l := library(map[string]string{"set_all": setAll, "include/text": joinText, "include/deeper": deeper})
	s := l.Load("set_all", Writes, Names{Keys: "hash other", Args: "prefix suffix", Each: "name value"})
	for _, tc := range []struct {
		items []any
		want  string
	}{{nil, "[]"}, {[]any{"a", 1}, "[<1>]"}, {[]any{"a", 1, "b", "two"}, "[<1> <two>]"}} {
		got, err := s.Run(t.Context(), rdb, []string{"{0}:h", "{0}:o"}, append([]any{"<", ">"}, tc.items...)...)
		if err != nil || fmt.Sprint(got) != tc.want {
			t.Errorf("%v: %v %v", tc.items, got, err)
		}
	}
	if got := rdb.HGetAll(t.Context(), "{0}:h").Val(); fmt.Sprint(got) != "map[a:<1> b:<two>]" {
		t.Error(got)
	}
}

// A folder may use the included files of another, and its commands are known.
func TestIncludesOfAnotherFolder(t *testing.T) {
	t.Parallel()
	shared := fstest.MapFS{"lua/include/log.lua": {Data: []byte("-- log: a log.\n\nlocal function one() return redis.call('LPUSH', 'x', 'y') end\n\nlocal function write(k)\n  redis.call('RPUSH', k, 'x')\n  return redis.call('XGROUP', 'DESTROY', k)\nend\n\nlocal function unused(k)\n  redis.call('DEL', k)\nend\n")}}
	own := fstest.MapFS{"lua/a.lua": {Data: []byte("-- a: it writes.\n--\n-- KEYS  key\n-- include: log\nwrite(key)\nreturn redis.pcall('LLEN', key)\n")}}
	l := New("%d+", nil, own, shared)
	if _, err := l.load("a", Writes, Names{Keys: "key"}); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(l.Commands("a")); got != "[LLEN RPUSH XGROUP DESTROY]" {
		t.Error(got)
	}
	if got := fmt.Sprint(l.Scripts()); got != "[a]" {
		t.Error(got)
	}
}

// Out of memory, only what ends something runs; what writes nothing runs on a replica.
func TestModes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server := redistest.New(t)
	rdb := server.Client(t)
	l := library(map[string]string{
		"del":  "-- del: a key goes.\n--\n-- KEYS  key\nreturn redis.call('DEL', key)\n",
		"read": "-- read: a key.\n--\n-- KEYS  key\nreturn redis.call('EXISTS', key)\n",
	})
	writes, adds, reads := l.Load("del", Writes, Names{Keys: "key"}), l.Load("del", Adds, Names{Keys: "key"}), l.Load("read", Reads, Names{Keys: "key"})
	rdb.ConfigSet(ctx, "maxmemory", "1")
	if got, err := writes.Run(ctx, rdb, []string{"k"}); got != int64(0) || err != nil {
		t.Error("writes:", got, err)
	}
	if _, err := adds.Run(ctx, rdb, []string{"k"}); err == nil || !strings.HasPrefix(err.Error(), "OOM") {
		t.Error("adds:", err)
	}
	rdb.ConfigSet(ctx, "maxmemory", "0")
	rdb.ConfigSet(ctx, "min-replicas-to-write", "1")
	if got, err := reads.Run(ctx, rdb, []string{"k"}); got != int64(0) || err != nil {
		t.Error("reads:", got, err)
	}
	if _, err := writes.Run(ctx, rdb, []string{"k"}); err == nil || !strings.HasPrefix(err.Error(), "NOREPLICAS") {
		t.Error("writes without replicas:", err)
	}
}
