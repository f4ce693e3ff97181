package pushlog

import (
	"context"
	"time"

	"pushstream/internal/push"
)

// Says reports whether a record, as Redis has it, is of what a validated job says. The
// record of a version without fingerprints is compared by its values, less its reserved
// time: that may have been moved. A record of no job, such as one of an entry that could
// not be read, is of none.
func Says(fields map[string]string, j *push.Job) bool {
	if print := fields[FieldFingerprint]; print != "" {
		return print == j.Fingerprint()
	}
	if fields[push.FieldDeviceID] == "" {
		return false
	}
	values := map[string]string{}
	for _, name := range push.Fields() {
		if name != push.FieldID && name != push.FieldSndnRsevHour {
			values[name] = fields[name]
		}
	}
	kept, _ := push.FromFields(values, time.UTC) // it may break a rule that is younger
	return kept.FingerprintAtOnce() == j.FingerprintAtOnce()
}

// Hashes returns records as Hash does, in the order of their ids; nil stands for one that
// there is not.
func (l *Log) Hashes(ctx context.Context, ids []string) ([]map[string]string, error) {
	members := make([]member, len(ids))
	for i, id := range ids {
		members[i] = member{partition: l.keys.Of(id), id: id}
	}
	return l.hashes(ctx, members)
}
