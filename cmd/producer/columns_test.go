package main

import (
	"io"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/setting"
)

// Each column with a flag gets the flag's value.
func TestFlagsOfEveryColumn(t *testing.T) {
	t.Parallel()
	args, want := []string{"send", "--urgent"}, map[string]string{}
	for _, f := range flagged() {
		value := "of-" + f.FlagName()
		if f.Search == push.SearchTime {
			value = time.Now().UTC().Format("20060102150405")
		}
		args, want[f.Name] = append(args, "--"+f.FlagName()+"="+value), value
	}
	c := newCLI()
	if _, _, ok := setting.Parse(c, "producer", "", args, io.Discard, io.Discard); !ok {
		t.Fatalf("%q is refused", args)
	}
	job, err := c.Send.job(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flagged() {
		if got := f.Get(&job); got != want[f.Name] {
			t.Errorf("--%s gives %s %q", f.FlagName(), f.Name, got)
		}
	}
}
