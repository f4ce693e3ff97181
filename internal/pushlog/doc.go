// Package pushlog is the log of every push: what a record and its indexes look
// like in Redis, and how they are read.
//
// With K = push:{0}, the base of partition 0:
//
//	K:record:<id>              hash, the record
//	K:index                    zset, id by accepted time in ms: every record
//	K:index:status:<status>    zset, the same order, per value
//	K:index:csno:<csno>
//	K:index:push_grp_id:<id>
//	K:index:device_id:<hash>   the first 16 bytes of the token's SHA-256
//
// Only the scripts of internal/stream write them, each in one step with the
// stream entry that it belongs to; so a record is never without its index
// members, nor an index member without its record. This package names the
// keys, and reads.
package pushlog
