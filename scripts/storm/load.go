package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// The ways in share the rate: two thirds come over HTTP, a tenth by hand, the
// rest in imports.
const (
	shareHTTP   = 0.65
	shareByHand = 0.1
	shareImport = 0.25
)

// posters is how many requests may be under way.
const posters = 16

// load hands in pushes, and knows which were accepted. A job is handed in
// again, under the same id, until there is an answer.
type load struct {
	sys     *system
	rdb     *redis.Client
	key     string
	rate    float64
	seed    uint64
	client  *http.Client
	journal *journal
	job     func(prefix string, n int) push.Job // the nth of a way in
	ways    []func(ctx, giveUp context.Context)

	mu       sync.Mutex
	accepted map[string]push.Job
	times    map[string]time.Time // when the request began that was answered, by id
	handed   int                  // jobs handed in, whether answered or not
	wrong    []string

	contradicted map[string]bool // ids of which an entry with other content was added by hand
	requests     atomic.Int64
	conflicts    atomic.Int64 // answers that told so
}

func newLoad(sys *system, rdb *redis.Client, key string, flags *cli, j *journal) *load {
	l := &load{
		sys: sys, rdb: rdb, key: key, rate: float64(flags.Rate), seed: flags.Seed, journal: j, job: job, accepted: map[string]push.Job{}, times: map[string]time.Time{}, contradicted: map[string]bool{},
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: posters}},
	}
	l.ways = []func(ctx, giveUp context.Context){l.overHTTP, l.byHand, l.imports}
	if flags.Parties {
		l.ways, l.job = l.ways[:1], quietJob
	}
	return l
}

// run hands in pushes by all its ways until ctx ends, and returns when all of them are
// answered, or until giveUp ends.
func (l *load) run(ctx, giveUp context.Context) {
	var ways sync.WaitGroup
	for _, way := range l.ways {
		ways.Go(func() { way(ctx, giveUp) })
	}
	ways.Wait()
	l.client.CloseIdleConnections()
}

// note notes accepted jobs.
func (l *load) note(jobs ...push.Job) { l.noteAt(time.Time{}, jobs...) }

// noteAt notes accepted jobs, and when the request began that was answered.
func (l *load) noteAt(began time.Time, jobs ...push.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range jobs {
		l.accepted[j.ID] = j
		if !began.IsZero() {
			l.times[j.ID] = began
		}
	}
}

// begin notes that jobs are about to be handed in.
func (l *load) begin(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handed += n
}

// complain notes an answer that no fault explains.
func (l *load) complain(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// jobs are the accepted ones, by id, and how many were handed in.
func (l *load) jobs() (accepted map[string]push.Job, handed int, wrong []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.accepted), l.handed, append([]string(nil), l.wrong...)
}

// pace calls hand for job after job, in groups of up to group() jobs, at a
// rate, until ctx ends. What could not be handed in for a second is skipped.
func pace(ctx context.Context, rate float64, group func() int, hand func(from, to int)) {
	begin, n := time.Now(), 0
	for sleep(ctx, 20*time.Millisecond) {
		due := int(time.Since(begin).Seconds() * rate)
		if late := due - n - max(1, int(rate)); late > 0 {
			begin, due = begin.Add(time.Duration(float64(late)/rate*float64(time.Second))), due-late
		}
		for n < due && ctx.Err() == nil {
			to := min(due, n+group())
			hand(n, to)
			n = to
		}
	}
}

// overHTTP hands in requests of 1 to 10 jobs, by turns at each producer.
func (l *load) overHTTP(ctx, giveUp context.Context) {
	batches := make(chan []push.Job)
	var under sync.WaitGroup
	for n := range posters {
		under.Go(func() {
			for jobs := range batches {
				l.post(giveUp, jobs, n)
			}
		})
	}
	d := newDraws(l.seed, trackHTTP)
	pace(ctx, l.rate*shareHTTP, func() int { return 1 + d.IntN(10) }, func(from, to int) {
		jobs := make([]push.Job, 0, to-from)
		for n := from; n < to; n++ {
			jobs = append(jobs, l.job("http", n))
		}
		select {
		case batches <- jobs:
		case <-ctx.Done():
		}
	})
	close(batches)
	under.Wait()
}

// post hands in jobs, here and there, until they are answered for.
func (l *load) post(ctx context.Context, jobs []push.Job, first int) {
	l.begin(len(jobs))
	body, err := json.Marshal(jobs)
	if err != nil {
		panic(err) // texts and numbers
	}
	for n := first; ; n++ {
		began := time.Now()
		status, answer, err := l.try(ctx, l.sys.producers[n%len(l.sys.producers)].addr, body)
		switch {
		case err == nil && (status == http.StatusAccepted || status == http.StatusOK):
			l.noteAt(began, jobs...)
			if l.requests.Add(1)%contradictRequest == 0 {
				l.contradict(ctx, jobs[0], n)
			}
			return
		case err == nil && status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests:
			l.complain("a producer answered %d to jobs %s …: %.300s", status, jobs[0].ID, answer)
			return
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return
		}
	}
}

func (l *load) try(ctx context.Context, addr string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/v1/pushes", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+l.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := l.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	// An answer that broke off is none.
	return resp.StatusCode, answer, errors.Join(err, resp.Body.Close())
}
