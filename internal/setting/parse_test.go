package setting

import (
	"bytes"
	"strings"
	"testing"
)

type doIt struct{ Twice bool }

type knobs struct {
	Common
	Name string `env:"PARSE_TEST_NAME" default:"nobody" help:"A name."`
	Run  doIt   `cmd:"" help:"Do it."`
}

func parse(args ...string) (k knobs, command any, code int, ok bool, stdout, stderr string) {
	var out, err bytes.Buffer
	command, code, ok = Parse(&k, "tool", "A tool.", args, &out, &err)
	return k, command, code, ok, out.String(), err.String()
}

func TestParse(t *testing.T) {
	t.Parallel()
	k, command, code, ok, stdout, stderr := parse("run", "--twice", "--redis-url", "unix:///x", "--name=me")
	selected, is := command.(*doIt)
	if !ok || code != ExitOK || !is || !selected.Twice || k.RedisURL != "unix:///x" || k.Name != "me" || k.Prefix != "push" || stdout+stderr != "" {
		t.Errorf("%+v %q %d %v %q %q", k, command, code, ok, stdout, stderr)
	}
}

func TestParseHelp(t *testing.T) {
	t.Parallel()
	_, _, code, ok, stdout, stderr := parse("--help")
	if ok || code != ExitOK || stderr != "" {
		t.Errorf("%d %v %q", code, ok, stderr)
	}
	for _, part := range []string{"A tool.", "REDIS_URL", "PUSH_PREFIX", "PUSH_PARTITIONS", "LOG_LEVEL", "PARSE_TEST_NAME", "nobody", "Do it."} {
		if !strings.Contains(stdout, part) {
			t.Errorf("no word of %q in %s", part, stdout)
		}
	}
}

func TestParseMistakes(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"jump"}, {"run", "--colour=red"}, {"run", "more"}, {"run", "--name"}} {
		_, _, code, ok, stdout, stderr := parse(args...)
		if ok || code != ExitUsage || stdout != "" || !strings.HasPrefix(stderr, "tool: ") || !strings.Contains(stderr, "tool --help") {
			t.Errorf("%q: %d %v %q %q", args, code, ok, stdout, stderr)
		}
	}
}

func TestParseEnvironment(t *testing.T) {
	t.Setenv("PARSE_TEST_NAME", "from the environment")
	if k, _, _, ok, _, _ := parse("run"); !ok || k.Name != "from the environment" {
		t.Errorf("%+v", k)
	}
	if k, _, _, ok, _, _ := parse("run", "--name=flag"); !ok || k.Name != "flag" {
		t.Errorf("the flag does not go before the variable: %+v", k)
	}
}
