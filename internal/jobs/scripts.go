package jobs

import (
	"embed"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

//go:embed lua/*.lua lua/include/*.lua
var lua embed.FS

var library = redisscript.New(`bulk`, nil, lua, pushlog.Lua)

// The transitions of a job: see the head of each file for its contract.
var (
	orderScript = library.Load("order", redisscript.Adds, redisscript.Names{
		Keys: "list open job", Args: "prefix id max_open max_jobs life list_life newest partitions", Rest: "field value"})
	leaseScript = library.Load("lease", redisscript.Writes, redisscript.Names{
		Keys: "list open job part", Args: "worker lease longest life list_life"})
	advanceScript = library.Load("advance", redisscript.Writes, redisscript.Names{
		Keys: "list open job part", Args: "worker lease number plan id size examined matched life list_life", Rest: "outcome count"})
	stopScript = library.Load("stop", redisscript.Writes, redisscript.Names{
		Keys: "list open job", Args: "state why id life list_life"})
	adoptScript = library.Load("adopt", redisscript.Writes, redisscript.Names{
		Keys: "list open job", Args: "id partitions longest life list_life"})
)
