package stream

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/pushlog"
)

// Group is the consumer group of the work streams. It starts at id 0, since
// everything that is on a stream is unfinished.
const Group = pushlog.Group

// unassigned is the member of the group that has the entries which no consumer has: they
// were released, or their lease expired, and a consumer with a free slot claims them. No
// process has this name.
const unassigned = "handed-back"

// The two lanes of a partition. The scripts know them by these numbers.
const (
	laneNormal = 1
	laneUrgent = 2
)

func jobsKey(p pushlog.Partition) string   { return p.Jobs() }
func urgentKey(p pushlog.Partition) string { return p.UrgentJobs() }
func dueKey(p pushlog.Partition) string    { return p.Base + ":due" }
func eventsKey(p pushlog.Partition) string { return p.Base + ":events" }

// Who flushes, and how far the flush has come.
func flushingKey(p pushlog.Partition) string { return p.Base + ":flushing" }
func flushedKey(p pushlog.Partition) string  { return p.Base + ":flushed" }

// What readiness writes.
func probeKey(p pushlog.Partition) string { return p.Base + ":probe" }

func sweepKey(p pushlog.Partition) string { return p.Base + ":sweep" }

func laneKey(p pushlog.Partition, lane int) string {
	if lane == laneUrgent {
		return urgentKey(p)
	}
	return jobsKey(p)
}

// The keys of the whole pushstream, outside of all partitions.
func partitionsKey(k pushlog.Keys) string          { return k.Prefix + ":partitions" }
func projectKey(k pushlog.Keys) string             { return k.Prefix + ":project" }
func workersKey(k pushlog.Keys) string             { return k.Prefix + ":workers" }
func workerKey(k pushlog.Keys, name string) string { return k.Prefix + ":worker:" + name }
func controlKey(k pushlog.Keys) string             { return k.Prefix + ":control" }
func projectsKey(k pushlog.Keys) string            { return k.Prefix + ":projects" }
func flushKey(k pushlog.Keys) string               { return k.Prefix + ":flush" }

// Those of one FCM project. Its name is their hash tag, since one script touches
// several.
func holdKey(k pushlog.Keys, project string) string { return k.Prefix + ":hold:{" + project + "}" }
func rateKey(k pushlog.Keys, project string) string { return k.Prefix + ":rate:{" + project + "}" }

// How its workers fare with FCM.
func evidenceKey(k pushlog.Keys, project string) string {
	return k.Prefix + ":evidence:{" + project + "}"
}

// The device tokens of one project that wait, by until when, and how long each waits.
func waitsKey(k pushlog.Keys, project string) string { return k.Prefix + ":waits:{" + project + "}" }
func waitLengthsKey(k pushlog.Keys, project string) string {
	return k.Prefix + ":waits:{" + project + "}:length"
}

// The suppression list of a project: device tokens by time, and why.
func suppressedKey(k pushlog.Keys, project string) string {
	return k.Prefix + ":suppressed:{" + project + "}"
}
func suppressedWhyKey(k pushlog.Keys, project string) string {
	return k.Prefix + ":suppressed:{" + project + "}:why"
}

// Where the version before had those of all projects together.
func oldSuppressedKey(k pushlog.Keys) string    { return k.Prefix + ":{dead}:tokens" }
func oldSuppressedWhyKey(k pushlog.Keys) string { return k.Prefix + ":{dead}:why" }

// entryTime is the time in the id of a stream entry: when it was added, by
// Redis's clock.
// Whoever adds one by hand may give any number: what is later than the year 9999 counts
// as that.
func entryTime(entry string) time.Time {
	ms, _, _ := strings.Cut(entry, "-")
	n, err := strconv.ParseUint(ms, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return time.Time{}
	}
	return time.UnixMilli(int64(min(n, latestTime)))
}

// latestTime is the last millisecond of the year 9999.
const latestTime = 253_402_300_799_999

// entryAge is how long ago an entry was added, by Redis's clock; 0 if its id lies in the
// future.
func entryAge(entry string, now time.Time) time.Duration {
	return max(now.Sub(entryTime(entry)), 0)
}

// compareEntries compares the ids of two stream entries as Redis orders them.
func compareEntries(a, b string) int {
	aTime, aSeq, _ := strings.Cut(a, "-")
	bTime, bSeq, _ := strings.Cut(b, "-")
	return cmp.Or(len(aTime)-len(bTime), strings.Compare(aTime, bTime), len(aSeq)-len(bSeq), strings.Compare(aSeq, bSeq))
}
