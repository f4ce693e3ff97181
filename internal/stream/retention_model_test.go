package stream

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// TestModelOfRetention is TestModel with pushes that leave the log, by age, by the
// number of rows, or by a flush, and whose ids may come again.
func TestModelOfRetention(t *testing.T) {
	t.Parallel()
	for seed := range 8 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := newModel(t, uint64(100+seed))
			for range 120 {
				if m.r.IntN(5) == 0 {
					m.removeSome()
				} else {
					m.step()
				}
				m.check(t, m.pushes)
			}
			m.readAll()
			m.check(t, m.pushes)
			m.checkCounters()
		})
	}
}

// removeSome removes pushes in some way, and checks which.
func (m *model) removeSome() {
	ctx := m.t.Context()
	before := map[int][]string{} // the ids of each partition, oldest first
	var all []string
	redriven := map[string]bool{} // they may have to wait for an entry of before
	for _, p := range m.keys.All() {
		before[p.Number] = m.rdb.ZRange(ctx, p.Index(), 0, -1).Val()
		for _, id := range before[p.Number] {
			redriven[id] = m.hash(m.t, id)["redrives"] != ""
			all = append(all, id)
		}
	}
	if len(all) == 0 {
		return
	}
	// should says whether a push that has ended must be gone.
	var should func(p pushlog.Partition, id string) bool
	var rows int
	switch m.r.IntN(4) {
	case 0:
		rows = 1 + m.r.IntN(len(all)+10)
		m.retain(m.t, m.retaining(m.t, "r", 0, rows), time.Now())
	case 1:
		cut := m.pushes[all[m.r.IntN(len(all))]].at
		m.retain(m.t, m.retaining(m.t, "r", time.Hour, 0), time.UnixMilli(cut).Add(time.Hour))
		should = func(_ pushlog.Partition, id string) bool { return m.pushes[id].at < cut }
	case 2:
		csno := strconv.Itoa(1 + m.r.IntN(2))
		m.flushNow(pushlog.Filter{Exact: push.Job{Csno: csno}})
		should = func(_ pushlog.Partition, id string) bool { return m.pushes[id].csno == csno }
	case 3:
		status := []push.Status{push.Sent, push.Failed, push.Expired, push.Cancelled}[m.r.IntN(4)]
		m.flushNow(pushlog.Filter{Statuses: []push.Status{status}})
		should = func(_ pushlog.Partition, id string) bool { return m.pushes[id].status == status }
	}
	for _, p := range m.keys.All() {
		kept, over := 0, 0
		if rows > 0 {
			over = len(before[p.Number]) - max(1, rows/m.keys.Partitions)
		}
		for _, id := range before[p.Number] {
			gone := len(m.hash(m.t, id)) == 0
			ended := m.pushes[id].status.Terminal()
			wanted := rows > 0 && over > 0 || rows == 0 && should(p, id)
			switch {
			case gone && (!ended || !wanted && !(rows > 0 && kept > 0)):
				m.t.Fatalf("%s is gone: %+v", id, m.pushes[id])
			case !gone && ended && wanted && !redriven[id] && kept == 0: // in the place of one that is kept, the next pass removes another
				m.t.Fatalf("%s is not gone: %+v", id, m.pushes[id])
			case !gone && ended && wanted:
				kept++ // another one goes in its place
			case gone:
				over--
				m.forget(id)
			}
		}
	}
}

// flushNow orders a flush, and has it carried out.
func (m *model) flushNow(f pushlog.Filter) {
	time.Sleep(2 * time.Millisecond) // what was accepted is of an earlier millisecond
	m.order(m.t, f)
	m.freeDuties(m.t)
	if done := m.flush(m.t, m.flusher(m.t, "f")); done.State != FlushDone {
		m.t.Fatalf("%+v", done)
	}
}

// forget has the model know nothing of a push any more.
func (m *model) forget(id string) {
	delete(m.pushes, id)
	delete(m.leftover, id)
	for name, hand := range m.hands {
		m.hands[name] = slices.DeleteFunc(hand, func(d *delivery) bool { return d.job.ID == id })
	}
}

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
			m.order(t, pushlog.Filter{})
			m.freeDuties(t)
			m.flush(t, m.flusher(t, "f"))
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
		m.retain(m.t, m.retaining(m.t, "r", 0, max(1, len(all)-m.r.IntN(200))), time.Now())
	case 1:
		at, _ := time.Parse(pushlog.TimeFormat, all[len(all)-1-m.r.IntN(min(200, len(all)))].AcceptedAt)
		m.retain(m.t, m.retaining(m.t, "r", time.Hour, 0), at.Add(time.Hour))
	case 2:
		time.Sleep(2 * time.Millisecond)
		filter := m.filter()
		if filter.Statuses = nil; m.r.IntN(2) == 0 {
			filter.Statuses = []push.Status{push.Sent}
		}
		m.order(m.t, filter)
		m.freeDuties(m.t)
		if done := m.flush(m.t, m.flusher(m.t, "f")); done.State != FlushDone {
			m.t.Fatalf("%+v", done)
		}
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
