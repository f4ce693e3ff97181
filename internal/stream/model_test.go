package stream

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

func pendingOf(t testing.TB, b *bundle, stream string) []redis.XPendingExt {
	t.Helper()
	pending, err := b.rdb.XPendingExt(t.Context(), &redis.XPendingExtArgs{Stream: stream, Group: Group, Start: "-", End: "+", Count: 10_000}).Result()
	if err != nil {
		t.Fatal(err)
	}
	return pending
}

// TestModel runs random sequences of every transition, by two consumers that
// also take over from each other and act on what they have lost, each transition
// sometimes twice, against a model in memory; after every step the whole store
// must be what the model says.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range 12 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := newModel(t, uint64(seed))
			for range 120 {
				m.step()
				m.check(t, m.pushes)
			}
			m.readAll()
			m.check(t, m.pushes)
			m.checkCounters()
		})
	}
}

// model is the expected state, and who believes to have what in hand.
type model struct {
	*bundle
	t         *testing.T
	r         *rand.Rand
	consumers []*Consumer
	hands     map[string][]*delivery // by consumer; some were stolen since
	pushes    map[string]*held
	counters  map[string]int
	handed    map[string]int    // how often the present entry of a push was handed out
	entry     map[string]string // the present entry of a push in hand
	sealed    map[int]int64     // by partition: until when (ms) a sealer has what was accepted
	now       time.Time
	control   *Control
	stale     []*logkeep.Packing // what a packer has read and not written
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{
		bundle: setup(t, 1+int(seed%2)), t: t, r: rand.New(rand.NewPCG(seed, 7)), hands: map[string][]*delivery{},
		pushes: map[string]*held{}, counters: map[string]int{}, handed: map[string]int{}, entry: map[string]string{},
		sealed: map[int]int64{}, now: time.Now(),
	}
	m.control, m.leftover = NewControl(m.rdb, m.keys), map[string]bool{}
	m.consumers = []*Consumer{m.consumer(t, "a", nil), m.consumer(t, "b", nil)}
	return m
}

func (m *model) step() {
	c := m.consumers[m.r.IntN(len(m.consumers))]
	switch m.r.IntN(18) {
	case 0, 1, 2:
		m.acceptSome()
	case 3, 4:
		m.readSome(c)
	case 5, 6, 7:
		m.settleSome(c)
	case 8:
		m.promoteSome()
	case 9:
		m.steal(c)
	case 10:
		m.releaseAll(c)
	case 11:
		m.rdb.ScriptFlush(m.t.Context())
	case 12:
		m.redriveSome()
	case 13:
		m.cancelSome()
	case 14:
		m.sealSome()
	case 15:
		m.moveSome()
	case 16, 17:
		m.packSome()
	}
}

// packSome seals and packs what there is; sometimes it does not end, or works on what it
// has read long ago.
func (m *model) packSome() {
	time.Sleep(2 * time.Millisecond) // the last millisecond is over
	s, p := logkeep.NewSealer(m.rdb, m.keys, logkeep.Options{ChunkRows: 1 + m.r.IntN(4)}), m.keys.All()[m.r.IntN(m.keys.Partitions)]
	if _, err := s.Seal(m.t.Context(), p, time.Now().Add(time.Hour)); err != nil {
		m.t.Fatal(err)
	}
	m.sealed[p.Number] = max(m.sealed[p.Number], number(m.rdb.HGet(m.t.Context(), p.Sealed(), "until_ms").Val()))
	before := m.snapshot(p)
	m.stale = packSome(m.t, m.bundle, m.r, logkeep.NewPacker(m.rdb, m.keys), p, m.now.Add(24*time.Hour), m.stale)
	m.unchanged(p, before)
}

// snapshot are all records of a partition as Redis has them.
func (b *bundle) snapshotOf(t testing.TB, p pushlog.Partition) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, id := range b.rdb.ZRange(t.Context(), p.Index(), 0, -1).Val() {
		all[id] = b.hash(t, id)
	}
	return all
}

func (m *model) snapshot(p pushlog.Partition) map[string]map[string]string {
	return m.snapshotOf(m.t, p)
}

func (m *model) unchanged(p pushlog.Partition, before map[string]map[string]string) {
	m.t.Helper()
	for id, now := range m.snapshot(p) {
		if !maps.Equal(now, before[id]) {
			m.t.Fatalf("packing made of %s\n%v\n%v", id, before[id], now)
		}
	}
}

// packSome packs what was sent before a time, wholly, or only a part of it, as one who
// is killed, or what was read at an earlier call. It returns what it has read and not
// written.
func packSome(t testing.TB, b *bundle, r *rand.Rand, k *logkeep.Packer, p pushlog.Partition, before time.Time, stale []*logkeep.Packing) []*logkeep.Packing {
	t.Helper()
	ctx := t.Context()
	write := func(w *logkeep.Packing) {
		for some := range slices.Chunk(w.Groups, 1+r.IntN(3)) {
			if _, ok, err := k.Write(ctx, w, some); err != nil {
				t.Fatal(err)
			} else if !ok || r.IntN(4) == 0 {
				return
			}
		}
	}
	switch r.IntN(4) {
	case 0, 1:
		if _, err := k.Pass(ctx, p, before); err != nil {
			t.Fatal(err)
		}
	case 2:
		for _, w := range stale {
			write(w)
		}
		stale = nil
	}
	for _, n := range b.rdb.ZRange(ctx, p.Chunks(), 0, -1).Val() {
		if r.IntN(3) > 0 {
			continue
		}
		w, err := k.Prepare(ctx, p, number(n), before)
		if err != nil {
			t.Fatal(err)
		}
		if r.IntN(2) == 0 {
			stale = append(stale, w)
			continue
		}
		write(w)
	}
	return stale
}

// sealSome does what a sealer does before it reads: up to the newest push, to an
// older one, or to a time that Redis's clock has yet to reach once more.
func (m *model) sealSome() {
	for _, p := range m.keys.All() {
		var times []int64
		for id, w := range m.pushes {
			if m.keys.Of(id) == p {
				times = append(times, w.at)
			}
		}
		if len(times) == 0 || m.r.IntN(2) == 0 {
			continue
		}
		slices.Sort(times)
		newest := times[len(times)-1]
		until := []int64{newest, times[m.r.IntN(len(times))], newest + int64(m.r.IntN(30))}[m.r.IntN(3)]
		if until <= m.sealed[p.Number] {
			continue
		}
		m.sealed[p.Number] = until
		m.rdb.HSet(m.t.Context(), p.Sealed(), "until_ms", until)
	}
}

// changed notes that what a chunk has of a push, and may change, is another now.
func (m *model) changed(id string) {
	if w := m.pushes[id]; w.at <= m.sealed[m.keys.Of(id).Number] {
		w.late = true
	}
}

// acceptSome hands in new and known ids, twice the same in one call too: the known ones as
// they were, or with other content.
func (m *model) acceptSome() {
	var jobs []push.Job
	var want, again []Answer
	var fresh []string
	for range 1 + m.r.IntN(6) {
		j, w, answer := m.draw("p" + strconv.Itoa(m.r.IntN(60)))
		if before := m.pushes[j.ID]; before == nil {
			m.pushes[j.ID] = w
			m.counters["accepted"]++
			if answer == Expired {
				m.counters["expired"]++
			}
			fresh = append(fresh, j.ID)
			again = append(again, Repeated)
		} else {
			if m.r.IntN(2) == 0 {
				j = before.job
			}
			answer = before.answer(&j)
			again = append(again, answer)
		}
		jobs, want = append(jobs, j), append(want, answer)
	}
	got, err := m.producer.Accept(m.t.Context(), jobs)
	if err != nil || !slices.Equal(got, want) {
		m.t.Fatalf("accept answered %v (%v), want %v", got, err, want)
	}
	if m.r.IntN(2) == 0 { // the answer was lost, the client asks again
		if got := m.accept(m.t, jobs...); !slices.Equal(got, again) {
			m.t.Fatalf("accepted again: %v, want %v", got, again)
		}
	}
	for _, id := range fresh {
		w, p := m.pushes[id], m.keys.Of(id)
		if w.at = int64(m.rdb.ZScore(m.t.Context(), p.Index(), id).Val()); w.at <= m.sealed[p.Number] {
			m.t.Fatalf("%s was accepted at %d, among what is sealed up to %d", id, w.at, m.sealed[p.Number])
		}
		if m.r.IntN(4) == 0 { // a version before accepted it
			w.old = true
			m.rdb.HDel(m.t.Context(), p.Record(id), pushlog.FieldFingerprint)
		}
	}
}

// draw makes a job, what is expected of it, and of its acceptance if it is new.
func (m *model) draw(id string) (push.Job, *held, Answer) {
	j := job(id)
	j.Csno = []string{"", "1", "2"}[m.r.IntN(3)]
	if m.r.IntN(3) == 0 {
		j.Priority = push.Urgent
	}
	w := &held{status: push.Queued, lane: laneNormal, csno: j.Csno, group: j.PushGrpID, token: j.DeviceID}
	if j.Priority == push.Urgent {
		w.lane = laneUrgent
	}
	answer := Queued
	switch m.r.IntN(6) {
	case 0:
		j.DueAt = time.UnixMilli(m.now.UnixMilli()).Add(time.Duration(1+m.r.IntN(300)) * time.Minute)
		w.status, w.due, answer = push.Scheduled, j.DueAt.UnixMilli(), Scheduled
	case 1:
		j.DueAt = time.Now().Add(-time.Duration(1+m.r.IntN(58)) * time.Minute)
	case 2:
		j.DueAt = time.Now().Add(-time.Duration(60+m.r.IntN(1000)) * time.Minute)
		w.status, answer = push.Expired, Expired
	}
	w.job = j
	return j, w, answer
}

// answer is what is to be said of a job whose id is known.
func (w *held) answer(j *push.Job) Answer {
	same := w.job.Fingerprint() == j.Fingerprint()
	if w.old {
		same = w.job.FingerprintAtOnce() == j.FingerprintAtOnce()
	}
	if same {
		return Repeated
	}
	return Conflict
}

func (m *model) readSome(c *Consumer) {
	for _, p := range m.keys.All() {
		got := m.read(m.t, c, p, 1+m.r.IntN(4))
		for _, d := range got {
			w := m.pushes[d.job.ID]
			if w.status != push.Queued || w.owner != "" {
				m.t.Fatalf("%s was delivered, but it is %+v", d.job.ID, w)
			}
			w.owner = c.Name()
			m.handed[d.job.ID], m.entry[d.job.ID] = 1, d.entry
			m.counted(d)
		}
		m.hands[c.Name()] = append(m.hands[c.Name()], got...)
	}
}

// readAll has one consumer read everything: then nothing is left of what was
// cancelled.
func (m *model) readAll() {
	for _, p := range m.keys.All() {
		for _, d := range m.read(m.t, m.consumers[0], p, 200) {
			m.pushes[d.job.ID].owner = m.consumers[0].Name()
		}
	}
	m.leftover = nil
}

// counted checks the deliveries that a consumer is told of.
func (m *model) counted(d *delivery) {
	if want := m.pushes[d.job.ID].deliveries + m.handed[d.job.ID]; d.deliveries != want {
		m.t.Fatalf("%s: delivery %d, want %d", d.job.ID, d.deliveries, want)
	}
}

// settleSome lets a consumer finish some of what it believes to have.
func (m *model) settleSome(c *Consumer) {
	hand := m.hands[c.Name()]
	n := min(len(hand), 1+m.r.IntN(4))
	var batch []settlement
	for _, d := range hand[:n] {
		outcome := []push.Outcome{accepted, unavailable, {Code: push.CodeUnregistered, HTTPStatus: 404}, {Code: push.CodeCredential, HTTPStatus: 401}}[m.r.IntN(4)]
		s := c.policy.decide(d, outcome, m.now, true)
		if m.r.IntN(6) == 0 {
			s = c.policy.expired(d, m.now)
		}
		batch = append(batch, s)
		w := m.pushes[d.job.ID]
		// Lost to another: nothing may change. In nobody's hand: the outcome counts.
		if w.owner != c.Name() && w.owner != unassigned || m.entry[d.job.ID] != d.entry {
			continue
		}
		w.status, w.owner, w.deliveries = s.status, "", d.deliveries
		if s.line != "" && outcome.Code.Verdict() != push.VerdictHold {
			w.attempts++
		}
		if s.status == push.Retrying {
			w.due = s.due.UnixMilli()
		}
		if s.code != "" || s.status == push.Sent { // what expires without a try keeps the code of the last one
			w.code = s.code
		}
		m.changed(d.job.ID)
		m.counters[string(s.status)]++
		if s.code != "" {
			m.counters["error."+string(s.code)]++
		}
	}
	m.settle(m.t, c, batch...)
	if m.r.IntN(2) == 0 {
		m.settle(m.t, c, batch...)
	}
	m.hands[c.Name()] = hand[n:]
}

func (m *model) promoteSome() {
	m.now = m.now.Add(time.Duration(m.r.IntN(60)) * time.Minute)
	want := int64(0)
	for id, w := range m.pushes {
		if (w.status == push.Scheduled || w.status == push.Retrying) && w.due <= m.now.UnixMilli() {
			w.status = push.Queued
			m.changed(id)
			want++
		}
	}
	for range 1 + m.r.IntN(2) {
		got, err := promote(m.t.Context(), m.rdb, m.keys, m.now)
		if err != nil || got != want {
			m.t.Fatalf("promoted %d (%v), want %d", got, err, want)
		}
		want = 0
	}
}

// steal has c take over everything that others have in hand, as if they had been
// silent. They do not notice. What was handed out five times is poison.
func (m *model) steal(c *Consumer) {
	poisoned, want := 0, map[string]bool{}
	for id, w := range m.pushes {
		switch {
		case w.owner == "" || w.owner == c.Name():
		case w.owner != unassigned && m.handed[id] >= maxDeliveries:
			w.status, w.owner, w.deliveries, w.code = push.Failed, "", w.deliveries+m.handed[id], push.CodePoison
			m.changed(id)
			poisoned++
		default: // what was handed back before is claimed as well
			w.owner, want[id] = unassigned, true
		}
	}
	for _, p := range m.keys.All() {
		m.age(m.t, p, func(e redis.XPendingExt) bool { return e.Consumer != unassigned })
		if err := (sweeper{c}).sweep(m.t.Context(), p, time.Now(), time.Now()); err != nil {
			m.t.Fatal(err)
		}
	}
	for _, d := range m.reclaim(m.t, c) {
		if !want[d.job.ID] {
			m.t.Fatalf("%s was claimed, but it is %+v", d.job.ID, m.pushes[d.job.ID])
		}
		delete(want, d.job.ID)
		m.handed[d.job.ID]++
		m.pushes[d.job.ID].owner = c.Name()
		m.counted(d)
		m.entry[d.job.ID] = d.entry
		m.hands[c.Name()] = append(m.hands[c.Name()], d)
	}
	// The rest it has in hand already and did not notice losing; or they are
	// suspects, of which it has one at a time.
	owners := map[string]string{}
	for _, p := range m.keys.All() {
		for _, lane := range []int{laneNormal, laneUrgent} {
			for _, e := range pendingOf(m.t, m.bundle, laneKey(p, lane)) {
				owners[laneKey(p, lane)+" "+e.ID] = e.Consumer
			}
		}
	}
	for id := range want {
		switch owner := owners[laneKey(m.keys.Of(id), m.pushes[id].lane)+" "+m.entry[id]]; {
		case owner == c.Name() && slices.ContainsFunc(m.hands[c.Name()], func(d *delivery) bool { return d.entry == m.entry[id] }):
			m.handed[id]++
			m.pushes[id].owner = owner
		case owner != unassigned || m.handed[id] < suspectAfter:
			m.t.Fatalf("%s was not claimed, %q has it", id, owner)
		}
	}
	if poisoned > 0 {
		m.counters["failed"] += poisoned
		m.counters["error.POISON"] += poisoned
	}
}

// redriveSome redrives any pushes, twice, as when the answer was lost.
func (m *model) redriveSome() {
	ids, want := m.some(), []Change(nil)
	for _, id := range ids {
		w := m.pushes[id]
		switch {
		case w == nil:
			want = append(want, ChangeMissing)
		case w.status == push.Failed || w.status == push.Expired || w.status == push.Cancelled:
			w.status, w.owner, w.code = push.Queued, "", ""
			m.changed(id)
			m.counters["redriven"]++
			want = append(want, ChangeQueued)
		case w.status == push.Queued:
			want = append(want, ChangeWaiting)
		default:
			want = append(want, Change(w.status))
		}
	}
	got, err := m.control.Redrive(m.t.Context(), ids...)
	if err != nil || !slices.Equal(got, want) {
		m.t.Fatalf("redrive of %v: %v (%v), want %v", ids, got, err, want)
	}
}

// moveSome gives any pushes another time, or none, each time twice.
func (m *model) moveSome() {
	due := int64(0)
	if m.r.IntN(2) == 0 {
		due = max(m.now.UnixMilli(), nowMS()) + int64(1+m.r.IntN(10_000_000))
	}
	ids, want := m.some(), []Change(nil)
	for _, id := range ids {
		w := m.pushes[id]
		switch {
		case w == nil:
			want = append(want, ChangeMissing)
		case due > 0 && w.status == push.Scheduled:
			w.due = due
			m.changed(id)
			want = append(want, ChangeScheduled)
		case due == 0 && (w.status == push.Scheduled || w.status == push.Retrying):
			w.status = push.Queued
			m.changed(id)
			want = append(want, ChangeQueued)
		default:
			want = append(want, Change(w.status))
		}
	}
	op := operation()
	for range 2 {
		got, err := m.control.move(m.t.Context(), op, due, "20261122093000", ids...)
		if err != nil || !slices.Equal(got, want) {
			m.t.Fatalf("move of %v to %d: %v (%v), want %v", ids, due, got, err, want)
		}
	}
}

// cancelSome cancels any pushes, twice.
func (m *model) cancelSome() {
	ids, want := m.some(), []Change(nil)
	for _, id := range ids {
		w := m.pushes[id]
		switch {
		case w == nil:
			want = append(want, ChangeMissing)
		case w.status.Terminal():
			want = append(want, Change(w.status))
		case w.owner != "" && w.owner != unassigned:
			want = append(want, ChangeInFlight)
		default:
			if w.status == push.Queued && w.owner == "" {
				m.leftover[id] = true // its entry stays until somebody reads it
			}
			w.status, w.owner = push.Cancelled, ""
			m.changed(id)
			m.counters["cancelled"]++
			want = append(want, ChangeCancelled)
		}
	}
	for range 2 {
		got, err := m.control.Cancel(m.t.Context(), ids...)
		if err != nil || !slices.Equal(got, want) {
			m.t.Fatalf("cancel of %v: %v (%v), want %v", ids, got, err, want)
		}
	}
}

// some are a few ids, not all of which are known.
func (m *model) some() []string {
	var ids []string
	for _, n := range m.r.Perm(60)[:1+m.r.IntN(8)] {
		ids = append(ids, "p"+strconv.Itoa(n))
	}
	return ids
}

// releaseAll is a stop of c: all it owns goes back.
func (m *model) releaseAll(c *Consumer) {
	for _, p := range m.keys.All() {
		if _, err := release(m.t.Context(), m.rdb, p, c.Name(), nil); err != nil {
			m.t.Fatal(err)
		}
		if gone, err := leave(m.t.Context(), m.rdb, p, c.Name()); err != nil || !gone {
			m.t.Fatalf("left: %v, %v", gone, err)
		}
	}
	c.mu.Lock()
	clear(c.in)
	c.mu.Unlock()
	for id, w := range m.pushes {
		if w.owner == c.Name() {
			w.owner = unassigned
			m.handed[id]--
		}
	}
	m.hands[c.Name()] = nil
}

// checkCounters compares the counters of the minutes and those of the hours, summed
// up, with the model's.
func (m *model) checkCounters() {
	const day = 24 * time.Hour
	for kind, life := range map[string]time.Duration{"minute": 2 * day, "hour": 400 * day} {
		got := map[string]int{}
		for _, key := range m.rdb.Keys(m.t.Context(), "push:*:"+kind+":*").Val() {
			for field, n := range m.rdb.HGetAll(m.t.Context(), key).Val() {
				k, _ := strconv.Atoi(n)
				got[field] += k
			}
			if ttl := m.rdb.TTL(m.t.Context(), key).Val(); ttl > life || ttl < life-time.Hour {
				m.t.Errorf("%s lives for %v, want %v", key, ttl, life)
			}
		}
		if !maps.Equal(got, m.counters) {
			m.t.Errorf("the %ss count %v, want %v", kind, got, m.counters)
		}
	}
	for _, p := range m.keys.All() {
		for _, e := range m.rdb.XRange(m.t.Context(), eventsKey(p), "-", "+").Val() {
			if e.Values["lapsed"] != nil {
				continue
			}
			for pair := range slices.Chunk(strings.Fields(fmt.Sprint(e.Values["changes"])), 2) {
				if len(pair) != 2 || !push.Status(pair[1]).Valid() || !strings.HasPrefix(pair[0], "p") {
					m.t.Errorf("event %s says %v", e.ID, pair)
				}
			}
		}
	}
}
