package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/share"
)

// served is a running producer serve, and the keys of two back ends.
type served struct {
	*bundle
	addr, a, b string
}

func startServe(t *testing.T, args ...string) *served {
	t.Helper()
	s := &served{bundle: setup(t), addr: freeAddr(t)}
	for name, secret := range map[string]*string{"a": &s.a, "b": &s.b} {
		*secret = s.token(t, name)
	}
	p := s.start(t, nil, append([]string{"serve", "--listen-addr=" + s.addr}, args...)...)
	eventuallyStatus(t, p, "http://"+s.addr+"/readyz", 200)
	return s
}

func (s *served) post(secret, body string) (int, string) {
	return page(http.MethodPost, "http://"+s.addr+"/v1/pushes", secret, body)
}

// slowly opens a request whose body never ends, with a key or none.
func (s *served) slowly(t *testing.T, secret string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /v1/pushes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[{\"id\":", secret)
	if err != nil {
		t.Fatal(err)
	}
}

// Bodies that don't come take nothing from others, nor from the key's other requests.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]func(*served) string{
		"a key": func(s *served) string { return s.a }, "made-up keys": func(*served) string { return "psk_" + strings.Repeat("x", 43) }, "none": func(*served) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServe(t, "--max-requests=2")
			for range 200 {
				s.slowly(t, secret(s))
			}
			for i := range 20 {
				for _, key := range []string{s.a, s.b} {
					if status, body := s.post(key, job(fmt.Sprint("id-", i))); status >= 300 {
						t.Errorf("%d %s", status, body)
					}
				}
			}
		})
	}
}

// However many slow bodies a key has, it has its share of them, and is told so.
func TestSlowBodiesOfOneKeyEnd(t *testing.T) {
	t.Parallel()
	s := startServe(t)
	refused := ""
	for i := 0; i < 2*maxBodies && refused == ""; i++ {
		s.slowly(t, s.a)
		if i%64 == 0 {
			if status, body := s.post(s.a, job("own")); status == 429 {
				refused = body
			} else if status >= 300 {
				t.Fatalf("%d %s", status, body)
			}
		}
	}
	if !strings.Contains(refused, `"type":"`+httpapi.LimitBodies+`"`) {
		t.Errorf("%q", refused)
	}
	if status, body := s.post(s.b, job("other")); status != 202 {
		t.Errorf("%d %s", status, body)
	}
}

// Very many requests of one key delay its own, and not those of others; its reads don't
// keep its posts out either.
func TestFloodOfOneKey(t *testing.T) {
	t.Parallel()
	s := startServe(t, "--max-requests=4")
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var reads atomic.Int64
	for range 100 {
		all.Go(func() {
			for ctx.Err() == nil {
				if status, _ := page(http.MethodGet, "http://"+s.addr+"/v1/pushes/nowhere", s.a, ""); status == 404 {
					reads.Add(1)
				}
			}
		})
	}
	eventually(t, "the flood", func() bool { return reads.Load() > 200 })
	for i := range 30 {
		for _, key := range []string{s.a, s.b} {
			if status, body := s.post(key, job(fmt.Sprint("id-", i))); status >= 300 {
				t.Errorf("%d %s", status, body)
			}
		}
	}
	stop()
	all.Wait()
}

// ones is a body of n bytes: [1,1,1,… without an end.
type ones struct{ left int }

func (o *ones) Read(p []byte) (int, error) {
	if o.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p)&^1, o.left, 1<<16)
	for i := 0; i < n; i += 2 {
		p[i], p[i+1] = ',', '1'
	}
	o.left -= n
	return n, nil
}

// Bodies of very many elements are not taken apart to their ends.
func TestManyElementsTakeLittleMemory(t *testing.T) { // not parallel: it looks at the whole process
	s := startServe(t)
	held := func() int64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	before, most := held(), atomic.Int64{}
	ctx, stop := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for ctx.Err() == nil {
			most.Store(max(most.Load(), held()))
			time.Sleep(time.Millisecond)
		}
	}()
	const bodies, size = 24, 8<<20 - 16
	var all sync.WaitGroup
	for i := range bodies {
		all.Go(func() {
			form, start := "application/json", "[1"
			if i%2 == 1 {
				form, start = "application/x-ndjson", "1\n"
			}
			var body io.Reader = io.MultiReader(strings.NewReader(start), &ones{size})
			if i%2 == 1 {
				body = strings.NewReader(strings.Repeat("1\n", size/2))
			}
			r, err := http.NewRequest(http.MethodPost, "http://"+s.addr+"/v1/pushes", body)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Authorization", "Bearer "+s.a)
			r.Header.Set("Content-Type", form)
			resp, err := client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			var p httpapi.Problem
			if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || resp.StatusCode != 413 || p.Type != httpapi.LimitJobs || !strings.Contains(p.Detail, "10001 jobs are more than 10000") {
				t.Errorf("%d %+v %v", resp.StatusCode, p, err)
			}
		})
	}
	all.Wait()
	stop()
	<-watched
	if grown := most.Load() - before; grown > 300<<20 { // 100 MiB of it are the bodies of this test
		t.Errorf("%d MiB", grown>>20)
	}
	if status, body := s.post(s.b, job("other")); status != 202 {
		t.Errorf("%d %s", status, body)
	}
}

// What a key holds is bounded, and comes back.
func TestBodiesAreHeldInShares(t *testing.T) {
	t.Parallel()
	s := newService(t)
	in := s.api.intake
	in.bytes = share.NewAmounts(2 * (bodyCost + 40*(jobCost+60))) // about 40 jobs of a key alone
	many := make([]string, 60)
	for i := range many {
		many[i] = job(fmt.Sprint("id-", i))
	}
	for _, form := range []string{"[" + strings.Join(many, ",") + "]", strings.Join(many, "\n")} {
		contentType := "application/json"
		if form[0] != '[' {
			contentType = "application/x-ndjson"
		}
		w := s.post(form, "Content-Type", contentType)
		if p := checkProblem(t, w, 429); p.Type != httpapi.LimitBodies || w.Header().Get("Retry-After") == "" {
			t.Errorf("%+v", p)
		}
	}
	if w := s.post("[" + strings.Join(many[:30], ",") + "]"); w.Code != 202 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.post("[" + strings.Join(many, ",") + ",5]"); w.Code != 429 { // the fault comes behind
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.post("[5," + strings.Join(many, ",") + "]"); w.Code != 422 { // nothing is kept
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.post("[" + strings.Join(many[:10], ",") + ",{")
	s.post(`{"id":"` + strings.Repeat("x", 200<<10) + `"}`)
	if in.bytes.Used() != 0 || in.bodies.Used() != 0 {
		t.Errorf("%d bytes of %d bodies are held", in.bytes.Used(), in.bodies.Used())
	}
}

// One job has a bound of its own, and the list of faults has one.
func TestLongJobs(t *testing.T) {
	t.Parallel()
	s := newService(t)
	long := `{"id":"b","device_id":"t","msg_title":"` + strings.Repeat("x", 300<<10) + `"}`
	for _, tt := range []struct {
		body, contentType string
		index             int
	}{
		{long, "application/json", 0}, {"[" + job("a") + "," + long + "," + job("c") + "]", "application/json", 1},
		{job("a") + "\n" + long + "\n" + job("c"), "application/x-ndjson", 1},
	} {
		p := checkProblem(t, s.post(tt.body, "Content-Type", tt.contentType), 422)
		if len(p.Faults) != 1 || p.Faults[0].Index != tt.index || !strings.Contains(p.Faults[0].Faults[0].Message, "longer than 131072 bytes") {
			t.Errorf("%.20s: %+v", tt.body, p)
		}
	}
	s.checkIDs(t)
	// What is valid is never too long: every character escaped, and a lot of white space.
	escape := func(n int) string { return strings.Repeat(`\u0061`, n) }
	greatest := `{"id":"` + escape(push.MaxID) + `","device_id":"` + escape(push.MaxToken) + `","msg_title":"` + escape(1900) + `","msg_contents":"` + escape(1900) + `","csno":"` +
		strings.Repeat(`\ud83d\ude00`, 128) + `"` + strings.Repeat("\n  ", 10_000) + `}`
	if w := s.post("[" + greatest + "]"); w.Code != 202 {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
	bad := []string{}
	for range 90 {
		var one strings.Builder
		for i := range 60 {
			fmt.Fprintf(&one, `,"unknown-%d":1`, i)
		}
		bad = append(bad, `{"id":"x"`+one.String()+`}`)
	}
	p := checkProblem(t, s.post("["+strings.Join(bad, ",")+"]"), 422)
	n := 0
	for _, f := range p.Faults {
		n += len(f.Faults)
	}
	if n < maxFaults || n > 2*maxFaults {
		t.Errorf("%d faults of %d jobs", n, len(p.Faults))
	}
}

// A body in any parts is the same body, and the same as when all of it is there.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{"", " ", "[]", "[1]", `{"id":"a"}`, `[{"id":"a","device_id":"t","msg_title":"x"} , {}]x`, "[[[]]]", "[1,2,3,4,5]", "[{,}]", "\xef\xbb\xbf[null]", `["]",{"a":"\""}]`, "1\n2\n\n3", "1\r2\r\n\r3", "\xef\xbb\xbf1\n\xef\xbb\xbf2", "\xff\xfe[\x00"} {
		f.Add(seed, false, 3)
		f.Add(seed, true, 1)
	}
	f.Fuzz(func(t *testing.T, body string, lines bool, step int) {
		read := func(in io.Reader) string {
			hold, err := newIntake(serving{maxBody: 1 << 20, maxJobs: 4, maxRequests: 1}).hold("key", false)
			if err != nil {
				t.Fatal(err)
			}
			r := reader{body: in, zone: time.UTC, most: 4, hold: hold}
			b, err := r.read(lines)
			if len(b.jobs)+len(b.faults) > 4 || len(b.jobs) > 0 && b.faults != nil {
				t.Errorf("%+v", b)
			}
			return fmt.Sprint(len(b.jobs), b.faults, b.single, err)
		}
		whole, parts := read(strings.NewReader(body)), read(&stepReader{bufio.NewReader(strings.NewReader(body)), 1 + step&7})
		if whole != parts {
			t.Errorf("%q: %s, in parts %s", body, whole, parts)
		}
		trimmed := strings.TrimSpace(strings.TrimPrefix(body, "\xef\xbb\xbf"))
		var all []json.RawMessage
		if valid := json.Unmarshal([]byte(trimmed), &all) == nil; !lines && strings.HasPrefix(trimmed, "[") && valid != !strings.Contains(whole, "not a JSON array") && len(all) <= 4 && !strings.Contains(whole, "too many") {
			t.Errorf("%q: valid %v, but %s", body, valid, whole)
		}
	})
}

// stepReader reads a few bytes at a time.
type stepReader struct {
	in   io.Reader
	step int
}

func (s *stepReader) Read(p []byte) (int, error) { return s.in.Read(p[:min(len(p), s.step)]) }

// Requests above the limit wait a little for a place, and are then refused, with the
// limit's name; places come back.
func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	s := serviceOf(t, 0, serving{maxBody: 1 << 20, maxJobs: 100, maxRequests: 1})
	leave, err := s.api.intake.places.Enter(t.Context(), share.Who{Party: "another"})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []*httptest.ResponseRecorder{s.post(job("c")), s.get("a")} {
		if p := checkProblem(t, w, 429); p.Type != httpapi.LimitRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("%+v %v", p, w.Header())
		}
	}
	leave()
	for range 5 { // places are not used up
		if w := s.post(job("c")); w.Code >= 300 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		checkProblem(t, s.post(job("d"), "Authorization", ""), 401)
		checkProblem(t, s.post("["), 400)
	}
}
