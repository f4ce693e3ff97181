package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"pushstream/internal/access"
	"pushstream/internal/push"
	"pushstream/internal/stream"
)

type apiFlags struct {
	Rows    int           `default:"1000000" help:"Fill the log with this many ended pushes."`
	Queries int           `default:"200" help:"Make this many requests of each kind."`
	Clients int           `default:"1000" help:"Connect this many clients to the live events; 0: skip that part."`
	Rate    int           `default:"1000" help:"Hand in this many pushes a second meanwhile."`
	Time    time.Duration `default:"20s" help:"Let pushes flow for this long."`
}

// clientsOfToken is how many clients of the live events one token has here: fewer
// than one actor may have.
const clientsOfToken = 10

// apiBench measures the admin as a process of its own, over HTTP.
type apiBench struct {
	*logBench
	flags apiFlags
	admin *adminServer
	users *access.Store
}

func newAPIBench(p *pipeline, flags apiFlags) *apiBench {
	return &apiBench{logBench: newLogBench(p, logFlags{Rows: flags.Rows}), flags: flags}
}

func (b *apiBench) measure(ctx context.Context) ([]result, error) {
	return b.withRedis(ctx, b.run)
}

func (b *apiBench) run(ctx context.Context) (results []result, err error) {
	b.rdb = b.logBench.client()
	defer b.rdb.Close()
	b.users = access.New(b.rdb, keys.Prefix, access.Options{})
	b.say("filling")
	if _, err := b.fill(ctx); err != nil {
		return nil, err
	}
	if err := stream.EnsureGroups(ctx, b.rdb, keys); err != nil {
		return nil, err
	}
	if b.admin, err = b.serve(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.admin.Stop(30*time.Second)) }()
	for _, part := range []struct {
		name string
		run  func(context.Context) ([]result, error)
	}{{"logins", b.logins}, {"requests", b.requests}, {"live events", b.live}} {
		b.say("%s", part.name)
		some, err := part.run(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		results = append(results, some...)
	}
	return results, nil
}

// logins measures what a login costs, nearly all of it argon2id.
func (b *apiBench) logins(ctx context.Context) ([]result, error) {
	const n = 20
	took := make([]float64, n)
	for i := range took {
		start := time.Now()
		if err := b.admin.login(ctx); err != nil {
			return nil, err
		}
		took[i] = ms(start)
	}
	slices.Sort(took)
	return []result{{"login, argon2id with " + fmt.Sprint(access.DefaultCost.MemoryKiB/1024) + " MiB and " + fmt.Sprint(access.DefaultCost.Time) + " passes, p50",
		percentile(took, 0.5), "ms", "", n}}, nil
}

func ms(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }

// requests measures what the pages of the dashboard ask for.
func (b *apiBench) requests(ctx context.Context) ([]result, error) {
	last := max(1, b.rows/100)
	var results []result
	for _, q := range []struct{ name, path, target string }{
		{"GET /pushes, page 1", "/pushes", "≤ 20"},
		{fmt.Sprintf("GET /pushes, page %d", max(1, last/2)), fmt.Sprintf("/pushes?page=%d", max(1, last/2)), "≤ 20"},
		{fmt.Sprintf("GET /pushes, page %d", last), fmt.Sprintf("/pushes?page=%d", last), "≤ 20"},
		{"GET /pushes, failed", "/pushes?status=failed", "≤ 20"},
		{"GET /summary", "/summary", ""},
		{"GET /counts", "/counts", ""},
	} {
		took := make([]float64, b.flags.Queries)
		if err := b.admin.get(ctx, q.path); err != nil { // connections
			return nil, err
		}
		for i := range took {
			start := time.Now()
			if err := b.admin.get(ctx, q.path); err != nil {
				return nil, err
			}
			took[i] = ms(start)
		}
		slices.Sort(took)
		results = append(results, result{q.name + ", p50", percentile(took, 0.5), "ms", "", len(took)},
			result{"  p95", percentile(took, 0.95), "ms", q.target, len(took)})
	}
	return results, nil
}

// told is a message as one client got it.
type told struct {
	id   string
	at   time.Time
	data []byte // kept by the first client only
}

// live has many clients watch while pushes flow, and measures how late they are told.
func (b *apiBench) live(ctx context.Context) (_ []result, err error) {
	if b.flags.Clients == 0 {
		return nil, nil
	}
	s, err := b.system(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	before, err := residentKiB(b.admin.PID())
	if err != nil {
		return nil, err
	}
	watching, end := context.WithCancel(ctx)
	defer end()
	var clients errgroup.Group
	got, open := make([][]told, b.flags.Clients), make(chan struct{}, b.flags.Clients)
	token := ""
	for i := range got {
		if i%clientsOfToken == 0 {
			if token, err = b.users.AddToken(ctx, access.NewToken{Name: "bench-" + strconv.Itoa(i), Scopes: []access.Permission{access.Read},
				By: benchUser, ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
				return nil, err
			}
		}
		own := token
		clients.Go(func() error {
			messages, err := b.watch(watching, own, i == 0, open)
			got[i] = messages
			return err
		})
	}
	for range got {
		select {
		case <-open:
		case <-time.After(30 * time.Second):
			return nil, errors.New("not every client was let in")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	accepted, err := b.flow(ctx)
	if err != nil {
		return nil, err
	}
	with, err := residentKiB(b.admin.PID())
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, 3*time.Second); err != nil { // the last message
		return nil, err
	}
	end()
	if err := clients.Wait(); err != nil {
		return nil, err
	}
	delays, short := delaysOf(got, accepted)
	if len(delays) == 0 {
		return nil, errors.New("no client got an event")
	}
	return []result{
		{"live events: from acceptance of the oldest push in a message to a client, p50", percentile(delays, 0.5), "ms", "", len(delays)},
		{"  p99", percentile(delays, 0.99), "ms", "≤ 2,000", len(delays)},
		{"  clients that were not told everything", float64(short), "", "0", len(got)},
		{"  memory of the admin before", float64(before) / 1024, "MiB", "", 0},
		{"  and with the clients", float64(with) / 1024, "MiB", "", len(got)},
	}, nil
}

// flow accepts pushes at the rate, and returns when each was.
func (b *apiBench) flow(ctx context.Context) (map[string]time.Time, error) {
	const step = 20 * time.Millisecond
	producer := stream.NewProducer(b.rdb, keys, stream.ProducerOptions{})
	accepted := map[string]time.Time{}
	tick := time.NewTicker(step)
	defer tick.Stop()
	start, n := time.Now(), 0
	for time.Since(start) < b.flags.Time {
		var jobs []push.Job
		now := time.Now()
		for due := int(now.Sub(start).Seconds() * float64(b.flags.Rate)); n < due; n++ {
			id := "live-" + strconv.Itoa(n)
			accepted[id] = now
			jobs = append(jobs, push.Job{ID: id, DeviceID: "token-" + id, MsgTitle: "체결", Priority: push.Normal, TTL: push.DefaultTTL})
		}
		for some := range slices.Chunk(jobs, 100) {
			if _, err := producer.Accept(ctx, some); err != nil {
				return nil, err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return accepted, nil
}

// watch is a client: it notes each message about pushes until ctx ends.
func (b *apiBench) watch(ctx context.Context, token string, keep bool, open chan<- struct{}) ([]told, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", b.admin.url+"/api/v1/events?topics=pushes", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("events: %s", resp.Status)
	}
	open <- struct{}{}
	var all []told
	var one told
	topic := ""
	lines := bufio.NewReaderSize(resp.Body, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			if ctx.Err() != nil {
				return all, nil
			}
			return all, fmt.Errorf("events: %w", err)
		}
		line = bytes.TrimRight(line, "\n")
		switch name, value, _ := bytes.Cut(line, []byte(":")); {
		case len(line) == 0:
			if topic == "pushes" {
				one.at = time.Now()
				all = append(all, one)
			}
			one, topic = told{}, ""
		case string(name) == "id":
			one.id = string(bytes.TrimSpace(value))
		case string(name) == "event":
			topic = string(bytes.TrimSpace(value))
		case string(name) == "data" && keep:
			one.data = bytes.Clone(value)
		}
	}
}

// delaysOf returns how late each client got each message, in ms and sorted, and how
// many clients did not get all that the first one got.
func delaysOf(got [][]told, accepted map[string]time.Time) (delays []float64, short int) {
	oldest := map[string]time.Time{} // by id of the message
	told := map[string]bool{}        // a push changes twice: only the first time counts
	for _, one := range got[0] {
		var m struct {
			Changes []struct {
				ID string `json:"id"`
			} `json:"changes"`
		}
		if json.Unmarshal(one.data, &m) != nil {
			continue
		}
		for _, c := range m.Changes {
			at, known := accepted[c.ID]
			known = known && !told[c.ID]
			told[c.ID] = true
			if first, is := oldest[one.id]; known && (!is || at.Before(first)) {
				oldest[one.id] = at
			}
		}
	}
	for _, messages := range got {
		seen := 0
		for _, one := range messages {
			if at, is := oldest[one.id]; is {
				seen++
				delays = append(delays, float64(one.at.Sub(at).Microseconds())/1000)
			}
		}
		if seen < len(oldest) {
			short++
		}
	}
	slices.Sort(delays)
	return delays, short
}

// residentKiB is the memory of a process (Linux).
func residentKiB(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, is := strings.CutPrefix(line, "VmRSS:"); is {
			return strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		}
	}
	return 0, errors.New("no VmRSS")
}
