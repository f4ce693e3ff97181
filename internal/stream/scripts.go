package stream

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/*.lua
var lua embed.FS

// The transitions: see the head of each file for its contract.
var (
	acceptScript  = load("accept")
	takeScript    = load("take")
	settleScript  = load("settle")
	retryScript   = load("retry")
	promoteScript = load("promote")
	releaseScript = load("release")
	rejectScript  = load("reject")
	leaveScript   = load("leave")
	renewScript   = load("renew")
	claimScript   = load("claim")
	lapseScript   = load("lapse")
	redriveScript = load("redrive")
	cancelScript  = load("cancel")
	allowScript   = load("allow")
	holdScript    = load("hold")
	liftScript    = load("lift")
	weighScript   = load("weigh")
	buryScript    = load("bury")
	reaskScript   = load("reask")
	forgiveScript = load("forgive")
	beatScript    = load("beat")
	turnScript    = load("turn")
	dutyScript    = load("duty")
	oldestScript  = load("oldest")
	reapScript    = load("reap")
	dropScript    = load("drop")
	flushScript   = load("flush")
	haltScript    = load("halt")
	markScript    = load("mark")
	sealScript    = load("seal")
	foldScript    = load("fold")
	moveScript    = load("move")
	orderScript   = load("order")
	seizeScript   = load("seize")
	advanceScript = load("advance")
	quitScript    = load("quit")
	packScript    = load("pack")

	packableScript = load("packable")
)

// scriptBatch is the greatest number of items that one script takes, so that
// Redis never stands still for long.
const scriptBatch = 100

// eventsCap is about how many entries the events stream of a partition keeps.
const eventsCap = 10_000

func load(verb string) *redis.Script {
	lib, err := lua.ReadFile("lua/lib.lua")
	if err != nil {
		panic(err) // embedded: a bug in this file
	}
	src, err := lua.ReadFile("lua/" + verb + ".lua")
	if err != nil {
		panic(err)
	}
	// Out of memory, Redis must still let finished work go.
	// https://redis.io/docs/latest/develop/programmability/lua-api/#script-flags
	flags := " flags=allow-oom"
	switch verb {
	case "accept", "reject", "redrive", "bury", "seal", "order": // they only add
		flags = ""
	}
	return redis.NewScript("#!lua" + flags + "\n" + string(lib) + "\n" + string(src))
}

// call is one run of a script.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
}

// guard ends the name of a key that never exists, and that every script is given
// on Redis Cluster if its keys have a hash tag. Scripts touch keys that they compute, of which Redis knows
// nothing beforehand; so while it moves a slot, it would run them on a node where
// half of these are gone. With a key that is missing it answers TRYAGAIN instead,
// until the slot has moved.
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#multi-key-operations
const guard = ":guard"

// run runs calls in one round trip, in their order for each partition, and
// returns their answers and the first error: nil stands for a call that failed.
// A script that Redis does not know (cold, flushed, failed over) is sent whole
// in a second round trip. Every script is safe to be run twice, so after an
// error the same calls may be made again.
func run(ctx context.Context, rdb redis.UniversalClient, calls ...call) ([]any, error) {
	if _, ok := rdb.(*redis.ClusterClient); ok {
		for i := range calls {
			if first := calls[i].keys[0]; strings.Contains(first, "{") {
				calls[i].keys = append(slices.Clip(calls[i].keys), first+guard)
			}
		}
	}
	answers := make([]any, len(calls))
	whole := false
	todo := make([]int, len(calls))
	for i := range calls {
		todo[i] = i
	}
	for {
		pipe := rdb.Pipeline()
		cmds := make([]*redis.Cmd, len(todo))
		for n, i := range todo {
			if c := calls[i]; whole {
				cmds[n] = c.script.Eval(ctx, pipe, c.keys, c.args...)
			} else {
				cmds[n] = c.script.EvalSha(ctx, pipe, c.keys, c.args...)
			}
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		var unknown []int
		var failed error
		for n, i := range todo {
			answer, err := cmds[n].Result()
			switch {
			case err == nil, errors.Is(err, redis.Nil):
				answers[i] = answer
			case redis.HasErrorPrefix(err, "NOSCRIPT") && !whole:
				unknown = append(unknown, i)
			default:
				failed = cmp.Or(failed, err)
			}
		}
		if len(unknown) == 0 || failed != nil {
			return answers, failed
		}
		todo, whole = unknown, true
	}
}
