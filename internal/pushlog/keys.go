package pushlog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/push"
)

// Keys names the keys of one pushstream in Redis. All keys of a partition
// carry the partition's number as hash tag, so that a script may touch them
// together on Redis Cluster.
type Keys struct {
	Prefix     string // "push" unless two pushstreams share a Redis
	Partitions int    // at least 1; fixed once the first job was accepted
}

// Validate returns what is wrong with the prefix or the number of partitions.
func (k Keys) Validate() error {
	switch {
	case k.Prefix == "" || len(k.Prefix) > 64 || strings.ContainsAny(k.Prefix, "{}*?[]\\ \t\r\n"):
		return fmt.Errorf("prefix %q must be 1 to 64 characters without braces, wildcards or spaces", k.Prefix)
	case k.Partitions < 1 || k.Partitions > 1024:
		return fmt.Errorf("%d partitions: must be 1 to 1024", k.Partitions)
	}
	return nil
}

// Of returns the partition that holds the push id: FNV-1a of id, modulo the
// number of partitions.
func (k Keys) Of(id string) Partition {
	if k.Partitions == 1 {
		return k.Partition(0)
	}
	h := fnv.New32a()
	h.Write([]byte(id))
	return k.Partition(int(h.Sum32() % uint32(k.Partitions)))
}

// Partition returns partition n, counted from 0.
func (k Keys) Partition(n int) Partition {
	return Partition{Number: n, Base: k.Prefix + ":{" + strconv.Itoa(n) + "}"}
}

// All returns every partition.
func (k Keys) All() []Partition {
	all := make([]Partition, k.Partitions)
	for n := range all {
		all[n] = k.Partition(n)
	}
	return all
}

// Partition names the log's keys of one partition. The scripts of
// internal/stream build the same names from Base where only they know the
// value.
type Partition struct {
	Number int
	Base   string // "push:{0}"
}

// Group is the consumer group of the work streams.
const Group = "fcm"

// Jobs and UrgentJobs are the work streams of the partition.
func (p Partition) Jobs() string { return p.Base + ":jobs" }

// UrgentJobs: see Jobs.
func (p Partition) UrgentJobs() string { return p.Base + ":jobs:urgent" }

// Sealing and Retaining are the locks of internal/logkeep.
func (p Partition) Sealing() string { return p.Base + ":sealing" }

// Retaining: see Sealing.
func (p Partition) Retaining() string { return p.Base + ":retaining" }

// Record is the hash of one push.
func (p Partition) Record(id string) string { return p.Base + ":record:" + id }

// Index is the sorted set of all pushes by accepted time in milliseconds.
func (p Partition) Index() string { return p.Base + ":index" }

// StatusIndex is the sorted set of the pushes in one state, in the order of
// Index. There is none of push.Sent: those are in Index and in no other.
func (p Partition) StatusIndex(s push.Status) string { return p.Base + ":index:status:" + string(s) }

// ValueIndex is the sorted set of the pushes with one value of a field that has an index,
// in the order of Index.
func (p Partition) ValueIndex(field, value string) string {
	return p.Base + ":index:" + field + ":" + indexValue(push.Lookup(field), value)
}

// indexValue is how the name of an index has a value.
func indexValue(f *push.Field, value string) string {
	if f.Index == push.ByHash && value != "" {
		return TokenHash(value)
	}
	return value
}

// IndexValues are the values of a push in the names of its indexes, in the order of
// push.IndexedFields; an absent one is empty.
func IndexValues(j *push.Job) []string {
	names := push.IndexedFields()
	values := make([]string, len(names))
	for i, name := range names {
		f := push.Lookup(name)
		values[i] = indexValue(f, f.Get(j))
	}
	return values
}

// ValueIndexes are the keys of the indexes of a push by its values.
func (p Partition) ValueIndexes(j *push.Job) (keys []string) {
	names := push.IndexedFields()
	for i, value := range IndexValues(j) {
		if value != "" {
			keys = append(keys, p.Base+":index:"+names[i]+":"+value)
		}
	}
	return keys
}

// ErrorCodeIndex is the sorted set of the pushes with an error code, in the order of
// Index.
func (p Partition) ErrorCodeIndex(c push.Code) string {
	return p.Base + ":index:error_code:" + string(c)
}

// Chunk is a sealed chunk, Chunks the sorted set of their numbers by the time of
// their first push in ms, and Sealed where they end: see chunk.go.
func (p Partition) Chunk(n int64) string { return p.Base + ":chunk:" + strconv.FormatInt(n, 10) }

// Chunks: see Chunk.
func (p Partition) Chunks() string { return p.Base + ":chunks" }

// Sealed is a hash: until_ms and until_id of the last push that a chunk has or is
// about to have, and next, the number of the next chunk.
func (p Partition) Sealed() string { return p.Base + ":sealed" }

// Late is the sorted set, in the order of Index, of the pushes whose state, error
// code or result changed after their chunk had it.
func (p Partition) Late() string { return p.Base + ":late" }

// Minute and Hour are the counters of a minute and of an hour.
func (p Partition) Minute(t time.Time) string {
	return p.Base + ":minute:" + t.UTC().Format("200601021504")
}

// Hour: see Minute.
func (p Partition) Hour(t time.Time) string { return p.Base + ":hour:" + t.UTC().Format("2006010215") }

// TokenHash is the name of a token in keys: the first 16 bytes of its SHA-256
// in hex, since a token is long and a secret of its owner.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:16])
}
