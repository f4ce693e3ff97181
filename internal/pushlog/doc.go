// Package pushlog is the log of every push: what a record and its indexes look
// like in Redis, and how they are read.
//
// With K = push:{0}, the base of partition 0:
//
//	K:record:<id>              hash, the record; not of what was sent long ago
//	K:index                    zset, id by accepted time in ms: every record
//	K:index:status:<status>    zset, the same order, per value; none of what is sent
//	K:index:error_code:<code>
//	K:index:csno:<csno>
//	K:index:push_grp_id:<id>
//	K:index:device_id:<hash>   the first 16 bytes of the token's SHA-256
//	K:chunk:<n> K:chunks       sealed chunks: about 1,000 records a second time, by column;
//	                           and the packed records, in groups
//	K:sealed                   hash: up to when records are sealed, or about to be
//	K:late                     zset: what changed after it was sealed
//	K:minute:… K:hour:…        counters
//
// Only the scripts of internal/stream and internal/logkeep write them, each in one step
// with the stream entry that it belongs to; so a record is never without its index
// members, nor an index member without its record. This package names the
// keys, makes chunks, and reads.
//
// # segment.Packed records
//
// A day (LOG_PACK_AFTER) after a push was sent its record leaves its hash, and is a row in a row
// group of its chunk (segment/group.go). It never comes back. packed.go reads records wherever they are:
// the hash first; if there is none, the time in K:index leads to the chunk, and the
// chunk's heads to the group.
//
// # How a selection is found
//
// A Filter is a conjunction. plan.go chooses one of three ways to find what it
// selects, which all find the same:
//
//	index  the filter is one value, or some states: pages come by rank from one
//	       sorted set, or by counting in several (rank.go). Sent is what is in no
//	       other state. No page costs more than another.
//	walk   one of its values is rare: each push of that index is looked at (walk.go)
//	scan   otherwise: columns of all chunks are looked at, then the records of what is
//	       not sealed yet (scan.go, grep.go)
//
// All of them go through the log in the order of acceptance, as hits (hits.go);
// with several partitions their hits are merged.
//
// # Why a scan misses nothing
//
//	a push arrives        after the chunks: accept never takes a time that is sealed
//	one is being sealed   a scan takes the list of chunks first, and the records after
//	                      the last of them; sealing takes nothing away
//	one changes           the script that changes it notes it in K:late, which is read
//	                      before the column; the records of the late ones are asked
//	one is removed        a chunk whose span has fewer pushes in K:index than it was
//	                      sealed with asks the index for each hit
package pushlog
