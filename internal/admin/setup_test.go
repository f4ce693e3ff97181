package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/jobs"
	"pushstream/internal/live"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

// bundle is the API over a pushstream of its own.
type bundle struct {
	t        testing.TB
	router   *gin.Engine
	redis    *redistest.Server
	rdb      *redis.Client
	keys     pushlog.Keys
	log      *pushlog.Log
	control  *stream.Control
	producer *stream.Producer
	logs     *observer.ObservedLogs
	access   *access.Store
	engine   *jobs.Engine
	hub      *live.Hub
	api      *api               // that the router serves
	named    *strings.Replacer  // what stands in paths for ids that are not known before
	options  Options            // of the router
	cookie   string             // of root, an administrator who may reveal
	stop     context.CancelFunc // tells the API that the process is asked to stop
}

// empty makes a pushstream without a push.
func empty(t testing.TB) *bundle {
	t.Helper()
	s := redistest.New(t)
	b := &bundle{t: t, redis: s, rdb: s.Client(t), keys: pushlog.Keys{Prefix: "push", Partitions: 2}}
	rdb, err := redisconn.Open(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rdb.Close() })
	b.log, b.control = pushlog.New(rdb, b.keys), stream.NewControl(rdb, b.keys)
	b.producer = stream.NewProducer(b.rdb, b.keys, stream.ProducerOptions{})
	if err := stream.EnsureGroups(t.Context(), b.rdb, b.keys); err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zapcore.InfoLevel)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	b.logs, b.stop = logs, stop
	b.access = access.New(rdb, b.keys.Prefix, access.Options{Cost: access.Cost{MemoryKiB: 8, Time: 1, Threads: 1}})
	b.engine = jobs.New(rdb, b.keys, "admin", zap.NewNop())
	b.hub = live.NewHub(stream.NewEvents(rdb, b.keys), live.Shots(b.control, b.log, b.engine), live.Options{})
	b.options = Options{Redis: rdb, Keys: b.keys, Access: b.access, Audit: audit.New(rdb, b.keys.Prefix, audit.Options{}), Live: b.hub, Jobs: b.engine, Logger: zap.New(core)}
	b.api = newAPI(ctx, b.options)
	b.router = b.api.router()
	b.cookie = b.user(t, "root", access.Admin, true)
	if err := b.rdb.Set(t.Context(), "push:search:"+searchID, `{"kind":"user","by":"root","given":{"csno":"csno-b"}}`, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	j, err := b.engine.Order(t.Context(), jobs.Order{ID: seededJob, Kind: jobs.Cancel, By: "root", Reason: "a test", Of: -1,
		Filter: pushlog.Filter{Statuses: []push.Status{push.Retrying}, Exact: push.Job{Csno: "csno-b"}}})
	if err != nil {
		t.Fatal(err)
	}
	b.named = strings.NewReplacer("SEARCH", searchID, "JOB", j.ID)
	return b
}

const (
	searchID     = "8f14e45f-ceea-467f-a8d6-0123456789ab"
	seededJob    = "0123456789ab"
	testPassword = "correct horse battery"
)

// user makes a user, and returns the secret of a session of theirs.
func (b *bundle) user(t testing.TB, name string, role access.Role, reveal bool) string {
	t.Helper()
	if err := b.access.AddUser(t.Context(), access.NewUser{Name: name, Password: testPassword, Role: role, Reveal: reveal, By: "test"}); err != nil {
		t.Fatal(err)
	}
	return b.session(t, name)
}

// session begins a session of a user.
func (b *bundle) session(t testing.TB, name string) (secret string) {
	t.Helper()
	secret, _, _, err := b.access.Login(t.Context(), name, testPassword, access.From{Address: "192.0.2.1", UserAgent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// xadd adds an entry by hand.
func xadd(stream string, fields ...string) *redis.XAddArgs {
	return &redis.XAddArgs{Stream: stream, Values: fields}
}

// oldKey writes a producer key of the version before, and returns its secret.
func (b *bundle) oldKey(t *testing.T, name, value string) string {
	t.Helper()
	secret := "psk_" + name
	sum := sha256.Sum256([]byte(secret))
	if err := b.rdb.HSet(t.Context(), "push:keys", hex.EncodeToString(sum[:]), value).Err(); err != nil {
		t.Fatal(err)
	}
	return secret
}

// token makes a token for a machine, which may do what a machine may at most.
func (b *bundle) token(t *testing.T, name string, scopes ...access.Permission) string {
	t.Helper()
	if len(scopes) == 0 {
		scopes = access.Scopes()
	}
	secret, err := b.access.AddToken(t.Context(), access.NewToken{Name: name, Scopes: scopes, By: "test", ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// setup makes a log with five pushes, accepted in the order of their ids; e is
// reserved.
func setup(t *testing.T) *bundle {
	t.Helper()
	b := empty(t)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		job := jobOf(id)
		if id == "e" {
			job.DueAt = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		b.accept(t, job)
		time.Sleep(time.Millisecond) // the next millisecond: pages over two partitions are in order then
	}
	return b
}

// jobOf is a valid job; what it holds of its customer must not be in the log.
func jobOf(id string) push.Job {
	return push.Job{ID: id, Csno: "csno-" + id, PushGrpID: "G1", DeviceID: "token-" + id, MsgTitle: "제목 <" + id + ">", Priority: push.Normal, TTL: 3600}
}

func (b *bundle) accept(t testing.TB, jobs ...push.Job) {
	t.Helper()
	if _, err := b.producer.Accept(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
}

// senderFunc is a played FCM.
type senderFunc func(*push.Job) push.Outcome

func (f senderFunc) Send(_ context.Context, j *push.Job, _ time.Time) push.Outcome { return f(j) }

// answers is a played FCM that always says the same.
func answers(code push.Code) senderFunc {
	return func(*push.Job) push.Outcome { return push.Outcome{Code: code, HTTPStatus: 400, Detail: "played"} }
}

// consumer runs a consumer until stop is called, or the test ends.
func (b *bundle) consumer(t *testing.T, name string, sender stream.Sender) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	blocking := b.redis.Client(t)
	c := stream.NewConsumer(b.rdb, blocking, b.keys, sender, stream.ConsumerOptions{
		Name: stream.NewName(name), Instance: name, Project: "demo", Concurrency: 4, Version: "v1"})
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	ended := false
	stop = func() {
		if cancel(); !ended {
			ended = true
			blocking.Close() // else a read that waits for work is waited for
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	b.eventually(t, "a worker "+name, func() bool {
		workers, err := b.control.Workers(t.Context())
		for _, w := range workers {
			if w.Name == name && w.Consumer != "" {
				return true
			}
		}
		return err != nil
	})
	return stop
}

// end has pushes end as a played FCM says.
func (b *bundle) end(t *testing.T, sender stream.Sender, status push.Status, ids ...string) {
	t.Helper()
	stop := b.consumer(t, "ender", sender)
	defer stop()
	for _, id := range ids {
		b.eventually(t, id+" is "+string(status), func() bool { return b.status(t, id) == status })
	}
}

func (b *bundle) status(t *testing.T, id string) push.Status {
	t.Helper()
	r, err := b.log.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Status
}

// dumpAll is all that is in Redis.
func (b *bundle) dumpAll(t *testing.T) map[string]string {
	t.Helper()
	return redistest.Dump(t, b.rdb)
}

// dump is all that is in Redis, but for what people did.
func (b *bundle) dump(t *testing.T) map[string]string {
	t.Helper()
	all := b.dumpAll(t)
	maps.DeleteFunc(all, func(key, _ string) bool { return strings.Contains(key, "{audit}") })
	return all
}

// eventually polls until ok, for at most half a minute.
func (b *bundle) eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func (b *bundle) get(path string) *httptest.ResponseRecorder {
	return b.do(http.MethodGet, path, "")
}

// do makes a request as root does.
func (b *bundle) do(method, path, body string) *httptest.ResponseRecorder {
	return b.as("127.0.0.1:8080", nil, method, path, body)
}

// as makes a request to a host with headers.
func (b *bundle) as(host string, headers map[string]string, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, b.named.Replace(path), strings.NewReader(body))
	r.Host = host
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.AddCookie(&http.Cookie{Name: plainCookie, Value: b.cookie})
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.router.ServeHTTP(w, r)
	conform(b.t, r, body, w)
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return v
}

// checkProblem wants a problem document whose detail has all the words.
func checkProblem(t *testing.T, w *httptest.ResponseRecorder, status int, words ...string) {
	t.Helper()
	p := decode[httpapi.Problem](t, w)
	if w.Code != status || p.Status != status || p.RequestID == "" {
		t.Errorf("%d %s; want %d", w.Code, w.Body, status)
	}
	for _, word := range words {
		if !strings.Contains(p.Detail, word) {
			t.Errorf("no word of %q: %s", word, p.Detail)
		}
	}
}

// request is one that a test makes.
type request struct{ method, path, body string }

// changing are the requests that change something, each of which would work.
var changing = []request{
	{"POST", "/api/v1/pushes", `{"device_id":"token-x","msg_title":"a test"}`},
	{"POST", "/api/v1/pushes/later/move", `{"sndn_rsev_hour":"` + tomorrow + `"}`},
	{"POST", "/api/v1/pushes/later/send-now", ""},
	{"POST", "/api/v1/jobs", `{"kind":"redrive","status":["failed"],"reason":"a test"}`},
	{"POST", "/api/v1/jobs/JOB/cancel", ""},
	{"POST", "/api/v1/pushes/a/cancel", ""},
	{"POST", "/api/v1/pushes/a/redrive", ""},
	{"POST", "/api/v1/flushes", `{"confirm":"flush","csno":"nobody","reason":"a test"}`},
	{"POST", "/api/v1/flushes/current/cancel", ""},
	{"PUT", "/api/v1/workers/desired", `{"desired":"paused"}`},
	{"PUT", "/api/v1/workers/paused-one/desired", `{"desired":"running"}`},
	{"DELETE", "/api/v1/holds/demo", ""},
	{"DELETE", "/api/v1/dead-tokens/" + pushlog.TokenHash("token-b"), ""},
	{"POST", "/api/v1/dead-tokens/forget", `{"code":"UNREGISTERED","reason":"a test"}`},
	{"POST", "/api/v1/users", `{"name":"new","password":"correct horse battery","role":"viewer"}`},
	{"PUT", "/api/v1/users/other/role", `{"role":"operator","reveal":true}`},
	{"DELETE", "/api/v1/sessions/OTHERS-SESSION", ""},
	{"PUT", "/api/v1/users/other/password", `{"password":"another horse battery"}`},
	{"PUT", "/api/v1/users/other/disabled", `{"disabled":true}`},
	{"DELETE", "/api/v1/session/others/OWN-SESSION", ""},
	{"POST", "/api/v1/session", `{"name":"root","password":"correct horse battery"}`},
	{"POST", "/api/v1/api-tokens", `{"name":"new","scopes":["read"],"expires_at":"` + tomorrow + `"}`},
	{"PUT", "/api/v1/api-tokens/old/owner", `{"owner":"root"}`},
	{"DELETE", "/api/v1/api-tokens/old", ""},
	{"POST", "/api/v1/pushes/b/reveal", `{"fields":["csno"],"reason":"a test"}`},
}

// ending are those after which who makes them is not logged in any more.
var ending = []request{
	{"PUT", "/api/v1/session/password", `{"current":"correct horse battery","password":"another horse battery"}`},
	{"DELETE", "/api/v1/session", ""},
}

var tomorrow = time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)

// posted are the requests that change nothing though they are not by GET.
var posted = []request{
	{"POST", "/api/v1/pushes/search", `{"csno":"csno-b"}`},
	{"POST", "/api/v1/histogram", `{"since":"2020-01-01T00:00:00Z","until":"2020-01-02T00:00:00Z","span":"1h"}`},
	{"POST", "/api/v1/searches", `{"csno":"csno-b"}`},
	{"POST", "/api/v1/audit/search", `{}`},
	{"POST", "/api/v1/pushes/export", `{"format":"ndjson"}`},
	{"POST", "/api/v1/audit/export", `{"format":"ndjson"}`},
	{"POST", "/api/v1/dead-tokens/find", `{"device_id":"token-a"}`},
}

// readable are the routes of GET.
var readable = []string{"/api/v1/pushes", "/api/v1/pushes/a", "/api/v1/counts", "/api/v1/counters/minutes", "/api/v1/counters/hours",
	"/api/v1/histogram?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z&span=1h",
	"/api/v1/flushes/current", "/api/v1/workers", "/api/v1/holds", "/api/v1/dead-tokens", "/api/v1/searches/SEARCH", "/api/v1/summary",
	"/api/v1/failures", "/api/v1/scheduled", "/api/v1/jobs", "/api/v1/jobs/JOB",
	"/api/v1/session", "/api/v1/session/others", "/api/v1/sessions", "/api/v1/users", "/api/v1/api-tokens", "/api/v1/settings"}

// changeable makes a pushstream in which each of changing would change
// something.
func changeable(t *testing.T) *bundle {
	t.Helper()
	b := empty(t)
	b.accept(t, jobOf("b"))
	b.end(t, answers(push.CodeUnregistered), push.Failed, "b")
	later := jobOf("later")
	later.DueAt = time.Now().Add(time.Hour)
	b.accept(t, jobOf("a"), later)
	ctx := t.Context()
	b.rdb.HSet(ctx, "push:hold:{demo}", "reason", "permission", "code", "PERMISSION", "since", "2026-11-24T00:00:00.000Z")
	b.rdb.HSet(ctx, "push:control", "paused-one", "paused")
	own, err := b.access.Token(ctx, b.token(t, "old"))
	if err != nil || own.Name != "old" {
		t.Fatal(err)
	}
	b.oldKey(t, "old-key", `{"name":"old-key","created_at":"2026-01-01T00:00:00Z"}`)
	other, _, err := b.access.Session(ctx, b.user(t, "other", access.Viewer, false), access.Unattended)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := b.access.Session(ctx, b.session(t, "root"), access.Unattended)
	if err != nil {
		t.Fatal(err)
	}
	b.named = strings.NewReplacer("SEARCH", searchID, "JOB", seededJob, "OTHERS-SESSION", other.Session, "OWN-SESSION", second.Session)
	return b
}
