package main

import (
	"testing"

	"github.com/alecthomas/kong"
)

// Every command of the command line can be run, is described, and has no method that
// nothing calls.
func TestEveryCommandRuns(t *testing.T) {
	t.Parallel()
	var c cli
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, leaf := range parser.Model.Leaves(false) {
		n++
		one := leaf.Target.Addr().Interface()
		if _, is := one.(command); !is {
			t.Errorf("%s can't be run", leaf.FullPath())
		}
		_, validates := one.(validator)
		_, enters := one.(audited)
		for name, called := range map[string]bool{"Validate": validates, "Entry": enters} {
			if has := leaf.Target.Addr().MethodByName(name).IsValid(); has != called {
				t.Errorf("%s has a method %s that is not called", leaf.FullPath(), name)
			}
		}
		if leaf.Help == "" {
			t.Errorf("%s has no help", leaf.FullPath())
		}
	}
	if n < 30 {
		t.Errorf("%d commands", n)
	}
}

// A command that embeds long, serve above all, is not ended by commandTimeout.
func TestLongCommandsHaveNoTimeout(t *testing.T) {
	t.Parallel()
	var c cli
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, leaf := range parser.Model.Leaves(false) {
		if _, embeds := leaf.Target.Type().FieldByName("long"); !embeds {
			continue
		}
		n++
		if _, is := leaf.Target.Addr().Interface().(interface{ boundsItself() }); !is {
			t.Errorf("%s is ended by commandTimeout", leaf.FullPath())
		}
	}
	if n < 5 {
		t.Errorf("%d commands embed long", n)
	}
}
