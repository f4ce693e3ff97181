package main

import (
	"context"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/pushlog/segment"
)

// share is what a row takes of one kind of keys, in bytes.
type share struct {
	name string
	size float64
}

// memory is what a row takes in Redis: all of it, by used_memory before the filling
// and now, and the parts, by MEMORY USAGE of samples.
func (b *logBench) memory(ctx context.Context) ([]result, error) {
	used, err := usedMemory(ctx, b.rdb)
	if err != nil {
		return nil, err
	}
	shares, err := b.shares(ctx)
	if err != nil {
		return nil, err
	}
	all, known := float64(used-b.before)/float64(b.rows), 0.0
	for _, s := range shares {
		known += s.size
	}
	if b.before == 0 { // it was full when we came
		all = known
	}
	results := []result{{"memory of Redis a row", all, "B", "≤ 1,200", b.rows}}
	for _, s := range append(shares, share{"counters, streams, what is free within pages", all - known}) {
		results = append(results, result{"  " + s.name, s.size, "B", "", b.rows})
	}
	return results, nil
}

// shares measures samples. A key that many rows share counts for each of them with
// its part: so it does not matter that big ones are drawn more often.
func (b *logBench) shares(ctx context.Context) ([]share, error) {
	p := keys.Partition(0)
	whole := func(key string) (float64, error) { return b.usage(ctx, key) }
	part := func(key string) (float64, error) {
		size, err := b.usage(ctx, key)
		if err != nil {
			return 0, err
		}
		n, err := b.rdb.ZCard(ctx, key).Result()
		return size / float64(max(n, 1)), err
	}
	var shares []share
	for _, s := range []struct {
		name string
		key  func(*pushlog.Record) string
		size func(string) (float64, error)
	}{
		{"record with a hash of its own", func(r *pushlog.Record) string { return p.Record(r.ID) }, whole},
		{"index of all", func(*pushlog.Record) string { return p.Index() }, part},
		{"index of customers", func(r *pushlog.Record) string { return p.ValueIndex(push.FieldCsno, r.Csno) }, part},
		{"index of devices", func(r *pushlog.Record) string { return p.ValueIndex(push.FieldDeviceID, r.DeviceID) }, part},
		{"index of groups", func(r *pushlog.Record) string { return p.ValueIndex(push.FieldPushGrpID, r.PushGrpID) }, part},
	} {
		sum, known := 0.0, map[string]float64{}
		for i := range b.sample {
			key := s.key(&b.sample[i])
			if _, ok := known[key]; !ok {
				size, err := s.size(key)
				if err != nil {
					return nil, err
				}
				known[key] = size
			}
			sum += known[key]
		}
		shares = append(shares, share{s.name, sum / float64(len(b.sample))})
	}
	var few []string // keys that are few
	for _, s := range push.Statuses() {
		few = append(few, p.StatusIndex(s))
	}
	for _, c := range append(push.Codes(), push.CodeInvalidJob, push.CodeSuppressed, push.CodePoison) {
		few = append(few, p.ErrorCodeIndex(c))
	}
	states, err := b.total(ctx, few)
	if err != nil {
		return nil, err
	}
	chunks, err := b.chunks(ctx, p)
	if err != nil {
		return nil, err
	}
	sealed, err := b.total(ctx, append(chunks, p.Chunks(), p.Late(), p.Sealed()))
	if err != nil {
		return nil, err
	}
	packed, err := b.groups(ctx, chunks)
	if err != nil {
		return nil, err
	}
	return append(shares, share{"indexes of states and error codes", states}, share{"packed records in chunks, by their length", packed},
		share{"chunks but for these", sealed - packed}), nil
}

// groups is what a row takes of the groups of packed records in some chunks, by their
// length.
func (b *logBench) groups(ctx context.Context, chunks []string) (float64, error) {
	sum := int64(0)
	for _, key := range chunks {
		text, err := b.rdb.HGet(ctx, key, segment.ChunkHeads).Result()
		if err == redis.Nil {
			continue
		}
		if err != nil {
			return 0, err
		}
		heads, err := segment.ParseHeads(text)
		if err != nil {
			return 0, err
		}
		pipe := b.rdb.Pipeline()
		var sizes []*redis.IntCmd
		for group := range heads {
			sizes = append(sizes, pipe.HStrLen(ctx, key, segment.GroupField(group)))
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return 0, err
		}
		for _, size := range sizes {
			sum += size.Val()
		}
	}
	return float64(sum) / float64(b.rows), nil
}

// total is what a row takes of some keys, all of which are measured.
func (b *logBench) total(ctx context.Context, list []string) (float64, error) {
	sum := 0.0
	for _, key := range list {
		size, err := b.usage(ctx, key)
		if err != nil {
			return 0, err
		}
		sum += size
	}
	return sum / float64(b.rows), nil
}

// usage is MEMORY USAGE of a key, with a thousand samples of what it holds; 0 if there
// is none.
func (b *logBench) usage(ctx context.Context, key string) (float64, error) {
	n, err := b.rdb.MemoryUsage(ctx, key, 1000).Result()
	if err == redis.Nil {
		return 0, nil
	}
	return float64(n), err
}
