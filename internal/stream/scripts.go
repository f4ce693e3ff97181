package stream

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redisscript"
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
	waitingScript = load("waiting")

	postponeScript = load("postpone")
	buryScript     = load("bury")
	reaskScript    = load("reask")
	forgiveScript  = load("forgive")
	beatScript     = load("beat")
	turnScript     = load("turn")
	dutyScript     = load("duty")
	oldestScript   = load("oldest")
	reapScript     = load("reap")
	dropScript     = load("drop")
	flushScript    = load("flush")
	haltScript     = load("halt")
	markScript     = load("mark")
	sealScript     = load("seal")
	foldScript     = load("fold")
	moveScript     = load("move")
	orderScript    = load("order")
	seizeScript    = load("seize")
	advanceScript  = load("advance")
	quitScript     = load("quit")
	packScript     = load("pack")
	touchScript    = load("touch")
	shortenScript  = load("shorten")

	packableScript   = load("packable")
	straightenScript = load("straighten")
)

// scriptBatch is the greatest number of items that one script takes, so that
// Redis never stands still for long.
const scriptBatch = 100

// eventsCap is about how many entries the events stream of a partition keeps.
const eventsCap = 10_000

// samples are the keys of a partition that scripts compute, one of each kind.
var samples = []string{":record:x", ":index", ":index:status:x", ":index:error_code:x", ":index:csno:x", ":index:push_grp_id:x", ":index:device_id:x",
	":chunk:1", ":chunks", ":sealed", ":late", ":minute:x", ":hour:x", ":events"}

// library is the folder lua.
var library = redisscript.New(lua, `%d+`, samples...)

func load(verb string) *redis.Script {
	// Out of memory, Redis must still let finished work go.
	switch verb {
	case "accept", "reject", "redrive", "bury", "seal", "order": // they only add
		return library.Load(verb, false)
	}
	return library.Load(verb, true)
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
