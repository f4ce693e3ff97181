package stream

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pushstream/internal/logkeep"
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
		m.retain(logkeep.Options{MaxRows: rows}, time.Now())
	case 1:
		cut := m.pushes[all[m.r.IntN(len(all))]].at
		m.retain(logkeep.Options{MaxAge: time.Hour}, time.UnixMilli(cut).Add(time.Hour))
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

// retain makes steps in all partitions until there is nothing to do, at a time.
func (m *model) retain(o logkeep.Options, now time.Time) {
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
