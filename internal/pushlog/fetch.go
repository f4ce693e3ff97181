package pushlog

import (
	"context"
	"fmt"
)

// Fetch reads the records of some pushes of one partition, in the order of ids.
// Those that there are not are left out.
func (l *Log) Fetch(ctx context.Context, p Partition, ids []string) ([]Record, error) {
	members := make([]member, len(ids))
	for i, id := range ids {
		members[i] = member{partition: p, id: id}
	}
	records, err := l.records(ctx, members)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	return records, nil
}
