package stream

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// Every transition, run a second time, as go-redis does when a reply was lost,
// leaves the whole store as the first run left it.
func TestTransitionsTwice(t *testing.T) {
	t.Parallel()
	now := time.Now()
	transitions := map[string]func(t *testing.T, b *bundle, c *Consumer) func(){
		"accept": func(t *testing.T, b *bundle, _ *Consumer) func() {
			later := job("later")
			later.DueAt = now.Add(time.Hour)
			return func() { b.accept(t, job("new"), later) }
		},
		"take": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.accept(t, job("a"))
			p := b.keys.Partition(0)
			entries, err := newReader(c, p).read(t.Context(), 5)
			if err != nil || len(entries) != 1 {
				t.Fatalf("read %v, %v", entries, err)
			}
			return func() {
				if err := c.open(t.Context(), p, entries, func(*delivery) {}); err != nil {
					t.Fatal(err)
				}
			}
		},
		"settle": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.accept(t, job("a"), job("b"), job("c"))
			d := b.read(t, c, b.keys.Partition(0), 5)
			return func() {
				b.settle(t, c, c.policy.decide(d[0], accepted, now, true),
					c.policy.decide(d[1], push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}, now, true),
					c.policy.expired(d[2], now))
			}
		},
		"retry": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.accept(t, job("a"))
			d := b.read(t, c, b.keys.Partition(0), 5)
			return func() { b.settle(t, c, c.policy.decide(d[0], unavailable, now, true)) }
		},
		"promote": func(t *testing.T, b *bundle, c *Consumer) func() {
			j := job("a")
			j.DueAt = now.Add(time.Hour)
			b.accept(t, j)
			return func() {
				if _, err := promote(t.Context(), b.rdb, b.keys, now.Add(2*time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
		},
		"release": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.accept(t, job("a"))
			d := b.read(t, c, b.keys.Partition(0), 5)
			return func() { b.settle(t, c, settlement{delivery: d[0], release: true}) }
		},
		"reject": func(t *testing.T, b *bundle, c *Consumer) func() {
			p := b.keys.Partition(0)
			id := b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: jobsKey(p), Values: []string{"what", "is this"}}).Val()
			return func() {
				if err := c.reject(t.Context(), p, entry{lane: laneNormal, id: id, values: map[string]any{"what": "is this"}}, push.CodeInvalidJob, "no idea"); err != nil {
					t.Fatal(err)
				}
			}
		},
		"renew": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.accept(t, job("a"))
			b.read(t, c, b.keys.Partition(0), 5)
			b.age(t, b.keys.Partition(0), nil)
			return func() {
				for _, d := range c.in {
					d.leasedAt = now.Add(-time.Hour)
				}
				if lost, err := c.renew(t.Context()); lost != 0 || err != nil {
					t.Fatal(lost, err)
				}
			}
		},
		"claim": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.accept(t, job("a"), job("b"))
			p := b.keys.Partition(0)
			b.read(t, b.consumer(t, "dead", nil), p, 1)
			if _, err := release(t.Context(), b.rdb, p, "dead", nil); err != nil {
				t.Fatal(err)
			}
			mine := []entry{{lane: laneNormal, id: pendingOf(t, b, jobsKey(p))[0].ID}}
			return func() {
				c.slots.take(t.Context(), 1, 1)
				if _, err := c.claim(t.Context(), p, mine); err != nil {
					t.Fatal(err)
				}
			}
		},
		"lapse": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.accept(t, job("a"), job("poison"))
			p := b.keys.Partition(0)
			d := b.read(t, b.consumer(t, "dead", nil), p, 2)
			b.age(t, p, nil)
			b.rdb.Do(t.Context(), "XCLAIM", jobsKey(p), Group, "dead", 0, d[1].entry, "IDLE", 60_000, "RETRYCOUNT", maxDeliveries, "JUSTID")
			return func() {
				stale := []entry{{lane: laneNormal, id: d[0].entry}, {lane: laneNormal, id: d[1].entry}}
				if err := (sweeper{c}).expire(t.Context(), p, stale, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
		},
		"redrive": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.accept(t, job("a"))
			d := b.read(t, c, b.keys.Partition(0), 5)
			b.settle(t, c, c.policy.expired(d[0], now))
			p := b.keys.Partition(0)
			again := call{redriveScript, []string{jobsKey(p), urgentKey(p), eventsKey(p), p.Index()},
				[]any{p.Base, eventsCap, push.DefaultTTL, "one operation", "a"}}
			return func() {
				if answers, err := run(t.Context(), b.rdb, again); err != nil || fmt.Sprint(answers) != "[[queued]]" {
					t.Fatal(answers, err)
				}
			}
		},
		"move": func(t *testing.T, b *bundle, c *Consumer) func() {
			later := job("later")
			later.DueAt = now.Add(time.Hour)
			b.accept(t, later, job("a"))
			return func() {
				got, err := NewControl(b.rdb, b.keys).move(t.Context(), "one operation", now.Add(2*time.Hour).UnixMilli(), "the time", "later", "a", "nothing")
				if err != nil || fmt.Sprint(got) != "[scheduled queued missing]" {
					t.Fatal(got, err)
				}
			}
		},
		"move to now": func(t *testing.T, b *bundle, c *Consumer) func() {
			later := job("later")
			later.DueAt, later.Priority = now.Add(time.Hour), push.Urgent
			b.accept(t, later, job("a"))
			d := b.read(t, c, b.keys.Partition(0), 5)
			b.settle(t, c, c.policy.decide(d[0], unavailable, now, true))
			return func() {
				got, err := NewControl(b.rdb, b.keys).move(t.Context(), "one operation", 0, "", "later", "a", "nothing")
				if err != nil || fmt.Sprint(got) != "[queued queued missing]" {
					t.Fatal(got, err)
				}
			}
		},
		"cancel": func(t *testing.T, b *bundle, c *Consumer) func() {
			later := job("later")
			later.DueAt = now.Add(time.Hour)
			b.accept(t, job("a"), later)
			return func() {
				if got, err := NewControl(b.rdb, b.keys).Cancel(t.Context(), "a", "later"); err != nil || got[0] != ChangeCancelled || got[1] != ChangeCancelled {
					t.Fatal(got, err)
				}
			}
		},
		"pack": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.send(t, c, several("sent", 20)...)
			b.seal(t, 100)
			w, err := logkeep.NewPacker(b.rdb, b.keys).Prepare(t.Context(), b.keys.Partition(0), 1, now.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			return func() {
				again := *w
				if _, _, err := logkeep.NewPacker(b.rdb, b.keys).Write(t.Context(), &again, w.Groups); err != nil {
					t.Fatal(err)
				}
			}
		},
		"reap of packed": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.send(t, c, several("sent", 20)...)
			b.pack(t)
			some := b.candidates(t, "sent-003", "sent-011")
			return func() { b.reap(t, b.keys.Partition(0), some...) }
		},
		"late answer for packed": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.send(t, c, job("a"))
			b.pack(t)
			d := &delivery{partition: b.keys.Partition(0), lane: laneNormal, entry: "1-1", job: job("a"), acceptedAt: now}
			return func() { b.settle(t, c, c.policy.decide(d, unavailable, now, true)) }
		},
		"bury": func(t *testing.T, b *bundle, c *Consumer) func() {
			dead := []settlement{{delivery: &delivery{job: job("a")}, code: push.CodeUnregistered, at: now, deadToken: true}}
			return func() { c.suppressTokens(t.Context(), dead) }
		},
		"forgive": func(t *testing.T, b *bundle, c *Consumer) func() {
			c.suppressTokens(t.Context(), []settlement{{delivery: &delivery{job: job("a")}, code: push.CodeUnregistered, at: now, deadToken: true},
				{delivery: &delivery{job: job("b")}, code: push.CodeUnregistered, at: now, deadToken: true}})
			return func() {
				if _, err := restore(t.Context(), b.rdb, b.keys, c.opt.Project, []string{pushlog.TokenHash("token-a")}); err != nil {
					t.Fatal(err)
				}
			}
		},
		"reask": func(t *testing.T, b *bundle, c *Consumer) func() {
			c.suppressTokens(t.Context(), []settlement{{delivery: &delivery{job: job("a")}, code: push.CodeUnregistered, at: now.Add(-recheckAfter), deadToken: true}})
			d := &delivery{job: job("a")}
			return func() {
				if err := c.recheck(t.Context(), []*delivery{d}); err != nil || d.suppressed != "" {
					t.Fatal(err, d.suppressed)
				}
			}
		},
		"leave": func(t *testing.T, b *bundle, c *Consumer) func() {
			b.accept(t, job("a"))
			d := b.read(t, c, b.keys.Partition(0), 5)
			b.settle(t, c, c.policy.decide(d[0], accepted, now, true))
			return func() {
				if gone, err := leave(t.Context(), b.rdb, b.keys.Partition(0), c.Name()); err != nil || !gone {
					t.Fatalf("left: %v, %v", gone, err)
				}
			}
		},
	}
	for name, prepare := range transitions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			act := prepare(t, b, b.consumer(t, "a", nil))
			before := redistest.Dump(t, b.rdb)
			act()
			first := redistest.Dump(t, b.rdb)
			if name != "take" && name != "renew" && maps.Equal(before, first) {
				t.Fatal("the first run changed nothing")
			}
			act()
			if second := redistest.Dump(t, b.rdb); !maps.Equal(first, second) {
				t.Fatalf("the second run changed the store:\n%s", diff(first, second))
			}
		})
	}
}

func diff(a, b map[string]string) string {
	var lines strings.Builder
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if a[key] != b[key] {
			fmt.Fprintf(&lines, "- %s %s\n+ %s %s\n", key, a[key], key, b[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[key]; !ok {
			fmt.Fprintf(&lines, "+ %s %s\n", key, b[key])
		}
	}
	return lines.String()
}

func TestAccept(t *testing.T) {
	t.Parallel()

	t.Run("writes the record that HGETALL shows", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		j := job("a")
		j.SndnRsevHour, j.Priority, j.TTL, j.Data = "20261122090000", push.Urgent, 60, map[string]string{"k": "v"}
		j.APIKey = "orders"
		b.accept(t, j)
		h := b.rdb.HGetAll(t.Context(), "push:{0}:record:a").Val()
		at, err := time.Parse(pushlog.TimeFormat, h["accepted_at"])
		if err != nil {
			t.Fatal(err)
		}
		if score := b.rdb.ZScore(t.Context(), "push:{0}:index", "a").Val(); int64(score) != at.UnixMilli() {
			t.Errorf("index has %v, the record %v", int64(score), at.UnixMilli())
		}
		want := map[string]string{
			"status": "queued", "accepted_at": h["accepted_at"], "expires_at": stamp(at.Add(time.Minute)), "entry": h["entry"],
			"sndn_rsev_hour": "20261122090000", "csno": "10023451", "push_grp_id": "G17", "device_id": "token-a",
			"msg_title": "체결", "data": `{"k":"v"}`, "priority": "urgent", "ttl": "60",
			"api_key": "orders", "fingerprint": j.Fingerprint(),
		}
		if !maps.Equal(h, want) {
			t.Errorf("record is\n%v, want\n%v", h, want)
		}
	})

	t.Run("the lifetime of a reserved push begins when it is due", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		j := job("a")
		j.DueAt = time.Date(2096, 2, 29, 15, 30, 0, 0, time.UTC)
		if got := b.accept(t, j); got[0] != Scheduled {
			t.Fatalf("answer %v", got)
		}
		if r := b.get(t, "a"); r.ExpiresAt != "2096-02-29T16:30:00.000Z" || r.Status != push.Scheduled {
			t.Errorf("record %+v", r)
		}
	})

	t.Run("gives an id to a job that has none, once", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 3)
		jobs := []push.Job{job("")}
		if a, err := b.producer.Accept(t.Context(), jobs); err != nil || a[0] != Queued {
			t.Fatal(a, err)
		}
		if a, err := b.producer.Accept(t.Context(), jobs); err != nil || a[0] != Repeated {
			t.Fatal(a, err)
		}
	})

	t.Run("refuses above the backlog, but still knows what it has", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		b.producer = NewProducer(b.rdb, b.keys, ProducerOptions{MaxBacklog: 2})
		later := job("later")
		later.DueAt = time.Now().Add(time.Hour)
		got := b.accept(t, job("a"), later, job("a"), job("b"), job("c"), job("a"))
		if want := []Answer{Queued, Scheduled, Repeated, Queued, Refused, Repeated}; !slices.Equal(got, want) {
			t.Errorf("answers %v, want %v", got, want)
		}
		if _, err := b.log.Get(t.Context(), "c"); err != pushlog.ErrNotFound {
			t.Errorf("a refused job left a record: %v", err)
		}
	})

	t.Run("hands thousands over in their order", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		var jobs []push.Job
		for n := range 1234 {
			jobs = append(jobs, job(fmt.Sprintf("j%04d", n)))
		}
		b.accept(t, jobs...)
		for n, e := range b.rdb.XRange(t.Context(), "push:{0}:jobs", "-", "+").Val() {
			if e.Values["id"] != jobs[n].ID {
				t.Fatalf("entry %d is %v, want %s", n, e.Values, jobs[n].ID)
			}
		}
	})
}

// What was accepted later than the clock says is over, and so is what was sealed:
// acceptance goes on after it.
func TestClock(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	src, err := library.Included("time", "accepted")
	if err != nil {
		t.Fatal(err)
	}
	// Both are set, and clock asked, within one millisecond.
	script := redis.NewScript(src + `
local K = ARGV[1]
local function ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local now, got
repeat
  now = ms()
  redis.call('DEL', K .. ':index', K .. ':sealed')
  if ARGV[2] ~= '-' then redis.call('ZADD', K .. ':index', now - 3600000, 'older', now + ARGV[2], 'newest') end
  if ARGV[3] ~= '-' then redis.call('HSET', K .. ':sealed', 'until_ms', string.format('%.0f', now + ARGV[3])) end
  got = clock(K)
until ms() == now
return got - now`)
	for _, tc := range []struct {
		newest, sealed string // ms after the clock
		want           int64
	}{
		{"-", "-", 0}, {"-1", "-", 0}, {"0", "-", 0}, {"1", "-", 1}, {"3600000", "-", 3600000},
		{"-", "-1", 0}, {"-", "0", 1}, {"-", "1", 2}, {"-", "3600000", 3600001},
		{"-2", "-2", 0}, {"-1", "-2", 0}, {"0", "-1", 0}, {"0", "0", 1}, {"-5", "0", 1},
		{"10", "10", 11}, {"10", "5", 10}, {"5", "10", 11}, {"10", "11", 12}, {"-10", "10", 11},
	} {
		got, err := script.Run(t.Context(), b.rdb, nil, p.Base, tc.newest, tc.sealed).Int64()
		if err != nil || got != tc.want {
			t.Errorf("newest at %s, sealed until %s: %d, want %d, %v", tc.newest, tc.sealed, got, tc.want, err)
		}
	}

	// So do accept and reject.
	future := time.Now().Add(time.Hour).UnixMilli()
	b.rdb.Del(t.Context(), p.Index())
	b.rdb.HSet(t.Context(), p.Sealed(), "until_ms", future)
	b.accept(t, job("a"), job("b"))
	b.accept(t, job("c"), job("a"))
	e := entry{lane: laneNormal, id: "1-1", values: map[string]any{"what": "is this"}}
	if err := b.consumer(t, "a", nil).reject(t.Context(), p, e, push.CodeInvalidJob, "no idea"); err != nil {
		t.Fatal(err)
	}
	b.accept(t, job("d"))
	want := map[string]int64{"a": 1, "b": 1, "c": 1, entryUUID(p, e, 0): 1, "d": 1}
	for id, after := range want {
		at := time.UnixMilli(int64(b.rdb.ZScore(t.Context(), p.Index(), id).Val()))
		if at.UnixMilli() != future+after || b.get(t, id).AcceptedAt != stamp(at) {
			t.Errorf("%s was accepted at %v, %v in its record", id, at.UnixMilli()-future, b.get(t, id).AcceptedAt)
		}
	}
}

// A push is in the index of the error code that its record has, and in no other.
func TestErrorCodeIndex(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p, c, control, now := b.keys.Partition(0), b.consumer(t, "a", nil), NewControl(b.rdb, b.keys), time.Now()
	expect := func(when string, want map[string]push.Code) {
		t.Helper()
		got := map[string]push.Code{}
		for _, key := range b.rdb.Keys(t.Context(), p.Base+":index:error_code:*").Val() {
			for _, id := range b.rdb.ZRange(t.Context(), key, 0, -1).Val() {
				got[id] += push.Code(strings.TrimPrefix(key, p.Base+":index:error_code:"))
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
		for id := range want {
			if r := b.get(t, id); r.ErrorCode != want[id] {
				t.Errorf("%s: %s has %q", when, id, r.ErrorCode)
			}
		}
	}
	settle := func(outcomes map[string]push.Outcome) {
		t.Helper()
		for _, d := range b.read(t, c, p, 10) {
			if o, ok := outcomes[d.job.ID]; ok {
				b.settle(t, c, c.policy.decide(d, o, now, true))
			} else {
				b.settle(t, c, c.policy.expired(d, now))
			}
		}
	}
	dead := push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404}

	b.accept(t, job("sent"), job("failed"), job("expired"), job("cancelled"), job("good"))
	expect("accepted", map[string]push.Code{})
	settle(map[string]push.Outcome{"sent": unavailable, "failed": unavailable, "expired": unavailable, "cancelled": unavailable, "good": accepted})
	all := map[string]push.Code{"sent": push.CodeUnavailable, "failed": push.CodeUnavailable, "expired": push.CodeUnavailable, "cancelled": push.CodeUnavailable}
	expect("retrying", all)
	if _, err := control.Cancel(t.Context(), "cancelled"); err != nil {
		t.Fatal(err)
	}
	if _, err := promote(t.Context(), b.rdb, b.keys, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	expect("queued once more", all)
	settle(map[string]push.Outcome{"sent": accepted, "failed": dead})
	delete(all, "sent")
	all["failed"] = push.CodeUnregistered
	expect("ended", all)
	if _, err := control.Redrive(t.Context(), "failed", "expired", "cancelled"); err != nil {
		t.Fatal(err)
	}
	expect("redriven", map[string]push.Code{})
	settle(map[string]push.Outcome{"failed": dead, "cancelled": accepted})
	expect("ended once more", map[string]push.Code{"failed": push.CodeUnregistered})
	if is := b.rdb.HExists(t.Context(), p.Record("good"), "error_code").Val(); is {
		t.Error("what never failed has a code")
	}

	e := entry{lane: laneNormal, id: "1-1", values: map[string]any{"what": "is this"}}
	if err := c.reject(t.Context(), p, e, push.CodeInvalidJob, "no idea"); err != nil {
		t.Fatal(err)
	}
	b.accept(t, job("poison"))
	settle(map[string]push.Outcome{"poison": unavailable})
	if _, err := promote(t.Context(), b.rdb, b.keys, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	d := b.read(t, b.consumer(t, "dead", nil), p, 1)
	b.rdb.Do(t.Context(), "XCLAIM", jobsKey(p), Group, "dead", 0, d[0].entry, "IDLE", 60_000, "RETRYCOUNT", maxDeliveries, "JUSTID")
	b.sweep(t, c, p)
	expect("unreadable, and poison", map[string]push.Code{"failed": push.CodeUnregistered, entryUUID(p, e, 0): push.CodeInvalidJob, "poison": push.CodePoison})
}

// A push that changes after a sealer has its time is late, and no other is.
func TestLate(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p, c, control, now := b.keys.Partition(0), b.consumer(t, "a", nil), NewControl(b.rdb, b.keys), time.Now()
	expect := func(want ...string) {
		t.Helper()
		var ids []string
		for _, z := range b.rdb.ZRangeWithScores(t.Context(), p.Late(), 0, -1).Val() {
			id := z.Member.(string)
			if at := b.rdb.ZScore(t.Context(), p.Index(), id).Val(); z.Score != at {
				t.Errorf("%s is late at %v, it was accepted at %v", id, z.Score, at)
			}
			ids = append(ids, id)
		}
		if slices.Sort(ids); !slices.Equal(ids, want) {
			t.Errorf("late are %v, want %v", ids, want)
		}
	}
	b.accept(t, job("done"))
	b.settle(t, c, c.policy.decide(b.read(t, c, p, 1)[0], accepted, now, true))
	reserved := job("reserved")
	reserved.DueAt = now.Add(time.Hour)
	b.accept(t, job("sealed"), reserved)
	b.rdb.HSet(t.Context(), p.Sealed(), "until_ms", int64(b.rdb.ZScore(t.Context(), p.Index(), "sealed").Val()))
	b.accept(t, job("newer"))
	expect()

	// Deliveries that are lost, and answers that come too late, are notes only.
	dead := b.consumer(t, "dead", nil)
	lost := b.read(t, dead, p, 2)
	b.age(t, p, nil)
	mine := b.sweep(t, c, p)
	b.settle(t, dead, dead.policy.decide(lost[0], accepted, now, true), dead.policy.decide(lost[1], unavailable, now, true))
	expect()

	b.settle(t, c, c.policy.decide(mine[0], unavailable, now, true), c.policy.decide(mine[1], accepted, now, true))
	expect("sealed")
	if _, err := control.Cancel(t.Context(), "reserved", "done", "newer"); err != nil {
		t.Fatal(err)
	}
	expect("reserved", "sealed")

	// Once a chunk has them as they are, only the next change counts.
	b.rdb.Del(t.Context(), p.Late())
	if _, err := control.Redrive(t.Context(), "reserved", "done"); err != nil {
		t.Fatal(err)
	}
	expect("reserved")
	if _, err := promote(t.Context(), b.rdb, b.keys, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	expect("reserved", "sealed")
}

func TestZombie(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	a, z := b.consumer(t, "new-owner", nil), b.consumer(t, "zombie", nil)
	b.accept(t, job("a"), job("b"))
	mine := b.read(t, z, p, 5)
	if len(mine) != 2 {
		t.Fatalf("read %d", len(mine))
	}
	for _, d := range mine { // both are taken away
		b.rdb.XClaim(t.Context(), &redis.XClaimArgs{Stream: jobsKey(p), Group: Group, Consumer: "new-owner", Messages: []string{d.entry}})
	}
	b.settle(t, z, z.policy.decide(mine[0], accepted, time.Now(), true), z.policy.decide(mine[1], unavailable, time.Now(), true))
	for _, id := range []string{"a", "b"} {
		r := b.get(t, id)
		if r.Status != push.Queued || len(r.Tries) != 0 || r.Attempts != 0 {
			t.Errorf("a zombie changed %s: %+v", id, r)
		}
		if len(r.Late) != 1 || !strings.Contains(r.Late[0], " zombie ") {
			t.Errorf("%s: late answers are %v", id, r.Late)
		}
	}
	if n := len(pendingOf(t, b, jobsKey(p))); n != 2 {
		t.Errorf("%d pending, want 2: the new owner's", n)
	}
	if n, err := release(t.Context(), b.rdb, p, "zombie", nil); n != 0 || err != nil {
		t.Errorf("the zombie handed back %d, %v", n, err)
	}
	var own []*delivery
	err := a.open(t.Context(), p, []entry{{lane: laneNormal, id: mine[0].entry, values: map[string]any{"id": "a"}}}, func(d *delivery) { own = append(own, d) })
	if err != nil || len(own) != 1 || own[0].deliveries != 2 {
		t.Errorf("the new owner got %+v, %v", own, err)
	}
}

func TestTakeDropsWhatIsSettled(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	c := b.consumer(t, "a", nil)
	b.accept(t, job("done"), job("queued"), job("waiting"))
	d := b.read(t, c, p, 5)
	b.settle(t, c, c.policy.decide(d[0], accepted, time.Now(), true), settlement{delivery: d[1], release: true}, c.policy.decide(d[2], unavailable, time.Now(), true))

	// Somebody adds entries for all three by hand; only the queued one's own counts.
	for _, id := range []string{"done", "queued", "waiting"} {
		b.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: jobsKey(p), Values: []string{"id", id}})
	}
	if got := b.read(t, c, p, 10); len(got) != 0 {
		t.Fatalf("delivered %d: %+v", len(got), got)
	}
	if got := b.sweep(t, c, p); len(got) != 1 || got[0].job.ID != "queued" {
		t.Fatalf("delivered %d: %+v", len(got), got)
	}
	if n := b.rdb.XLen(t.Context(), jobsKey(p)).Val(); n != 1 {
		t.Errorf("%d entries are left, want 1", n)
	}
}

func TestReleaseCountsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	c := b.consumer(t, "a", nil)
	var jobs []push.Job
	for n := range 250 { // more than one script takes
		jobs = append(jobs, job(fmt.Sprint("j", n)))
	}
	b.accept(t, jobs...)
	b.read(t, c, p, 250)
	if gone, err := leave(t.Context(), b.rdb, p, "a"); gone || err != nil {
		t.Fatalf("left with pushes in hand: %v, %v", gone, err)
	}
	if n, err := release(t.Context(), b.rdb, p, "a", nil); n != 250 || err != nil {
		t.Fatalf("handed back %d, %v", n, err)
	}
	other := b.consumer(t, "b", nil)
	got := b.sweep(t, other, p)
	if len(got) != 250 {
		t.Fatalf("the other got %d", len(got))
	}
	for _, d := range got {
		if d.deliveries != 1 || d.attempts != 0 {
			t.Fatalf("%s: %d deliveries, %d attempts", d.job.ID, d.deliveries, d.attempts)
		}
	}
}

func TestPromoteDropsWhatDoesNotWait(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.rdb.ZAdd(t.Context(), "push:{0}:due", redis.Z{Score: 1, Member: "nobody"})
	b.accept(t, job("queued"))
	b.rdb.ZAdd(t.Context(), "push:{0}:due", redis.Z{Score: 2, Member: "queued"})
	if n, err := promote(t.Context(), b.rdb, b.keys, time.Now()); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if n := b.rdb.XLen(t.Context(), "push:{0}:jobs").Val(); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
	if n := b.rdb.ZCard(t.Context(), "push:{0}:due").Val(); n != 0 {
		t.Errorf("%d are still due", n)
	}
}

// The dates that Lua writes are those that Go would.
func TestLuaDates(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	src, err := library.Included("time", "accepted")
	if err != nil {
		t.Fatal(err)
	}
	script := redis.NewScript(src + "\nreturn iso(tonumber(ARGV[1]))")
	for _, at := range []time.Time{
		time.UnixMilli(0), time.Date(2024, 2, 29, 23, 59, 59, 999e6, time.UTC), time.Date(2026, 12, 31, 0, 0, 0, 1e6, time.UTC),
		time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Now(),
	} {
		got, err := script.Run(t.Context(), b.rdb, nil, at.UnixMilli()).Text()
		if err != nil || got != stamp(at) {
			t.Errorf("%v is written %q (%v), want %q", at, got, err, stamp(at))
		}
	}
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	c := b.consumer(t, "a", nil)
	var jobs []push.Job
	for n := range 20 {
		j := job(fmt.Sprint("j", n))
		switch {
		case n < 4:
			j.Priority = push.Urgent
		case n < 7:
			j.DueAt = time.Now().Add(time.Hour)
		}
		jobs = append(jobs, j)
	}
	b.accept(t, jobs...)
	inHand := len(b.read(t, c, b.keys.Partition(0), 2))
	normal, urgent, err := ReadBacklog(t.Context(), b.rdb, b.keys)
	if err != nil {
		t.Fatal(err)
	}
	if normal.Due != 3 || normal.Unread+normal.Pending+urgent.Unread+urgent.Pending != 17 || int(normal.Pending+urgent.Pending) != inHand {
		t.Errorf("backlog is %+v, %+v with %d in hand", normal, urgent, inHand)
	}
	if normal.Oldest <= 0 || normal.Oldest > time.Hour {
		t.Errorf("the oldest is %v old", normal.Oldest)
	}
}

// What succeeded of a call that failed in part is known.
func TestAcceptInPart(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	b.rdb.Set(t.Context(), "push:{1}:index", "not a sorted set", 0)
	var jobs []push.Job
	for n := range 40 {
		jobs = append(jobs, job(fmt.Sprint("j", n)))
	}
	answers, err := b.producer.Accept(t.Context(), jobs)
	if err == nil {
		t.Fatal("no error")
	}
	for i, a := range answers {
		want := Queued
		if b.keys.Of(jobs[i].ID).Number == 1 {
			want = Unknown
		}
		if a != want {
			t.Errorf("%s of partition %d: %v, want %v", jobs[i].ID, b.keys.Of(jobs[i].ID).Number, a, want)
		}
	}
}

func TestCompareEntries(t *testing.T) {
	t.Parallel()
	order := []string{"0-1", "1-1", "9-0", "10-0", "1795368838847-0", "1795368838847-2", "1795368838847-10", "1795368838848-0"}
	for i, a := range order {
		for j, b := range order {
			if got := compareEntries(a, b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
}
