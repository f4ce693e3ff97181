package whole

import (
	"fmt"
	"testing"
	"time"

	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// TestLogModelOfRetention is TestLogModel with pushes that leave the log, sealed or
// not, while it is sealed, and some of whose ids come again.
func TestLogModelOfRetention(t *testing.T) {
	t.Parallel()
	for seed := range 4 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := newLogModel(t, uint64(50+seed))
			for i := range 60 {
				if i%5 == 4 {
					m.removeSome()
				} else {
					m.step()
				}
				for range 3 {
					m.ask()
				}
			}
			// When all has gone, its chunks have.
			m.remove(pushlog.Filter{})
			for range 10 {
				m.ask()
			}
			for _, p := range m.keys.All() {
				for _, n := range m.rdb.ZRange(t.Context(), p.Chunks(), 0, -1).Val() {
					span := m.rdb.HMGet(t.Context(), p.Base+":chunk:"+n, pushlog.ChunkFirst, pushlog.ChunkLast).Val()
					if m.rdb.ZCount(t.Context(), p.Index(), fmt.Sprint(span[0]), fmt.Sprint(span[1])).Val() == 0 {
						t.Errorf("chunk %s has no push, and stays", n)
					}
				}
				for _, id := range m.rdb.ZRange(t.Context(), p.Late(), 0, -1).Val() {
					if m.rdb.Exists(t.Context(), p.Record(id)).Val() == 0 {
						t.Errorf("%s is late, and gone", id)
					}
				}
			}
		})
	}
}

// removeSome removes pushes in some way, and accepts some ids once more.
func (m *logModel) removeSome() {
	all := m.naive(pushlog.Filter{})
	if len(all) == 0 {
		return
	}
	switch m.r.IntN(3) {
	case 0:
		m.retain(logkeep.Options{MaxRows: max(1, len(all)-m.r.IntN(200))}, time.Now())
	case 1:
		at, _ := time.Parse(pushlog.TimeFormat, all[len(all)-1-m.r.IntN(min(200, len(all)))].AcceptedAt)
		m.retain(logkeep.Options{MaxAge: time.Hour}, at.Add(time.Hour))
	case 2:
		filter := m.filter()
		if filter.Statuses = nil; m.r.IntN(2) == 0 {
			filter.Statuses = []push.Status{push.Sent}
		}
		m.remove(filter)
		for _, r := range m.naive(filter) {
			if r.Status.Terminal() && len(r.Redrives) == 0 {
				m.t.Fatalf("%+v is left by %+v", r, filter)
			}
		}
	}
	var again []push.Job
	for i := 1; i <= m.n && len(again) < 50; i++ {
		id := fmt.Sprintf("id-%d", i)
		if m.r.IntN(10) == 0 && len(m.hash(m.t, id)) == 0 {
			j := job(id)
			j.Csno, j.MsgContents = fmt.Sprint(m.r.IntN(30)), contents[m.r.IntN(len(contents))]
			again = append(again, j)
		}
	}
	if len(again) > 0 {
		m.handIn(again...)
	}
}

// retain makes steps in all partitions until there is nothing to do, at a time.
func (m *logModel) retain(o logkeep.Options, now time.Time) {
	m.t.Helper()
	r := logkeep.NewRetainer(m.rdb, m.keys, o)
	for _, p := range m.keys.All() {
		for more, steps := true, 0; more; steps++ {
			var err error
			if more, err = r.Step(m.t.Context(), p, now.UnixMilli()); err != nil || steps > 10_000 {
				m.t.Fatal(steps, err)
			}
		}
	}
}

// remove removes all that a filter selects, and the chunks that are empty then.
func (m *logModel) remove(f pushlog.Filter) {
	m.t.Helper()
	candidates := map[pushlog.Partition][]logkeep.Candidate{}
	for _, r := range m.naive(f) {
		p := m.keys.Of(r.ID)
		ms := m.rdb.ZScore(m.t.Context(), p.Index(), r.ID).Val()
		candidates[p] = append(candidates[p], logkeep.Candidate{Cursor: pushlog.Cursor{MS: int64(ms), ID: r.ID}, Record: r})
	}
	for _, p := range m.keys.All() {
		if _, err := logkeep.Reap(m.t.Context(), m.rdb, p, 0, candidates[p]); err != nil {
			m.t.Fatal(err)
		}
		for rank, more := int64(0), true; more; more = rank > 0 {
			var err error
			if rank, err = logkeep.DropChunks(m.t.Context(), m.rdb, p, rank); err != nil {
				m.t.Fatal(err)
			}
		}
	}
}
