package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// lossy stands between pushstream and Redis. Of what Redis answers it drops
// some, by chance, and the connection with it: the command was run, and its
// caller does not know. Or it breaks the connections that ask for our keys.
type lossy struct {
	listener net.Listener
	redis    string
	rate     float64 // of answers that are dropped
	lost     atomic.Int64
	passed   atomic.Int64
	refuse   atomic.Int64 // so many requests for our keys are not let through

	mu      sync.Mutex
	random  *rand.Rand
	open    map[net.Conn]bool
	running sync.WaitGroup
}

// loseAnswers puts a lossy proxy before Redis, for processes started from now.
func (s *system) loseAnswers(rate float64) *lossy {
	s.t.Helper()
	dir, err := os.MkdirTemp("", "lossy") // a socket's path must be short
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	l := &lossy{redis: s.redis.Socket, rate: rate, random: rand.New(rand.NewPCG(1, 2)), open: map[net.Conn]bool{}}
	if l.listener, err = net.Listen("unix", path); err != nil {
		s.t.Fatal(err)
	}
	l.running.Go(l.accept)
	s.t.Cleanup(l.close)
	s.env = append(s.env, "REDIS_URL=unix://"+path)
	return l
}

func (l *lossy) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", l.redis)
		if err != nil {
			client.Close()
			continue
		}
		l.mu.Lock()
		l.open[client], l.open[server] = true, true
		l.mu.Unlock()
		l.running.Go(func() { l.pass(client, server) })
	}
}

// pass copies both ways until either end closes, or an answer is dropped.
func (l *lossy) pass(client, server net.Conn) {
	var up sync.WaitGroup
	up.Go(func() {
		defer server.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := client.Read(buf)
			if err != nil || bytes.Contains(buf[:n], []byte("push:")) && l.refuse.Load() > 0 && l.refuse.Add(-1) >= 0 {
				return
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil || l.drop() {
			break
		}
		if _, err := client.Write(buf[:n]); err != nil {
			break
		}
	}
	client.Close()
	server.Close()
	up.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, client)
	delete(l.open, server)
}

func (l *lossy) drop() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.random.Float64() < l.rate {
		l.lost.Add(1)
		return true
	}
	l.passed.Add(1)
	return false
}

// heal loses no more.
func (l *lossy) heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = 0
}

func (l *lossy) close() {
	l.listener.Close()
	l.mu.Lock()
	for c := range l.open {
		c.Close()
	}
	l.mu.Unlock()
	l.running.Wait()
}

// TestAnswersLost: one in twenty of Redis's answers never comes. Clients ask
// again by themselves; every transition is made once.
func TestAnswersLost(t *testing.T) {
	s := setup(t, options{sim: fcmsim.Config{
		Seed: 9, Faults: map[string]float64{fcmsim.Unavailable: 0.1}, Latency: fcmsim.Latency{FixedMS: 5},
	}})
	l := s.loseAnswers(0.05)
	s.consumer("consumer-a", "CONSUMER_CONCURRENCY=8")
	s.consumer("consumer-b", "CONSUMER_CONCURRENCY=8")
	const n = 3000
	all := jobs("push", n, nil)
	for i := range all {
		if i%4 == 0 {
			all[i].Priority = push.Urgent
		}
	}
	if in := s.load(all); in.Lines != n || in.Accepted+in.Repeated != n {
		t.Errorf("the import says %+v", in)
	}
	s.settled(n)
	s.emptyStreams()
	l.heal() // a clean stop needs its answers
	if l.lost.Load() < 50 {
		t.Errorf("only %d answers were lost, %d passed", l.lost.Load(), l.passed.Load())
	}
	records := s.finished()
	s.matchesSimulator(records)
	only(s, records, push.Sent)
}

// TestRedisLostAtStart: Redis answers whether it is fit, and is away again
// before anything else could be asked. Everybody waits on.
func TestRedisLostAtStart(t *testing.T) {
	s := setup(t, options{})
	l := s.loseAnswers(0)
	refuse := func(begin func()) {
		t.Helper()
		l.refuse.Store(8) // a client gives up after four
		begin()
		eventually(t, patience, "the process to have asked", func() error {
			if left := l.refuse.Load(); left > 0 {
				return fmt.Errorf("%d requests are left to be refused", left)
			}
			return nil
		})
	}
	for _, args := range [][]string{{"consumer"}, {"producer", "serve"}, {"admin", "serve"}} {
		var p *process
		refuse(func() { p = s.start(args[0], args[0], []string{"OPS_ADDR=127.0.0.1:0"}, args[1:]...) })
		p.ready()
	}
	var load *command
	refuse(func() {
		load = s.begin(bytes.NewReader(ndjson(jobs("push", 50, nil))), "producer", "load", "-", "--batch", "e2e", "--encoding", "utf-8")
	})
	if code := load.end(); code != 0 {
		t.Fatalf("the import ended with %d\n%s", code, load.stderr.String())
	}
	s.settled(50)
	s.matchesSimulator(s.finished())
}
