package stream

import (
	"context"
	"embed"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

//go:embed lua/*.lua lua/include/*.lua
var lua embed.FS

// The transitions: see the head of each file for its contract.
var (
	dutyScript  = load("duty")
	reapScript  = load("reap")
	dropScript  = load("drop")
	flushScript = load("flush")
	haltScript  = load("halt")
)

// acceptWidth is how many values accept.lua takes of a job.
var acceptWidth = 5 + len(push.KeptFields()) + len(push.IndexedFields())

// acceptScript takes of each job what its record keeps, and in which indexes it is.
var acceptScript = library.Load("accept", redisscript.Adds, redisscript.Names{
	Keys: "jobs urgent due index events", Args: "base limit spare reserved cap",
	Each: "id at lane ttl print values...", Width: acceptWidth - 5,
})

// scriptBatch is the greatest number of items that one script takes, so that
// Redis never stands still for long.
const scriptBatch = 100

// eventsCap is about how many entries the events stream of a partition keeps.
const eventsCap = 10_000

// samples are the keys of a partition that scripts compute, one of each kind.
var samples = func() []string {
	all := []string{":record:x", ":index", ":index:status:x", ":index:error_code:x", ":chunk:1", ":chunks", ":sealed", ":late", ":minute:x", ":hour:x", ":events"}
	for _, name := range push.IndexedFields() {
		all = append(all, ":index:"+name+":x")
	}
	return all
}()

// library has the scripts of the folder lua.
var library = redisscript.New(`%d+`, samples, lua, pushlog.Lua)

// load loads a script whose head names nothing yet.
func load(name string) *redisscript.Script { return library.LoadUnnamed(name, redisscript.Writes) }

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
