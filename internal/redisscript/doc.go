// Package redisscript makes scripts for Redis out of embedded Lua files, and runs them.
//
// # Names
//
// The head of a file names its keys, its arguments, and the values of its items:
//
//	-- release: deliveries that were not started go back.
//	--
//	-- KEYS  jobs, urgent
//	-- ARGV  group, consumer, unassigned (name of the consumer that no process has)
//	-- EACH  lane (1 jobs, 2 urgent), entry
//	-- include: pending
//
// The caller names what it passes:
//
//	var releaseScript = library.Load("release", redisscript.Writes, redisscript.Names{
//		Keys: "jobs urgent", Args: "group consumer unassigned", Each: "lane entry"})
//
// If these differ, Load panics: the process does not start. A call with another number of
// values is an error before Redis is asked. In the body the names are locals, and an item
// is ARGV[i + LANE], ARGV[i + ENTRY] in the loop
//
//	for i = first, #ARGV, step do
//
// The last name of an item may stand for several values, if it ends in ...; the caller says
// how many.
//
// # Included files
//
// Functions that several scripts need are in lua/include/<theme>.lua, one theme a file. A
// head names what it includes; an included file may include others.
//
// # Guard
//
// Redis does not roll back: a script that fails at its second write has made its first
// one. So each begins with a guard, which looks, before anything is written, whether the
// Redis user may run every command of the script on every kind of its keys, and whether
// the keys that it is given hold what they should. Else the script answers NOPERM or
// WRONGTYPE, with the command or key, and has changed nothing.
//
//	head.go     names: what a head says, what a caller says, and where values are
//	library.go  files: included ones, and what commands a script runs
//	guard.go    what a script does first
//	call.go     calls: one, several in a round trip, batches of items
package redisscript
