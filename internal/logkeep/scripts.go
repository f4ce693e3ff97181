package logkeep

import (
	"embed"
	"strconv"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

//go:embed lua/*.lua
var lua embed.FS

// samples are the keys of a partition that scripts compute, one of each kind.
var samples = []string{":record:x", ":index", ":index:status:x", ":index:error_code:x", ":index:csno:x", ":index:push_grp_id:x", ":index:device_id:x",
	":chunk:1", ":chunks", ":sealed", ":late"}

// library has the scripts of the folder lua.
var library = redisscript.New(`%d+`, samples, lua, pushlog.Lua)

// The scripts: see the head of each file for its contract.
var (
	markScript = library.Load("mark", redisscript.Writes, redisscript.Names{Keys: "sealed", Args: "base known_ms until_ms"})
	sealScript = library.Load("seal", redisscript.Adds, redisscript.Names{
		Keys: "sealed chunks chunk", Args: "base number until_ms coded", Rest: "value"})
	mergeScript = library.Load("merge", redisscript.Writes, redisscript.Names{
		Keys: "chunk late", Args: "base folds columns", Rest: "value"})
	packableScript = library.Load("packable", redisscript.Writes, redisscript.Names{
		Keys: "index chunks others...", Args: "base rank count before_ms"})
	packScript = library.Load("pack", redisscript.Writes, redisscript.Names{
		Keys: "index late chunk", Args: "base packs heads removed groups", Rest: "value"})
	oldestEndedScript = library.Load("oldest_ended", redisscript.Writes, redisscript.Names{
		Keys: "index scheduled queued retrying", Args: "after_ms upto_ms"})
	reapScript = library.Load("reap", redisscript.Writes, redisscript.Names{
		Keys: "jobs urgent index late", Args: "base group keep", Each: "id accepted_ms accepted_at token csno push_grp_id"})
	dropChunksScript = library.Load("drop_chunks", redisscript.Writes, redisscript.Names{
		Keys: "index chunks", Args: "base rank count"})
)

// scriptBatch is the greatest number of pushes that one call of a script takes.
const scriptBatch = 100

// number reads a number of a hash; 0 if there is none.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
