package stream

import (
	"context"
	"embed"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

//go:embed lua/*.lua lua/include/*.lua
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

// library has the scripts of the folder lua.
var library = redisscript.New(`%d+`, samples, lua, pushlog.Lua)

// load loads a script whose head names nothing yet.
func load(name string) *redisscript.Script {
	// Out of memory, Redis must still let finished work go.
	switch name {
	case "accept", "reject", "redrive", "bury", "seal": // they only add
		return library.LoadUnnamed(name, redisscript.Adds)
	}
	return library.LoadUnnamed(name, redisscript.Writes)
}

// call is one run of a script.
type call struct {
	script *redisscript.Script
	keys   []string
	args   []any
}

// run runs calls in one round trip: see redisscript.Run.
func run(ctx context.Context, rdb redis.UniversalClient, calls ...call) ([]any, error) {
	named := make([]redisscript.Call, len(calls))
	for i, c := range calls {
		named[i] = c.script.Call(c.keys, c.args...)
	}
	return redisscript.Run(ctx, rdb, named...)
}
