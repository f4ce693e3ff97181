package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/corpus"
	"pushstream/internal/launch"
	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

type pipelineFlags struct {
	Jobs    int           `short:"n" default:"200000" help:"Send this many pushes in each run."`
	Runs    int           `default:"3" help:"Repeat each part this often; the median counts."`
	Latency time.Duration `default:"20s" help:"Let 1,000 pushes/s flow for this long to measure the latency."`
	Part    string        `enum:"all,redis,import,fcm,latency,restart" default:"all" help:"Run one part only: redis, import, fcm, latency or restart."`
}

// pipeline measures the path of a job.
type pipeline struct {
	flags  pipelineFlags
	bin    string
	dir    string
	stderr io.Writer
	url    string // of Redis
}

var keys = pushlog.Keys{Prefix: "push", Partitions: 1}

func (p *pipeline) say(format string, args ...any) { fmt.Fprintf(p.stderr, format+"\n", args...) }

// measure runs every part several times, each time on a new Redis.
func (p *pipeline) measure(ctx context.Context) ([]result, error) {
	parts := []struct {
		name string
		run  func(context.Context) ([]result, error)
	}{{"redis", p.redisCPU}, {"import", p.imports}, {"fcm", p.throughFCM}, {"latency", p.latency}, {"restart", p.restart}}
	var results []result
	for _, part := range parts {
		if p.flags.Part != "all" && p.flags.Part != part.name {
			continue
		}
		var runs [][]result
		for n := range p.flags.Runs {
			p.say("%s: run %d of %d", part.name, n+1, p.flags.Runs)
			r, err := p.withRedis(ctx, part.run)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", part.name, err)
			}
			runs = append(runs, r)
		}
		for i, r := range runs[0] {
			var values []float64
			for _, run := range runs {
				values = append(values, run[i].Value)
			}
			r.Value = median(values)
			results = append(results, r)
		}
	}
	return results, nil
}

func (p *pipeline) withRedis(ctx context.Context, run func(context.Context) ([]result, error)) ([]result, error) {
	addr, err := launch.FreeAddr()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(p.dir, "redis-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	server, err := launch.Redis(ctx, dir, addr)
	if err != nil {
		return nil, err
	}
	defer server.Kill()
	p.url = "redis://" + addr + "/0"
	return run(ctx)
}

// client is a new client of Redis. Its URL was checked, or made here.
func (p *pipeline) client() *redis.Client {
	o, err := redis.ParseURL(p.url)
	if err != nil {
		panic(err)
	}
	return redis.NewClient(o)
}

// cpu is the CPU time that Redis's main thread has used, in seconds.
func cpu(ctx context.Context, rdb *redis.Client) (float64, error) {
	text, err := rdb.Info(ctx, "cpu").Result()
	var sum float64
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name == "used_cpu_user_main_thread" || name == "used_cpu_sys_main_thread" {
			v, _ := strconv.ParseFloat(value, 64) // Redis writes a number
			sum += v
		}
	}
	return sum, err
}

// idle is a sender that does nothing.
type idle struct{}

func (idle) Send(context.Context, *push.Job, time.Time) push.Outcome {
	return push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200,
		MessageID: "projects/demo/messages/0:1700000000000000%31bd1c9631bd1c96", Took: 30 * time.Millisecond}
}

// redisCPU is accept + settle in this process, with a sender that does nothing:
// first all jobs are accepted, then all are settled, as when Redis is the limit;
// then once more as a flow on both cores, in which batches are smaller.
func (p *pipeline) redisCPU(ctx context.Context) ([]result, error) {
	rdb, blocking := p.client(), p.client()
	defer rdb.Close()
	defer blocking.Close()
	if err := stream.EnsureGroups(ctx, rdb, keys); err != nil {
		return nil, err
	}
	steps := []func() error{
		func() error { return p.accept(ctx, rdb, "backlog", 0) },
		func() error {
			stop := p.consume(ctx, rdb, blocking)
			return errors.Join(p.waitSent(ctx, rdb, p.flags.Jobs), stop())
		},
		func() error {
			stop := p.consume(ctx, rdb, blocking)
			err := p.accept(ctx, rdb, "flow", 4000)
			if err == nil {
				err = p.waitSent(ctx, rdb, 2*p.flags.Jobs)
			}
			return errors.Join(err, stop())
		},
	}
	var used [3]float64 // µs a job
	for i, step := range steps {
		before, err := cpu(ctx, rdb)
		if err != nil {
			return nil, err
		}
		if err := step(); err != nil {
			return nil, err
		}
		after, err := cpu(ctx, rdb)
		if err != nil {
			return nil, err
		}
		used[i] = (after - before) / float64(p.flags.Jobs) * 1e6
	}
	return []result{
		{"Redis CPU a job, accept + settle", used[0] + used[1], "µs", "≤ 45", p.flags.Jobs},
		{"  of it accept", used[0], "µs", "", p.flags.Jobs},
		{"  of it read, take and settle", used[1], "µs", "", p.flags.Jobs},
		{"  the same as a flow, in smaller batches", used[2], "µs", "", p.flags.Jobs},
	}, nil
}

// packAfter is when what was sent is packed: a log that is filled for a measurement is older.
const packAfter = time.Hour

// consume runs a consumer with a sender that does nothing, and what keeps the log beside it.
func (p *pipeline) consume(ctx context.Context, rdb, blocking *redis.Client) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	consumer := stream.NewConsumer(rdb, blocking, keys, idle{}, stream.ConsumerOptions{})
	sealer := logkeep.NewSealer(rdb, keys, logkeep.Options{Owner: "benchmark", PackAfter: packAfter})
	var roles errgroup.Group
	roles.Go(func() error { return consumer.Run(ctx) })
	roles.Go(func() error { return sealer.Run(ctx) })
	return func() error {
		cancel()
		return roles.Wait()
	}
}

// accept hands in the jobs of a run. Above most unread ones, if that is not 0,
// it waits.
func (p *pipeline) accept(ctx context.Context, rdb *redis.Client, prefix string, most int64) error {
	producer := stream.NewProducer(rdb, keys, stream.ProducerOptions{})
	for from := 0; from < p.flags.Jobs; from += 800 {
		jobs := make([]push.Job, min(800, p.flags.Jobs-from))
		for i := range jobs {
			jobs[i] = corpus.Job(prefix, from+i)
		}
		if _, err := producer.Accept(ctx, jobs); err != nil {
			return err
		}
		for most > 0 {
			n, err := rdb.XLen(ctx, keys.Partition(0).Base+":jobs").Result()
			if err != nil {
				return err
			}
			if n <= most {
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	return nil
}

// waitSent waits until so many jobs are sent.
func (p *pipeline) waitSent(ctx context.Context, rdb *redis.Client, jobs int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	log := pushlog.New(rdb, keys)
	for {
		counts, err := log.Counts(ctx)
		if err != nil || counts[push.Sent] >= int64(jobs) {
			return err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// file writes the jobs of a run as NDJSON, once.
func (p *pipeline) file(prefix string) (string, error) {
	path := filepath.Join(p.dir, prefix+".ndjson")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	for n := range p.flags.Jobs {
		if err := enc.Encode(corpus.Job(prefix, n)); err != nil {
			return "", errors.Join(err, f.Close())
		}
	}
	return path, errors.Join(w.Flush(), f.Close())
}

// load runs producer load to its end.
func (p *pipeline) load(ctx context.Context, path string) error {
	_, err := (&launch.System{Bin: p.bin, Env: []string{"REDIS_URL=" + p.url}}).Run(ctx, "producer", "load", path)
	return err
}

// imports is producer load with Redis beside it and no reader.
func (p *pipeline) imports(ctx context.Context) ([]result, error) {
	path, err := p.file("bench")
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := p.load(ctx, path); err != nil {
		return nil, err
	}
	return []result{{"import, producer load", float64(p.flags.Jobs) / time.Since(start).Seconds(), "jobs/s", "≥ 25,000", p.flags.Jobs}}, nil
}

// throughFCM imports a file while a consumer sends it to fcmsim over TLS.
func (p *pipeline) throughFCM(ctx context.Context) ([]result, error) {
	rate, used, err := p.through(ctx, "bench")
	if err != nil {
		return nil, err
	}
	return []result{
		{"whole pipeline: import, Redis, consumer, fcmsim over TLS + HTTP/2", rate, "jobs/s", "≥ 6,000", p.flags.Jobs},
		{"  consumer CPU per 10,000", used, "s", "≤ 1.4", p.flags.Jobs},
	}, nil
}

// through sends the jobs of a prefix, which were not sent yet, and returns jobs/s
// and the consumer's CPU seconds per 10,000.
func (p *pipeline) through(ctx context.Context, prefix string) (rate, used float64, err error) {
	path, err := p.file(prefix)
	if err != nil {
		return 0, 0, err
	}
	s, err := p.system(ctx, 1)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	rdb := p.client()
	defer rdb.Close()
	counts, err := pushlog.New(rdb, keys).Counts(ctx)
	if err != nil {
		return 0, 0, err
	}
	before, err := processCPU(s.consumers[0].PID())
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	if err := p.load(ctx, path); err != nil {
		return 0, 0, err
	}
	if err := p.waitSent(ctx, rdb, int(counts[push.Sent])+p.flags.Jobs); err != nil {
		return 0, 0, err
	}
	took := time.Since(start)
	after, err := processCPU(s.consumers[0].PID())
	if err != nil {
		return 0, 0, err
	}
	var sim struct {
		Accepted   int `json:"accepted_ids"`
		HTTP2      int `json:"requests_http2"`
		Duplicates int `json:"duplicates"`
	}
	if err := getJSON(ctx, "http://"+s.sim+"/_sim/stats", &sim); err != nil {
		return 0, 0, err
	}
	if sim.Accepted != p.flags.Jobs || sim.HTTP2 < p.flags.Jobs || sim.Duplicates != 0 {
		return 0, 0, fmt.Errorf("the simulator saw %d of %d pushes, %d duplicates, %d requests over HTTP/2", sim.Accepted, p.flags.Jobs, sim.Duplicates, sim.HTTP2)
	}
	n := float64(p.flags.Jobs)
	return n / took.Seconds(), (after - before) / n * 1e4, nil
}

// latency hands in 1,000 jobs/s, one by one, and compares the time just before
// each accept with the time of its request at the simulator.
func (p *pipeline) latency(ctx context.Context) (_ []result, err error) {
	s, err := p.system(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	waits, err := p.flow(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	return []result{
		{"accepted → request at FCM, 1,000/s, p50", percentile(waits, 0.5), "ms", "≤ 3", len(waits)},
		{"  p99", percentile(waits, 0.99), "ms", "≤ 15", len(waits)},
		{"  longest", waits[len(waits)-1], "ms", "", len(waits)},
	}, nil
}

// restart is latency with four consumers, which are restarted one after the
// other meanwhile: SIGTERM, and another when it has ended.
func (p *pipeline) restart(ctx context.Context) (_ []result, err error) {
	s, err := p.system(ctx, 4)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	var rolling errgroup.Group
	waits, err := p.flow(ctx, s, map[int]func(){2000: func() {
		rolling.Go(func() error {
			for i, c := range s.consumers {
				if err := errors.Join(c.Stop(30*time.Second), s.start(ctx, i)); err != nil {
					return err
				}
			}
			return nil
		})
	}})
	if err := errors.Join(err, rolling.Wait()); err != nil {
		return nil, err
	}
	return []result{
		{"the same, 4 consumers, each restarted with SIGTERM, p50", percentile(waits, 0.5), "ms", "", len(waits)},
		{"  p99", percentile(waits, 0.99), "ms", "", len(waits)},
		{"  longest", waits[len(waits)-1], "ms", "≤ 2,000", len(waits)},
	}, nil
}

// flow hands in 1,000 jobs/s, calls at[n] after the nth, and returns the sorted
// waits from accept to request in ms.
func (p *pipeline) flow(ctx context.Context, s *system, at map[int]func()) ([]float64, error) {
	rdb := p.client()
	defer rdb.Close()
	producer := stream.NewProducer(rdb, keys, stream.ProducerOptions{})
	jobs := int(p.flags.Latency.Seconds() * 1000)
	handed := make(map[string]time.Time, jobs)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	begin := time.Now()
	for n := 0; n < jobs; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		// As many as are due: a ticker drops what it can't deliver.
		for due := int(time.Since(begin).Seconds() * 1000); n < min(due, jobs); n++ {
			job := corpus.Job("latency", n)
			handed[job.ID] = time.Now()
			if _, err := producer.Accept(ctx, []push.Job{job}); err != nil {
				return nil, err
			}
			if f := at[n]; f != nil {
				f()
			}
		}
	}
	if err := p.waitSent(ctx, rdb, jobs); err != nil {
		return nil, err
	}
	return p.waits(ctx, s.sim, handed)
}

// waits reads the simulator's times and returns the sorted waits in ms, without
// the first second, in which connections are made.
func (p *pipeline) waits(ctx context.Context, sim string, handed map[string]time.Time) ([]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+sim+"/_sim/times", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var waits []float64
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		id, micros, _ := strings.Cut(lines.Text(), " ")
		us, err := strconv.ParseInt(micros, 10, 64)
		at, ok := handed[id]
		if err != nil || !ok {
			return nil, fmt.Errorf("unexpected line %.80q of the simulator", lines.Text())
		}
		if id >= "latency-000001000" {
			waits = append(waits, float64(us-at.UnixMicro())/1000)
		}
	}
	if len(waits) == 0 {
		return nil, errors.New("the simulator saw nothing")
	}
	slices.Sort(waits)
	return waits, nil
}

func getJSON(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(into)
}
