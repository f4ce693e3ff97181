package whole

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// logModel is a log in which everything happens, and what a naive look at every
// record finds in it.
type logModel struct {
	*bundle
	t       *testing.T
	r       *rand.Rand
	sealers []*logkeep.Sealer
	packer  *logkeep.Packer
	n       int
	jobs    map[string]push.Job // as they were handed in
	in      int                 // answers in a row that are UNAVAILABLE
	stale   []*logkeep.Packing  // what a packer has read and not written
	asked   map[string]int      // questions by how they were answered
	wholes  []pushlog.Text      // values that columns had when they were asked for
}

func newLogModel(t *testing.T, seed uint64) *logModel {
	m := &logModel{bundle: setup(t, 1+int(seed%3)), t: t, r: rand.New(rand.NewPCG(seed, 11)), asked: map[string]int{}, jobs: map[string]push.Job{}}
	for range 2 {
		m.sealers = append(m.sealers, logkeep.NewSealer(m.rdb, m.keys, logkeep.Options{ChunkRows: 30}))
	}
	m.packer = logkeep.NewPacker(m.rdb, m.keys)
	return m
}

var (
	titles   = []string{"체결 안내", "매수 체결", "Order FILLED", "공시", "Fill 체결", "ａｂｃ", "", "İSTANBUL straße"}
	contents = []string{"삼성전자 10주가 체결되었습니다.", "입금 100,000원", "order 10 filled", "배당금이\n입금되었습니다", "Ｋ", "x\x00y", "a체결b", "결체"}
	services = []string{"trade", "TRADE", "notice", ""}
	words    = []string{"체결", "결안", "fill", "FILL", "order", "10", "입금", "원", "a", "없는말", "G1", "\n", "x\x00", "token-1", "UNREGISTERED", "projects/p", "ß", "i", "İ", "8210", "Y", "n", "+82 10", "0100", "０１０", "-00", "20", "later"}
	phones   = []string{"010-%04d", "010-%04d", "+82-10-%04d", "０１０－%04d", "10 1234%04d", "821012%04d", "", "abc"}
	seoul    = time.FixedZone("Asia/Seoul", 9*3600)
)

func (m *logModel) acceptSome() {
	var jobs []push.Job
	for range 1 + m.r.IntN(200) {
		m.n++
		j := job(fmt.Sprintf("id-%d", m.n))
		j.Csno = fmt.Sprint(m.r.IntN(30))
		j.UUIDID = fmt.Sprintf("%08X-uuid", m.r.IntN(500))
		j.DeviceID = fmt.Sprintf("token-%d", m.r.IntN(40))
		j.MsgTitle = titles[m.r.IntN(len(titles))]
		j.MsgContents = contents[m.r.IntN(len(contents))] + fmt.Sprint(m.r.IntN(50))
		j.ServiceName = services[m.r.IntN(len(services))]
		j.PushGrpID = fmt.Sprintf("G%d", m.r.IntN(4))
		j.CustTelno = fmt.Sprintf(phones[m.r.IntN(len(phones))], m.r.IntN(100))
		if m.r.IntN(10) == 0 {
			j.DueAt = time.Now().Add(time.Duration(m.r.IntN(7200)-600) * time.Second)
			j.SndnRsevHour = m.reserved(j.DueAt)
		}
		jobs = append(jobs, j)
	}
	m.handIn(jobs...)
}

// handIn has new jobs accepted.
func (m *logModel) handIn(jobs ...push.Job) {
	m.accept(m.t, jobs...)
	for _, j := range jobs {
		m.jobs[j.ID] = j
	}
	// A question is about what was accepted until now; after what was sealed just now, a
	// push is accepted a millisecond ahead.
	for _, p := range m.keys.All() {
		for _, newest := range m.rdb.ZRevRangeWithScores(m.t.Context(), p.Index(), 0, 0).Val() {
			eventually(m.t, "its time has come", func() bool {
				return float64(m.rdb.Time(m.t.Context()).Val().UnixMilli()) > newest.Score
			})
		}
	}
}

// settleSome has up to n pushes sent, with one outcome or the other.
func (m *logModel) settleSome(n int) {
	m.deliver(m.t, n, func() push.Outcome {
		o := []push.Outcome{sent, sent, sent, unavailable, unregistered}[m.r.IntN(5)]
		if m.in++; o.Code != push.CodeUnavailable || m.in > 3 { // many of these in a row open the circuit
			m.in = 0
			if o.Code == push.CodeUnavailable {
				o = sent
			}
		}
		return o
	})
}

// reserved is a time as sndn_rsev_hour has it, in one way or the other; seldom one that
// can't be read, as somebody may write by hand.
func (m *logModel) reserved(at time.Time) string {
	layouts := []string{"20060102150405", "20060102150405", time.RFC3339, "2006-01-02T15:04:05Z", "later"}
	layout := layouts[m.r.IntN(len(layouts))]
	if layout == layouts[3] {
		return at.UTC().Format(layout)
	}
	return at.In(seoul).Format(layout)
}

// step is one thing that happens.
func (m *logModel) step() {
	ctx := m.t.Context()
	s := m.sealers[m.r.IntN(len(m.sealers))]
	p := m.keys.All()[m.r.IntN(m.keys.Partitions)]
	some := func() []string {
		var ids []string
		for range m.r.IntN(40) {
			ids = append(ids, fmt.Sprintf("id-%d", 1+m.r.IntN(max(1, m.n))))
		}
		return append(ids, "nobody")
	}
	var err error
	switch m.r.IntN(16) {
	case 15:
		m.untime(p)
	case 14:
		at := time.Now().Add(time.Duration(60+m.r.IntN(7200)) * time.Second)
		_, err = m.control.Move(ctx, at, m.reserved(at), some()...)
	case 0, 1:
		m.acceptSome()
	case 2:
		m.settleSome(m.r.IntN(500))
	case 3:
		err = m.sendNow(m.t)
	case 4:
		_, err = m.control.Redrive(ctx, some()...)
	case 5:
		_, err = m.control.Cancel(ctx, some()...)
	case 6: // a sealer that is killed after its first step
		_, err = s.Mark(ctx, p, number(m.rdb.HGet(ctx, p.Sealed(), "written_ms").Val()), time.Now().Add(time.Hour))
	case 7, 8, 9, 10:
		_, err = s.SealNext(ctx, p, time.Now().Add([]time.Duration{-time.Hour, time.Hour, time.Hour}[m.r.IntN(3)]))
	case 11:
		err = s.Merge(ctx, p)
	case 12, 13:
		m.packSome(p)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// untime has a chunk be as one that a version without columns of times has sealed, or has
// folded since.
func (m *logModel) untime(p pushlog.Partition) {
	ctx := m.t.Context()
	for _, n := range m.rdb.ZRange(ctx, p.Chunks(), 0, -1).Val() {
		chunk := p.Base + ":chunk:" + n
		switch m.r.IntN(6) {
		case 0:
			m.rdb.HDel(ctx, chunk, pushlog.ChunkTimes, push.FieldSndnRsevHour, pushlog.FieldFCMSendTime)
		case 1:
			m.rdb.HIncrBy(ctx, chunk, pushlog.ChunkFolds, 1)
			m.rdb.HSet(ctx, chunk, pushlog.FieldFCMSendTime, "of before", push.FieldSndnRsevHour, "of before")
		}
	}
}

// packSome packs: all, or what was sent until a moment ago; wholly, or only a part of it,
// as a process that is killed, or what was read at an earlier call. Each record stays what
// it is, and its id known.
func (m *logModel) packSome(p pushlog.Partition) {
	before := m.snapshot(m.t, p)
	m.pack(p, time.Now().Add([]time.Duration{-50 * time.Millisecond, time.Hour}[m.r.IntN(2)]))
	for id, now := range m.snapshot(m.t, p) {
		if !maps.Equal(now, before[id]) {
			m.t.Fatalf("packing made of %s\n%v\n%v", id, before[id], now)
		}
	}
	m.checkPacked(m.t)
	packed := m.packed(m.t, p)
	m.asked["packed"] += len(packed)
	for _, id := range packed[:min(3, len(packed))] {
		same := m.jobs[id]
		other := same
		other.MsgTitle += "."
		if got := m.accept(m.t, same, other); !slices.Equal(got, []stream.Answer{stream.Repeated, stream.Conflict}) {
			m.t.Fatalf("%s is packed, and was accepted again: %v", id, got)
		}
	}
}

// pack packs what was sent before a time, or a part of it.
func (m *logModel) pack(p pushlog.Partition, before time.Time) {
	ctx, k := m.t.Context(), m.packer
	write := func(w *logkeep.Packing) {
		for some := range slices.Chunk(w.Groups, 1+m.r.IntN(3)) {
			if _, ok, err := k.Write(ctx, w, some); err != nil {
				m.t.Fatal(err)
			} else if !ok || m.r.IntN(4) == 0 {
				return
			}
		}
	}
	switch m.r.IntN(4) {
	case 0, 1:
		if _, err := k.Pass(ctx, p, before); err != nil {
			m.t.Fatal(err)
		}
	case 2:
		for _, w := range m.stale {
			write(w)
		}
		m.stale = nil
	}
	for _, n := range m.rdb.ZRange(ctx, p.Chunks(), 0, -1).Val() {
		if m.r.IntN(3) > 0 {
			continue
		}
		w, err := k.Prepare(ctx, p, number(n), before)
		if err != nil {
			m.t.Fatal(err)
		}
		if m.r.IntN(2) == 0 {
			m.stale = append(m.stale, w)
			continue
		}
		write(w)
	}
}

// filter is a random question.
func (m *logModel) filter() (f pushlog.Filter) {
	one := func(yes int) bool { return m.r.IntN(yes) == 0 }
	if one(3) {
		for range 1 + m.r.IntN(3) {
			f.Statuses = append(f.Statuses, push.Statuses()[m.r.IntN(7)])
		}
	}
	if one(6) {
		f.Exact.Csno = fmt.Sprint(m.r.IntN(31))
	}
	if one(6) {
		f.Exact.PushGrpID = fmt.Sprintf("G%d", m.r.IntN(5))
	}
	if one(8) {
		f.Exact.DeviceID = fmt.Sprintf("token-%d", m.r.IntN(41))
	}
	if one(6) {
		f.Exact.ServiceName = services[m.r.IntN(3)]
	}
	if one(6) {
		f.ErrorCode = []push.Code{push.CodeUnregistered, push.CodeUnavailable, "NONE"}[m.r.IntN(3)]
	}
	all := m.naive(pushlog.Filter{})
	if one(2) {
		columns := pushlog.SearchColumns()
		f.Text = pushlog.Text{Column: columns[m.r.IntN(len(columns))], Word: words[m.r.IntN(len(words))], Whole: one(4)}
	} else if one(2) && len(all) > 0 {
		f.Text = m.whole(all)
	} else if one(2) && len(all) > 0 {
		f.Text = m.timeWord(all)
	}
	f.Text.Word = pushlog.NormalWord(f.Text.Column, f.Text.Word)
	if f.Text.Word == "" {
		f.Text = pushlog.Text{}
	}
	spanOf := func(of func(r *pushlog.Record) string) (since, until time.Time) {
		at := func() time.Time {
			t, err := time.Parse(pushlog.TimeFormat, of(&all[m.r.IntN(len(all))]))
			if err != nil {
				t = time.Now().Add(time.Duration(m.r.IntN(7200)) * time.Second)
			}
			return t.Add(time.Duration(m.r.IntN(3)-1) * time.Millisecond)
		}
		if since = at(); one(2) {
			if until = at(); !since.Before(until) {
				until = since.Add(time.Millisecond)
			}
		}
		if one(4) && !until.IsZero() {
			since = time.Time{}
		}
		return since, until
	}
	if one(3) && len(all) > 0 {
		f.Since, f.Until = spanOf(func(r *pushlog.Record) string { return r.AcceptedAt })
	}
	if one(6) {
		f.FCMSendYN = []string{pushlog.SentYes, pushlog.SentNo}[m.r.IntN(2)]
	}
	if one(6) && len(all) > 0 {
		f.FCMSent.Since, f.FCMSent.Until = spanOf(func(r *pushlog.Record) string { return r.FCMSendTime })
	}
	if one(6) && len(all) > 0 {
		f.Reserved.Since, f.Reserved.Until = spanOf(func(*pushlog.Record) string { return "" })
	}
	if f.Zone = seoul; one(8) {
		f.Zone = nil
	}
	return f
}

// timeWord is what somebody types for a time of some push.
func (m *logModel) timeWord(all []pushlog.Record) pushlog.Text {
	t := pushlog.Text{Column: []string{push.FieldSndnRsevHour, pushlog.FieldFCMSendTime}[m.r.IntN(2)], Whole: m.r.IntN(2) == 0}
	at, err := time.Parse(pushlog.TimeFormat, all[m.r.IntN(len(all))].FCMSendTime)
	if r := all[m.r.IntN(len(all))]; err != nil || t.Column == push.FieldSndnRsevHour && r.SndnRsevHour != "" {
		if at, err = time.Parse(time.RFC3339, r.SndnRsevHour); err != nil {
			at, _ = time.ParseInLocation("20060102150405", r.SndnRsevHour, seoul)
		}
	}
	layouts := []string{"2006-01-02 15:04:05", "20060102150405", "2006-01-02 15:04", "2006/01/02", "15:04:05", ":04:", "0405", time.RFC3339, pushlog.TimeFormat, "2006-01-02T15:04:05", "later"}
	t.Word = at.In(seoul).Format(layouts[m.r.IntN(len(layouts))])
	m.asked["time"]++
	return t
}

// whole is a value that a column of some push has, or had.
func (m *logModel) whole(all []pushlog.Record) pushlog.Text {
	if len(m.wholes) > 0 && m.r.IntN(3) == 0 {
		return m.wholes[m.r.IntN(len(m.wholes))]
	}
	columns := append(pushlog.SearchColumns(), pushlog.FieldResult, pushlog.FieldResult) // which changes
	name := columns[m.r.IntN(len(columns))]
	text, err := json.Marshal(all[m.r.IntN(len(all))])
	values := map[string]any{}
	if err != nil || json.Unmarshal(text, &values) != nil {
		m.t.Fatal(err)
	}
	word, _ := values[name].(string)
	if word == "" {
		return pushlog.Text{}
	}
	m.asked["whole "+name]++
	m.wholes = append(m.wholes, pushlog.Text{Column: name, Word: word, Whole: true})
	return m.wholes[len(m.wholes)-1]
}

// naive reads every record, newest first.
func (m *logModel) naive(f pushlog.Filter) []pushlog.Record {
	ids := map[pushlog.Partition][]string{}
	for i := 1; i <= m.n; i++ {
		id := fmt.Sprintf("id-%d", i)
		ids[m.keys.Of(id)] = append(ids[m.keys.Of(id)], id)
	}
	var all []pushlog.Record
	for p, ids := range ids {
		records, err := m.log.Fetch(m.t.Context(), p, ids)
		if err != nil {
			m.t.Fatal(err)
		}
		all = append(all, slices.DeleteFunc(records, func(r pushlog.Record) bool { return !f.Matches(&r) })...)
	}
	slices.SortFunc(all, func(a, b pushlog.Record) int {
		return -strings.Compare(a.AcceptedAt+" "+a.ID, b.AcceptedAt+" "+b.ID)
	})
	return all
}

// ask compares one question's answers with the naive ones.
func (m *logModel) ask() {
	f := m.filter()
	want := m.naive(f)
	q := pushlog.Query{Filter: f, Size: 1 + m.r.IntN(60), Oldest: m.r.IntN(2) == 0}
	q.Page = 1 + m.r.IntN(len(want)/q.Size+2)
	if q.Oldest {
		slices.Reverse(want)
	}
	page, err := m.log.List(m.t.Context(), q)
	if err != nil {
		m.t.Fatalf("%+v: %v", q, err)
	}
	shown := want[min((q.Page-1)*q.Size, len(want)):min(q.Page*q.Size, len(want))]
	if page.Total != int64(len(want)) || !page.Exact || len(page.Records) != len(shown) {
		m.t.Fatalf("%+v by %s: %d of %d (exact %v), want %d of %d", q, page.How, len(page.Records), page.Total, page.Exact, len(shown), len(want))
	}
	for i, r := range page.Records {
		if yn := pushlog.SendYN(r.Status); r.FCMSendYN != yn {
			m.t.Fatalf("what is %s has fcm_send_yn %q, want %q", r.Status, r.FCMSendYN, yn)
		}
		if !reflect.DeepEqual(r, shown[i]) {
			m.t.Fatalf("%+v by %s, row %d:\n%+v, want\n%+v", q, page.How, i, r, shown[i])
		}
	}
	var each []string
	err = m.log.Each(m.t.Context(), f, q.Oldest, func(rs []pushlog.Record) error {
		for _, r := range rs {
			each = append(each, r.ID)
		}
		return nil
	})
	var ids []string
	for _, r := range want {
		ids = append(ids, r.ID)
	}
	if err != nil || !slices.Equal(each, ids) {
		m.t.Fatalf("%+v: each is %d, want %d, %v", f, len(each), len(ids), err)
	}
	m.askHistogram(f, want)
	m.asked[string(page.How)]++
}

func (m *logModel) askHistogram(f pushlog.Filter, want []pushlog.Record) {
	if f.Since.IsZero() {
		f.Since = time.Now().Add(-time.Minute)
	}
	if f.Until.IsZero() {
		f.Until = time.Now().Add(time.Minute)
	}
	h, err := m.log.Histogram(m.t.Context(), f, time.Second)
	if err != nil || !h.Exact {
		m.t.Fatal(err, h.Exact)
	}
	counts := map[string]int64{}
	for _, r := range want {
		at, _ := time.Parse(pushlog.TimeFormat, r.AcceptedAt)
		counts[fmt.Sprint(at.Sub(f.Since)/time.Second, r.Status)]++
	}
	for i, s := range h.Spans {
		total := int64(0)
		for status, n := range s.Counts {
			if key := fmt.Sprint(time.Duration(i), status); counts[key] != n {
				m.t.Fatalf("%+v by %s: span %d has %d %s, want %d", f, h.How, i, n, status, counts[key])
			} else {
				delete(counts, key)
			}
			total += n
		}
		if s.Total != total {
			m.t.Fatalf("span %d: total %d, sum %d", i, s.Total, total)
		}
	}
	if len(counts) > 0 {
		m.t.Fatalf("%+v by %s: the histogram lacks %v", f, h.How, counts)
	}
}

// Whatever happens to a log, sealed or not, every question finds exactly what a
// look at every record finds.
func TestLogModel(t *testing.T) {
	t.Parallel()
	for seed := range 6 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := newLogModel(t, uint64(seed))
			for i := range 60 {
				m.step()
				if i%3 == 0 {
					for range 3 {
						m.ask()
					}
				}
			}
			for range 40 {
				m.ask()
			}
			t.Log(m.n, "pushes,", m.rdb.ZCard(t.Context(), m.keys.Partition(0).Chunks()).Val(), "chunks,", m.rdb.ZCard(t.Context(), m.keys.Partition(0).Late()).Val(), "late; asked by", m.asked)
		})
	}
}

// While pushes arrive, are sent and sealed, the pages of a filter within one AsOf
// show what was accepted by then, each once.
func TestPagesHoldStill(t *testing.T) {
	t.Parallel()
	for partitions, oldest := range map[int]bool{1: false, 3: true} {
		t.Run(fmt.Sprint(partitions, " oldest ", oldest), func(t *testing.T) {
			t.Parallel()
			m := newLogModel(t, uint64(partitions-1))
			sealing := logkeep.NewSealer(m.rdb, m.keys, logkeep.Options{ChunkRows: 40})
			ctx, stop := context.WithCancel(t.Context())
			var beside errgroup.Group
			beside.Go(func() error {
				for ctx.Err() == nil {
					m.acceptSome()
					m.settleSome(100)
					time.Sleep(20 * time.Millisecond)
				}
				return nil
			})
			beside.Go(func() error {
				for ctx.Err() == nil {
					for _, p := range m.keys.All() {
						if _, err := sealing.SealNext(t.Context(), p, time.Now()); err != nil {
							return err
						}
						if err := sealing.Merge(t.Context(), p); err != nil {
							return err
						}
					}
				}
				return nil
			})
			var asked []seen
			for _, f := range []pushlog.Filter{
				{}, {Exact: push.Job{PushGrpID: "G1"}}, {Exact: push.Job{Csno: "7", PushGrpID: "G2"}}, {Exact: push.Job{ServiceName: "trade"}},
				{Text: pushlog.Text{Column: push.FieldMsgContents, Word: "체결"}}, {Text: pushlog.Text{Column: push.FieldDeviceID, Word: "TOKEN-1"}},
			} {
				eventually(t, "some pushes", func() bool { return m.rdb.ZCard(ctx, m.keys.Partition(0).Index()).Val() > 300 })
				asked = append(asked, m.pageThrough(f, oldest))
			}
			stop()
			if err := beside.Wait(); err != nil {
				t.Fatal(err)
			}
			for _, a := range asked {
				var want []string
				for _, r := range m.naive(a.filter) {
					at, _ := time.Parse(pushlog.TimeFormat, r.AcceptedAt)
					if !at.After(a.asOf) {
						want = append(want, r.ID)
					}
				}
				if oldest {
					slices.Reverse(want)
				}
				if !slices.Equal(a.ids, want) {
					t.Errorf("%+v: %d pushes on the pages, want %d", a.filter, len(a.ids), len(want))
				}
			}
		})
	}
}

// seen are the pushes on all pages of a filter.
type seen struct {
	filter pushlog.Filter
	asOf   time.Time
	ids    []string
}

func (m *logModel) pageThrough(f pushlog.Filter, oldest bool) seen {
	s := seen{filter: f}
	for n := 1; ; n++ {
		page, err := m.log.List(m.t.Context(), pushlog.Query{Filter: f, Page: n, Size: 37, Oldest: oldest, AsOf: s.asOf})
		if err != nil {
			m.t.Fatal(err)
		}
		s.asOf = page.AsOf
		for _, r := range page.Records {
			s.ids = append(s.ids, r.ID)
		}
		if len(page.Records) == 0 {
			return s
		}
	}
}
