package setting

import (
	"bytes"
	"slices"
	"testing"
)

func TestEffective(t *testing.T) {
	var cli struct {
		Common
		Serve struct {
			Networks []string `env:"T_NETWORKS" sep:","`
			Password string   `env:"T_PASSWORD" secret:""`
			Empty    string   `env:"T_EMPTY" secret:""`
			Number   int      `env:"T_NUMBER" default:"7" help:"How many."`
			Plain    bool
		} `cmd:""`
		Other struct {
			Elsewhere string
		} `cmd:""`
	}
	t.Setenv("REDIS_URL", "redis+sentinel://me:hunter2@host:1/0?sentinel_password=hunter3&master_name=m")
	t.Setenv("T_NETWORKS", "10.0.0.0/8,::1")
	t.Setenv("T_PASSWORD", "hunter4")
	var out bytes.Buffer
	if _, _, ok := Parse(&cli, "x", "", []string{"serve", "--plain"}, &out, &out); !ok {
		t.Fatal(out.String())
	}
	got, err := Effective(&cli, "serve")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Value{
		{"REDIS_URL", "redis+sentinel://me:***@host:1/0?master_name=m&sentinel_password=***", "redis://127.0.0.1:6379/0", ""},
		{"PUSH_PREFIX", "push", "push", ""},
		{"T_NETWORKS", "10.0.0.0/8,::1", "", ""},
		{"T_PASSWORD", "***", "", ""},
		{"T_EMPTY", "", "", ""},
		{"T_NUMBER", "7", "7", "How many."},
		{"--plain", "true", "", ""},
	} {
		if !slices.ContainsFunc(got, func(v Value) bool {
			return v.Variable == want.Variable && v.Value == want.Value && v.Default == want.Default && (want.Help == "" || v.Help == want.Help)
		}) {
			t.Errorf("no %+v in %+v", want, got)
		}
	}
	if slices.ContainsFunc(got, func(v Value) bool { return v.Variable == "--elsewhere" }) {
		t.Error("a knob of another command")
	}
}
