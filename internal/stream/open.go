package stream

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
)

const (
	// What a record keeps of an unreadable entry, in bytes: of a field, of all of them
	// together, and why it could not be read.
	maxRawField  = 4096
	maxRaw       = 16 << 10
	maxRawFields = 64
	maxRawName   = 128
	maxReason    = 1000
)

// open turns entries of one partition, just read, into deliveries. An entry
// that names a record is taken; one that carries a whole job is accepted like
// any other job, and its place taken by the entry that names the new record;
// one that can't be read becomes a failed record. After an error those not
// opened are still pending for this consumer.
func (c *Consumer) open(ctx context.Context, p pushlog.Partition, entries []entry, start func(*delivery)) error {
	var named, whole, deleted []entry
	for _, e := range entries {
		switch {
		case e.values == nil:
			deleted = append(deleted, e)
		case len(e.values) == 1 && e.values[push.FieldID] != nil:
			named = append(named, e)
		default:
			whole = append(whole, e)
		}
	}
	whole, err := c.fixIDsOfWhole(ctx, p, whole)
	if err != nil {
		return err
	}
	for len(named) > 0 {
		n := min(len(named), scriptBatch)
		if err := c.take(ctx, p, named[:n], start); err != nil {
			return err
		}
		named = named[n:]
	}
	if len(deleted) > 0 {
		pending, err := c.discard(ctx, p, deleted)
		if err != nil {
			return err
		}
		if pending > 0 { // else they were settled since we looked
			c.log.Warn("entries were deleted while they were pending", zap.Int64("entries", pending))
			if err := c.tellDeleted(ctx, p, deleted); err != nil {
				return err
			}
		}
	}
	return c.adopt(ctx, p, whole)
}

// fixIDsOfWhole gives the lanes of entries whose ids lie in the future ids of now, and
// returns the other entries: those are read again.
func (c *Consumer) fixIDsOfWhole(ctx context.Context, p pushlog.Partition, whole []entry) ([]entry, error) {
	limit := c.clock.Now().Add(aheadAtMost)
	ahead := map[int][]string{}
	for _, e := range whole {
		if entryTime(e.id).After(limit) {
			ahead[e.lane] = append(ahead[e.lane], e.id)
		}
	}
	for lane, ids := range ahead {
		s, err := fixIDs(ctx, c.rdb, p, lane, ids)
		if err != nil {
			return nil, err
		}
		if s.report(c.log, p, lane); s.what != "moved" {
			continue
		}
		whole = slices.DeleteFunc(whole, func(e entry) bool { return e.lane == lane && slices.Contains(ids, e.id) })
	}
	return whole, nil
}

var takeScript = library.Load("take", redisscript.Writes, redisscript.Names{Keys: "jobs urgent", Args: "K group consumer", Each: "lane entry id"})

// take runs the take script over entries that name a record.
func (c *Consumer) take(ctx context.Context, p pushlog.Partition, entries []entry, start func(*delivery)) error {
	var b redisscript.Batch[entry]
	for _, e := range entries {
		b.Add(takeScript.Call([]string{jobsKey(p), urgentKey(p)}, p.Base, Group, c.opt.Name), e, e.lane, e.id, e.values[push.FieldID])
	}
	if err := b.Run(ctx, c.rdb); err != nil {
		return fmt.Errorf("take: %w", err)
	}
	var missing, broken []entry
	var taken []*delivery
	dropped := 0
	for e, result := range b.Answers() {
		values, ok := result.([]any)
		switch {
		case ok:
			d := parseDelivery(p, e, values)
			if c.hold(d) {
				taken = append(taken, d)
			}
		case result == "missing":
			missing = append(missing, e)
		case result == "broken":
			broken = append(broken, e)
		default:
			dropped++
			c.log.Debug("entry dropped", zap.String("id", fmt.Sprint(e.values[push.FieldID])), zap.String("entry", e.id), zap.Any("why", result))
		}
	}
	if dropped > 0 {
		c.log.Info("dropped entries whose push has ended, or has another entry", zap.Int("entries", dropped))
	}
	c.suppress(ctx, taken)
	for _, d := range taken {
		start(d)
	}
	for _, e := range missing {
		if err := c.reject(ctx, p, e, push.CodeInvalidJob, "it names a push that has no record"); err != nil {
			return err
		}
	}
	for _, e := range broken {
		if err := c.reject(ctx, p, e, push.CodeInvalidJob, "the key of its record, "+p.Record(fmt.Sprint(e.values[push.FieldID]))+", holds no hash"); err != nil {
			return err
		}
	}
	return nil
}

// parseDelivery reads what take.lua returns for one entry.
func parseDelivery(p pushlog.Partition, e entry, values []any) *delivery {
	text := func(i int) string {
		if i >= len(values) {
			return ""
		}
		s, _ := values[i].(string)
		return s
	}
	d := &delivery{partition: p, lane: e.lane, entry: e.id, leasedAt: e.leasedAt}
	handed, _ := values[0].(int64)
	before, _ := strconv.Atoi(text(1))
	d.deliveries, d.handed = before+int(handed), int(handed)
	id, _ := e.values[push.FieldID].(string)
	d.job = push.Job{
		ID: id, DeviceID: text(2), MsgTitle: text(3), MsgContents: text(4), Priority: push.Priority(text(6)),
	}
	if s := text(5); s != "" {
		_ = json.Unmarshal([]byte(s), &d.job.Data) // written by accept
	}
	d.acceptedAt, d.expiresAt = parseStamp(text(7)), parseStamp(text(8))
	d.attempts, _ = strconv.Atoi(text(9))
	d.retryUntil = parseStamp(text(10))
	d.before, _ = strconv.Atoi(text(11))
	d.redriven = text(11) != ""
	d.refusals, d.refusedAt = parseRefused(text(12))
	return d
}

func parseStamp(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// discard removes entries whose jobs are accounted for; it returns how many
// were pending.
func (c *Consumer) discard(ctx context.Context, p pushlog.Partition, entries []entry) (int64, error) {
	ids := map[int][]string{}
	for _, e := range entries {
		ids[e.lane] = append(ids[e.lane], e.id)
	}
	var acks []*redis.IntCmd
	_, err := c.rdb.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		for lane, list := range ids {
			acks = append(acks, tx.XAck(ctx, laneKey(p, lane), Group, list...))
			tx.XDel(ctx, laneKey(p, lane), list...)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("remove entries: %w", err)
	}
	var pending int64
	for _, ack := range acks {
		pending += ack.Val()
	}
	return pending, nil
}

// tellDeleted reports deleted entries as events.
func (c *Consumer) tellDeleted(ctx context.Context, p pushlog.Partition, entries []entry) error {
	_, err := c.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, e := range entries {
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: eventsKey(p), MaxLen: eventsCap, Approx: true,
				Values: []string{"deleted", laneKey(p, e.lane) + " " + e.id}})
		}
		return nil
	})
	if err != nil && !isExhausted(err) { // the next script that adds an event makes the stream again
		return fmt.Errorf("report deleted entries: %w", err)
	}
	return nil
}

var rejectScript = library.Load("reject", redisscript.Adds, redisscript.Names{Keys: "jobs urgent index events", Args: "K group lane entry events_cap id code", Rest: "field value"})

// reject makes a failed record of an entry that can't be read as a job, with
// code, reason, and its raw fields.
func (c *Consumer) reject(ctx context.Context, p pushlog.Partition, e entry, code push.Code, reason string) error {
	// The record must be where its id leads to.
	id := ""
	for n := 0; id == "" || c.keys.Of(id) != p; n++ {
		id = entryUUID(p, e, n)
	}
	wrote, err := rejectScript.Run(ctx, c.rdb, []string{jobsKey(p), urgentKey(p), p.Index(), eventsKey(p)},
		p.Base, Group, e.lane, e.id, eventsCap, id, string(code),
		pushlog.FieldResult, string(code)+": "+cut(reason, maxReason), pushlog.FieldRaw, rawFields(e))
	if redis.HasErrorPrefix(err, "OOM") { // as in adopt
		c.trouble.note("rejecting an unreadable entry", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("reject: %w", err)
	}
	if wrote == int64(1) { // else another did, or we did and did not hear of it
		c.metrics.end(push.Failed, code, time.Time{}, time.Time{})
	}
	c.log.Warn("unreadable entry", zap.String("id", id), zap.String("entry", e.id))
	return nil
}

// rawFields is the JSON of an entry's fields, long ones cut, as many as there is room
// for; those of a job before others.
func rawFields(e entry) string {
	raw, left := map[string]string{}, maxRaw
	names := slices.SortedFunc(maps.Keys(e.values), func(a, b string) int {
		return cmp.Or(cmp.Compare(unknown(a), unknown(b)), cmp.Compare(a, b))
	})
	for _, name := range names {
		if len(raw) == maxRawFields || left <= 0 {
			break
		}
		s, _ := e.values[name].(string)
		name, s = cut(name, maxRawName), cut(s, min(maxRawField, left))
		raw[name] = s
		text, _ := json.Marshal(s) // with its escapes
		left -= len(name) + len(text)
	}
	b, _ := json.Marshal(raw) // texts always marshal
	return string(b)
}

// unknown is 1 for a name that no field of a job has.
func unknown(name string) int {
	if slices.Contains(push.Fields(), name) {
		return 0
	}
	return 1
}

func cut(s string, most int) string {
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
