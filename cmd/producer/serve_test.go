package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pushstream/internal/launch"
)

// client keeps no connection, so that none looks like a leak.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

// page is the status and the body of an answer; 0 if there is none.
func page(method, url, secret, body string) (int, string) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	resp, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := launch.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// eventuallyStatus waits until a page answers with a status.
func eventuallyStatus(t *testing.T, p *process, url string, status int) {
	t.Helper()
	eventually(t, url, func() bool {
		if !p.running() {
			t.Fatalf("it ended: %s", p.stderr.String())
		}
		got, _ := page(http.MethodGet, url, "", "")
		return got == status
	})
}

// stop stops the process as SIGTERM does.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.cancel()
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.token(t, "test")
	addr := freeAddr(t)
	p := b.start(t, nil, "serve", "--listen-addr="+addr)
	url := "http://" + addr
	eventuallyStatus(t, p, url+"/readyz", 200)
	if status, body := page(http.MethodGet, url+"/readyz", "", ""); status != 200 || body != "redis: ok\ngroup: ok\nclock: ok\n" {
		t.Errorf("readyz: %d %s", status, body)
	}
	if status, body := page(http.MethodPost, url+"/v1/pushes", secret, "["+job("a")+","+job("b")+"]"); status != 202 {
		t.Errorf("%d %s", status, body)
	}
	if status, body := page(http.MethodGet, url+"/v1/pushes/a", secret, ""); status != 200 || !strings.Contains(body, `"queued"`) {
		t.Errorf("%d %s", status, body)
	}
	_, metrics := page(http.MethodGet, url+"/metrics", "", "")
	for _, line := range []string{
		`pushstream_accept_total{answer="queued"} 2`, `pushstream_accept_total{answer="refused"} 0`, `pushstream_accept_total{answer="repeated"} 0`,
		`pushstream_accept_total{answer="scheduled"} 0`, "go_goroutines ",
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("metrics lack %s", line)
		}
	}
	b.checkIDs(t, "a", "b")
	p.stop(t)
	if p.stdout.String() != "" || strings.Contains(p.stderr.String(), secret) {
		t.Errorf("stdout %q, log %s", p.stdout.String(), p.stderr.String())
	}
}

func TestServeOpsApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	addr, ops := freeAddr(t), freeAddr(t)
	p := b.start(t, nil, "serve", "--listen-addr="+addr, "--ops-addr="+ops)
	eventuallyStatus(t, p, "http://"+ops+"/readyz", 200)
	for _, path := range []string{"/metrics", "/readyz", "/healthz"} {
		if status, _ := page(http.MethodGet, "http://"+ops+path, "", ""); status != 200 {
			t.Errorf("%s beside: %d", path, status)
		}
		if status, _ := page(http.MethodGet, "http://"+addr+path, "", ""); status != 404 {
			t.Errorf("%s is shown to everybody: %d", path, status)
		}
	}
	p.stop(t)
}

// A process that waits for Redis is alive and not ready, can be stopped, and
// is ready as soon as Redis is there, also when it comes back.
func TestServeWithoutRedis(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.redis.Kill()
	addr := freeAddr(t)
	p := b.start(t, nil, "serve", "--listen-addr="+addr)
	url := "http://" + addr
	eventuallyStatus(t, p, url+"/healthz", 200)
	eventuallyStatus(t, p, url+"/readyz", 503)
	p.stop(t)

	p = b.start(t, nil, "serve", "--listen-addr="+addr)
	eventuallyStatus(t, p, url+"/readyz", 503)
	b.redis.Start(t)
	eventuallyStatus(t, p, url+"/readyz", 200)
	b.redis.Kill()
	eventuallyStatus(t, p, url+"/readyz", 503)
	p.stop(t)
}

func TestServeOnATakenPort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	addr := freeAddr(t)
	p := b.start(t, nil, "serve", "--listen-addr="+addr)
	eventuallyStatus(t, p, "http://"+addr+"/readyz", 200)
	second := b.run(t, "serve", "--listen-addr="+addr)
	if second.code != 1 || !strings.Contains(second.stderr.String(), "address already in use") {
		t.Errorf("exit code %d: %s", second.code, second.stderr.String())
	}
	p.stop(t)
}

// A run with another number of partitions would put jobs where nobody reads.
func TestWrongPartitions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run(t, "send", "--device-id=t", "--title=x", "--id=a")
	for _, args := range [][]string{{"send", "--device-id=t", "--title=x"}, {"serve", "--listen-addr=127.0.0.1:0"}, {"load", "-", "--batch=b"}} {
		p := b.run(t, append([]string{"--partitions=3"}, args...)...)
		if p.code != 1 || !strings.Contains(p.stderr.String(), "PUSH_PARTITIONS") {
			t.Errorf("%s: exit code %d: %s", args[0], p.code, p.stderr.String())
		}
	}
	b.checkIDs(t, "a")
}
