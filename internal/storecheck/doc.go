// Package storecheck checks the invariants of a store in which all work is done: no
// test, and no run of scripts/chaos, may break them. It only reads, in bounded steps,
// and is independent of the scripts that wrote the store.
//
//	keys.go      the documented keys and no other, each with a TTL if it must have one
//	records.go   every record is in its partition, has ended, and says how
//	packed.go    so is every packed one, which has no hash, and is where readers look for it
//	indexes.go   each index has the members that the records ask for, and no others
//	chunks.go    each sealed chunk stands for living records; what is late is one
//	streams.go   streams, pending lists and due set are empty; members of the group
//	counters.go  the minutes, and the hours, count each push once when it came and once
//	             when it ended
//	people.go    the list of users has all of them; outcomes are of audit entries
//	events.go    the last event of each push says its state
//
// The package is for tests and for scripts/storm. It needs one server: on a
// Cluster SCAN sees a part of the keys.
package storecheck
