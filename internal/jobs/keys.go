package jobs

import (
	"strconv"

	"pushstream/internal/pushlog"
)

// The jobs: their ids by time, those that are open, each of them, and how far each has
// come in a partition.
func listKey(k pushlog.Keys) string           { return k.Prefix + ":{bulk}:jobs" }
func openKey(k pushlog.Keys) string           { return k.Prefix + ":{bulk}:open" }
func jobKey(k pushlog.Keys, id string) string { return k.Prefix + ":{bulk}:job:" + id }
func partKey(k pushlog.Keys, id string, partition int) string {
	return jobKey(k, id) + ":" + strconv.Itoa(partition)
}
