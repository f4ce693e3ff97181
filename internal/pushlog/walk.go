package pushlog

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// walkStep is how many members of an index one call reads.
const walkStep = 500

// walk finds the pushes of an index in a span. If check is set, the record of each
// is asked whether the filter selects it.
func (l *Log) walk(ctx context.Context, i index, s span, p *plan, check bool, want wants) source {
	return func(yield func(hits, error) bool) {
		at, seen := s, map[string]bool{} // where to go on, and who was seen in that millisecond
		for !at.empty() {
			from, to := at.bounds()
			if !p.oldest {
				from, to = to, from
			}
			most := walkStep + len(seen)
			z, err := l.rdb.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
				Key: i.key, ByScore: true, Start: from, Stop: to, Rev: !p.oldest, Count: int64(most),
			}).Result()
			if err != nil {
				yield(hits{}, fmt.Errorf("read index: %w", err))
				return
			}
			var members []member
			for _, one := range z {
				id, _ := one.Member.(string)
				ms := int64(one.Score)
				if seen[id] {
					continue
				}
				if p.oldest && ms > at.from || !p.oldest && ms < at.to {
					clear(seen)
					if p.oldest {
						at.from = ms
					} else {
						at.to = ms
					}
				}
				seen[id] = true
				members = append(members, member{i.partition, id, ms})
			}
			if len(members) == 0 {
				return
			}
			h, err := l.selected(ctx, members, &p.filter, check, want)
			if err != nil {
				yield(hits{}, err)
				return
			}
			if !yield(h, nil) || len(z) < most {
				return
			}
		}
	}
}

// selected are those of members, all of one partition, that the filter selects.
func (l *Log) selected(ctx context.Context, members []member, f *Filter, check bool, want wants) (hits, error) {
	h := hits{looked: int64(len(members)), members: []member{}}
	var fields []string
	if check {
		fields = f.fields()
	}
	if want.statuses {
		fields = append(fields, FieldStatus)
	}
	if len(fields) == 0 {
		h.members = members
	} else {
		records, err := l.parts(ctx, members, fields, check && f.leavesOutPacked())
		if err != nil {
			return h, err
		}
		for i, r := range records {
			if r == nil || check && !f.holds(r) {
				continue
			}
			h.members = append(h.members, members[i])
			if want.statuses {
				h.statuses = append(h.statuses, r.Status)
			}
		}
	}
	h.n = len(h.members)
	if h.n > 0 {
		h.partition = h.members[0].partition
	}
	if want.times {
		for _, m := range h.members {
			h.ms = append(h.ms, m.ms)
		}
	}
	return h, nil
}

// parts reads some fields of records; nil stands for one that is not there, or that is
// packed, if these are not asked for.
func (l *Log) parts(ctx context.Context, members []member, fields []string, noPacked bool) ([]*Record, error) {
	pipe := l.rdb.Pipeline()
	cmds := make([]*redis.SliceCmd, len(members))
	for i, m := range members {
		cmds[i] = pipe.HMGet(ctx, m.partition.Record(m.id), append([]string{FieldAcceptedAt}, fields...)...)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	records := make([]*Record, len(members))
	var absent []int
	for i, cmd := range cmds {
		values, err := cmd.Result()
		if isOtherType(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read records: %w", err)
		}
		if len(values) == 0 || values[0] == nil {
			absent = append(absent, i)
			continue
		}
		r := &Record{}
		for k, name := range fields {
			if value, ok := values[k+1].(string); ok {
				r.set(name, value)
			}
		}
		records[i] = r
	}
	if noPacked {
		return records, nil
	}
	err := l.unpack(ctx, members, absent, func(i int, all map[string]string) {
		records[i] = &Record{}
		for _, name := range fields {
			records[i].set(name, all[name])
		}
	})
	return records, err
}
