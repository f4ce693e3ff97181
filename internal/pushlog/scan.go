package pushlog

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog/segment"
)

const (
	chunkStep = 1000 // numbers of chunks that one call reads
	scanStep  = 8    // chunks that are read in one round trip
)

// chunkRef is a sealed chunk: all pushes that were accepted in its span.
type chunkRef struct {
	partition Partition
	n         int64
	span      span
}

// scan finds the pushes of a partition that the filter selects in the columns of
// sealed chunks, and in the records of what is not sealed yet.
func (l *Log) scan(ctx context.Context, partition Partition, p *plan, want wants) source {
	return func(yield func(hits, error) bool) {
		refs, end, err := l.chunks(ctx, partition, p.span)
		if err != nil {
			yield(hits{}, err)
			return
		}
		tail := p.span
		tail.from = max(tail.from, end+1)
		newest := l.walk(ctx, index{partition, partition.Index()}, tail, p, true, want)
		sealed := l.scanChunks(ctx, refs, p, want)
		parts := []source{newest, sealed}
		if p.oldest {
			slices.Reverse(parts)
		} else {
			slices.Reverse(refs)
		}
		for _, part := range parts {
			for h, err := range part {
				if !yield(h, err) {
					return
				}
			}
		}
	}
}

// chunks returns the chunks of a partition that reach into a span, in their order,
// and the millisecond that the last of all chunks ends with.
func (l *Log) chunks(ctx context.Context, partition Partition, s span) (refs []chunkRef, end int64, err error) {
	for from := int64(0); ; from += chunkStep {
		z, err := l.rdb.ZRangeWithScores(ctx, partition.Chunks(), from, from+chunkStep-1).Result()
		if err != nil {
			return nil, 0, fmt.Errorf("read the chunks: %w", err)
		}
		for _, one := range z {
			text, _ := one.Member.(string)
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, 0, fmt.Errorf("%s has the member %.40q", partition.Chunks(), text)
			}
			// Nothing was accepted, or will be, between one chunk and the next.
			if k := len(refs); k > 0 {
				refs[k-1].span.to = int64(one.Score) - 1
			}
			refs = append(refs, chunkRef{partition, n, span{int64(one.Score), 0}})
		}
		if len(z) < chunkStep {
			break
		}
	}
	if len(refs) == 0 {
		return nil, -1, nil
	}
	last := &refs[len(refs)-1]
	switch text, err := l.rdb.HGet(ctx, partition.Chunk(last.n), ChunkLast).Result(); {
	case err == redis.Nil: // it was dropped just now, since none of its pushes is left
		end = last.span.from - 1
		refs = refs[:len(refs)-1]
	case err != nil:
		return nil, 0, fmt.Errorf("read a chunk: %w", err)
	default:
		last.span.to = milli(text)
		end = last.span.to
	}
	return slices.DeleteFunc(refs, func(r chunkRef) bool { return r.span.to < s.from || r.span.from > s.to }), end, nil
}

// scanChunks looks into chunks, several at a time, and yields in their order.
func (l *Log) scanChunks(ctx context.Context, refs []chunkRef, p *plan, want wants) source {
	type result struct {
		hits []hits
		err  error
	}
	type task struct {
		refs   []chunkRef
		answer chan result
	}
	return func(yield func(hits, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer cancel()
		// Twice as many as processors: some wait for Redis.
		n := min(2*runtime.GOMAXPROCS(0), (len(refs)+scanStep-1)/scanStep)
		tasks, queue := make(chan task), make(chan chan result, n)
		workers.Go(func() {
			defer close(queue)
			defer close(tasks)
			for group := range slices.Chunk(refs, scanStep) {
				t := task{group, make(chan result, 1)}
				select {
				case queue <- t.answer:
				case <-ctx.Done():
					return
				}
				select {
				case tasks <- t:
				case <-ctx.Done():
					t.answer <- result{err: ctx.Err()}
					return
				}
			}
		})
		for range n {
			workers.Go(func() {
				for t := range tasks {
					h, err := l.scanGroup(ctx, t.refs, p, want)
					t.answer <- result{h, err}
				}
			})
		}
		for answer := range queue {
			r := <-answer
			for _, h := range r.hits {
				if !yield(h, nil) {
					return
				}
			}
			if r.err != nil {
				yield(hits{}, r.err)
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(hits{}, err)
		}
	}
}

// scanner is the memory of one worker for one group of chunks.
type scanner struct {
	*Log
	p       *plan
	want    wants
	changes bool // the filter or the answer needs what changes
	matched []bool
	hit     []bool
	words   []word   // any of which a row must have in it
	times   timeWord // what a time must be, or have in it
	column  segment.Column
	ids     segment.Column
	tokens  segment.Column // those of a whole chunk
	phones  segment.Column // the digits of each
}

// scanGroup looks into some chunks, which it reads in one round trip.
func (l *Log) scanGroup(ctx context.Context, refs []chunkRef, p *plan, want wants) ([]hits, error) {
	s := l.scanners.Get().(*scanner)
	defer l.scanners.Put(s)
	s.Log, s.p, s.want = l, p, want
	fields := p.filter.fields()
	s.changes = want.statuses || slices.ContainsFunc(fields, func(name string) bool { return slices.Contains(changing, name) })
	s.words = p.filter.Text.words(s.words[:0])
	always := append([]string{ChunkFirst, ChunkCount}, fields...)
	asksTimes := p.filter.asksTimes()
	if asksTimes {
		s.times = *newTimeWord(p.filter.Text, p.filter.zone())
		always = append(always, ChunkFolds, ChunkTimes)
	}
	if slices.Contains(always, push.FieldDeviceID) {
		for group := range tokenFields {
			always = append(always, segment.TokenField(group))
		}
	}
	if want.statuses {
		always = append(always, FieldStatus)
	}

	pipe := l.rdb.Pipeline()
	late := make([]*redis.ZSliceCmd, len(refs))
	columns := make([]*redis.SliceCmd, len(refs))
	alive := make([]*redis.IntCmd, len(refs))
	names := make([][]string, len(refs))
	for i, ref := range refs {
		from, to := ref.span.bounds()
		names[i] = always
		if want.times || want.members || asksTimes || p.span.from > ref.span.from || p.span.to < ref.span.to {
			names[i] = append(slices.Clip(always), columnAt)
		}
		if want.members {
			names[i] = append(slices.Clip(names[i]), columnID)
		}
		// In this order: a push that changes after its column was read is as it was;
		// one that changed before is among the late ones by then.
		if s.changes {
			late[i] = pipe.ZRangeByScoreWithScores(ctx, ref.partition.Late(), &redis.ZRangeBy{Min: from, Max: to})
		}
		columns[i] = pipe.HMGet(ctx, ref.partition.Chunk(ref.n), names[i]...)
		alive[i] = pipe.ZCount(ctx, ref.partition.Index(), from, to)
	}
	if _, err := pipe.Exec(ctx); err != nil && !isOtherType(err) { // each command has its own error
		return nil, fmt.Errorf("read chunks: %w", err)
	}
	var all []hits
	for i, ref := range refs {
		for _, err := range []error{columns[i].Err(), alive[i].Err()} {
			if err != nil && !isOtherType(err) { // a chunk that holds another type is left out
				return nil, fmt.Errorf("read chunks: %w", err)
			}
		}
		chunk := map[string]string{}
		for k, v := range columns[i].Val() {
			if text, ok := v.(string); ok {
				chunk[names[i][k]] = text
			}
		}
		if len(chunk) == 0 {
			continue // none of its pushes is left
		}
		var changed []redis.Z
		if s.changes {
			changed = late[i].Val()
		}
		if err := s.moreTokens(ctx, ref, chunk, names[i]); err != nil {
			return all, err
		}
		h, err := s.chunk(ctx, ref, chunk, changed, alive[i].Val())
		if err != nil {
			return all, fmt.Errorf("chunk %d: %w", ref.n, err)
		}
		all = append(all, h)
	}
	return all, nil
}

// chunk finds the rows of one chunk.
func (s *scanner) chunk(ctx context.Context, ref chunkRef, chunk map[string]string, late []redis.Z, alive int64) (hits, error) {
	rows, err := strconv.Atoi(chunk[ChunkCount])
	if err != nil || rows < 0 {
		return hits{}, segment.ErrColumn
	}
	h := hits{partition: ref.partition, chunk: ref.n, looked: alive}
	var ms []int64
	if packed, ok := chunk[columnAt]; ok {
		col, err := s.codec.Decode(packed, &s.column)
		if err != nil || col.Rows() != rows {
			return h, segment.ErrColumn
		}
		if ms, err = col.Times(milli(chunk[ChunkFirst])); err != nil {
			return h, err
		}
	}
	if err := s.match(chunk, rows, ms); err != nil {
		return h, err
	}
	var statuses []push.Status
	if s.want.statuses {
		col, err := s.codec.Decode(chunk[FieldStatus], &s.column)
		if err != nil || col.Rows() != rows {
			return h, segment.ErrColumn
		}
		statuses = make([]push.Status, rows)
		for i := range statuses {
			statuses[i] = push.Status(col.Value(i))
		}
	}
	idsKnown := false
	ids := func() error {
		if idsKnown {
			return nil
		}
		packed, ok := chunk[columnID]
		if !ok {
			var err error
			if packed, err = s.rdb.HGet(ctx, ref.partition.Chunk(ref.n), columnID).Result(); err != nil {
				return fmt.Errorf("read a chunk: %w", err)
			}
		}
		col, err := s.codec.Decode(packed, &s.ids)
		if err != nil || col.Rows() != rows {
			return segment.ErrColumn
		}
		idsKnown = true
		return nil
	}
	untimed := s.p.filter.asksTimes() && !timed(chunk) && slices.Contains(s.matched, true)
	if len(late) > 0 || untimed {
		if err := ids(); err == redis.Nil {
			return h, nil
		} else if err != nil {
			return h, err
		}
		if untimed { // what else is asked for holds of these; their records say the rest
			for i, yes := range s.matched {
				if yes {
					late = append(late, redis.Z{Member: string(s.ids.Value(i)), Score: float64(ms[i])})
				}
			}
		}
		if err := s.overrule(ctx, ref, late, statuses); err != nil {
			return h, err
		}
	}
	for i, at := range ms {
		s.matched[i] = s.matched[i] && at >= s.p.span.from && at <= s.p.span.to
	}
	for i, yes := range s.matched {
		if yes {
			h.rows = append(h.rows, i)
		}
	}
	if !s.p.oldest {
		slices.Reverse(h.rows)
	}
	if len(h.rows) == 0 {
		return h, nil
	}
	if alive != int64(rows) { // some were removed
		if err := ids(); err != nil {
			return h, err
		}
		if err := s.living(ctx, ref, &h); err != nil {
			return h, err
		}
	}
	h.n = len(h.rows)
	for _, row := range h.rows {
		if s.want.members {
			if err := ids(); err != nil {
				return h, err
			}
			h.members = append(h.members, member{ref.partition, string(s.ids.Value(row)), ms[row]})
		}
		if s.want.times {
			h.ms = append(h.ms, ms[row])
		}
		if statuses != nil {
			h.statuses = append(h.statuses, statuses[row])
		}
	}
	return h, nil
}

// match notes which rows the columns select. Of a chunk that is not timed it leaves out
// what is asked of times.
func (s *scanner) match(chunk map[string]string, rows int, ms []int64) error {
	s.matched = slices.Grow(s.matched[:0], rows)[:rows]
	for i := range s.matched {
		s.matched[i] = true
	}
	read := func(name string) (*segment.Column, error) {
		col, err := s.decodeColumn(chunk, name, rows)
		if err == nil && col.Rows() != rows {
			err = segment.ErrColumn
		}
		return col, err
	}
	for _, e := range s.p.filter.exact() {
		col, err := read(e.column)
		if err != nil {
			return err
		}
		for i := range s.matched {
			s.matched[i] = s.matched[i] && string(col.Value(i)) == e.value
		}
	}
	if len(s.p.filter.Statuses) > 0 {
		col, err := read(FieldStatus)
		if err != nil {
			return err
		}
		for i := range s.matched {
			s.matched[i] = s.matched[i] && slices.Contains(s.p.filter.Statuses, push.Status(col.Value(i)))
		}
	}
	if s.p.filter.asksTimes() && timed(chunk) {
		if err := s.matchTimes(read, ms); err != nil {
			return err
		}
	}
	text := s.p.filter.Text
	if len(s.words) == 0 || !slices.Contains(s.matched, true) {
		return nil
	}
	col, err := read(text.Column)
	if err != nil {
		return err
	}
	if text.kind() == phoneText {
		s.phones.Data, s.phones.Ends = s.phones.Data[:0], s.phones.Ends[:0]
		for row := range rows {
			s.phones.Data = addPhone(s.phones.Data, col.Value(row))
			s.phones.Ends = append(s.phones.Ends, len(s.phones.Data))
		}
		col = &s.phones
	}
	s.hit = slices.Grow(s.hit[:0], rows)[:rows]
	clear(s.hit)
	for _, w := range s.words {
		w.in(col, func(row int) { s.hit[row] = s.hit[row] || !text.Whole || len(col.Value(row)) == len(w.text) })
	}
	for i := range s.matched {
		s.matched[i] = s.matched[i] && s.hit[i]
	}
	return nil
}

// matchTimes is match for what is asked of times; ms is when each row was accepted.
func (s *scanner) matchTimes(read func(name string) (*segment.Column, error), ms []int64) error {
	f := &s.p.filter
	ofText := func(column string) bool { return f.Text.Word != "" && f.Text.Column == column }
	if f.FCMSent.given() || ofText(FieldFCMSendTime) {
		col, err := read(FieldFCMSendTime)
		if err != nil {
			return err
		}
		for i := range s.matched {
			if !s.matched[i] {
				continue
			}
			at, text, err := unpackSent(col.Value(i), ms[i])
			if err != nil {
				return err
			}
			s.matched[i] = (!f.FCMSent.given() || at != 0 && f.FCMSent.has(time.UnixMilli(at))) &&
				(!ofText(FieldFCMSendTime) || at != 0 && s.times.inSecond(at/1000) || at == 0 && text != "" && s.times.inText(text))
		}
	}
	if f.Reserved.given() || ofText(push.FieldSndnRsevHour) {
		col, err := read(push.FieldSndnRsevHour)
		if err != nil {
			return err
		}
		for i := range s.matched {
			if value := col.Value(i); s.matched[i] {
				s.matched[i] = len(value) > 0 && (!f.Reserved.given() || s.times.reservedIn(string(value), f.Reserved)) &&
					(!ofText(push.FieldSndnRsevHour) || s.times.inReserved(string(value)))
			}
		}
	}
	return nil
}

// tokenFields is how many of its TokenFields a chunk is asked for at first. It has more
// if there were many pushes in its last millisecond.
const tokenFields = (ChunkRows + 100) / segment.GroupRows

// moreTokens reads the TokenFields of a chunk that were not asked for, if names has some
// and the chunk has more.
func (l *Log) moreTokens(ctx context.Context, ref chunkRef, chunk map[string]string, names []string) error {
	rows, _ := strconv.Atoi(chunk[ChunkCount])
	if rows <= tokenFields*segment.GroupRows || !slices.Contains(names, segment.TokenField(0)) || chunk[push.FieldDeviceID] != "" {
		return nil
	}
	var more []string
	for group := tokenFields; group*segment.GroupRows < rows; group++ {
		more = append(more, segment.TokenField(group))
	}
	fields, err := l.ReadChunk(ctx, ref.partition, ref.n, more...)
	maps.Copy(chunk, fields)
	return err
}

// decodeColumn reads a column of a chunk, which for device_id is in as many fields as
// there are groups; chunks of before there were groups have it in one.
func (s *scanner) decodeColumn(chunk map[string]string, name string, rows int) (*segment.Column, error) {
	if name != push.FieldDeviceID || chunk[name] != "" {
		return s.codec.Decode(chunk[name], &s.column)
	}
	s.tokens.Data, s.tokens.Ends = s.tokens.Data[:0], s.tokens.Ends[:0]
	for group := 0; group*segment.GroupRows < rows; group++ {
		if err := s.tokens.AddTokens(chunk[segment.TokenField(group)]); err != nil {
			return nil, err
		}
	}
	return &s.tokens, nil
}

// overrule asks the records of the pushes that changed since the chunk was written.
func (s *scanner) overrule(ctx context.Context, ref chunkRef, late []redis.Z, statuses []push.Status) error {
	rows := make(map[string]int, s.ids.Rows())
	for i := range s.ids.Rows() {
		rows[string(s.ids.Value(i))] = i
	}
	var members []member
	for _, z := range late {
		id, _ := z.Member.(string)
		if _, ok := rows[id]; ok {
			members = append(members, member{ref.partition, id, int64(z.Score)})
		}
	}
	for some := range slices.Chunk(members, walkStep) {
		records, err := s.parts(ctx, some, append(s.p.filter.fields(), FieldStatus), s.p.filter.leavesOutPacked())
		if err != nil {
			return err
		}
		for i, r := range records {
			row := rows[some[i].id]
			s.matched[row] = r != nil && s.p.filter.holds(r)
			if r != nil && statuses != nil {
				statuses[row] = r.Status
			}
		}
	}
	return nil
}

// living leaves only the rows whose push is still in the index.
func (s *scanner) living(ctx context.Context, ref chunkRef, h *hits) error {
	pipe := s.rdb.Pipeline()
	scores := make([]*redis.FloatCmd, len(h.rows))
	for i, row := range h.rows {
		scores[i] = pipe.ZScore(ctx, ref.partition.Index(), string(s.ids.Value(row)))
	}
	if _, err := pipe.Exec(ctx); err != nil && err != redis.Nil {
		return fmt.Errorf("read index: %w", err)
	}
	rows := h.rows
	h.rows = rows[:0]
	for i, row := range rows {
		switch ms, err := scores[i].Result(); {
		case err == redis.Nil:
		case err != nil:
			return fmt.Errorf("read index: %w", err)
		case int64(ms) >= ref.span.from && int64(ms) <= ref.span.to:
			h.rows = append(h.rows, row)
		}
	}
	return nil
}
