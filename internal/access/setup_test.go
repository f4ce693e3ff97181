package access

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"pushstream/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const right = "correct horse 고객"

var here = From{Address: "192.0.2.7", UserAgent: "Firefox"}

// cheap is a cost for tests.
var cheap = Cost{MemoryKiB: 64, Time: 1, Threads: 1}

// clock is a time that tests move. It begins at the real one, since Redis's TTLs
// have that.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time        { return time.UnixMilli(c.ms.Load()) }
func (c *clock) pass(by time.Duration) { c.ms.Add(by.Milliseconds()) }

type bundle struct {
	*Store
	*clock
	rdb *redis.Client
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{clock: &clock{}, rdb: redistest.New(t).Client(t)}
	b.ms.Store(time.Now().UnixMilli())
	b.Store = b.replica(Options{})
	return b
}

// replica is another process on the same data.
func (b *bundle) replica(o Options) *Store {
	o.Now = b.clock.now
	if o.Cost == (Cost{}) {
		o.Cost = cheap
	}
	return New(b.rdb, "push", o)
}

func (b *bundle) add(t *testing.T, name string, role Role) {
	t.Helper()
	if err := b.AddUser(t.Context(), NewUser{Name: name, Password: right, Role: role, By: "test"}); err != nil {
		t.Fatal(err)
	}
}

// login begins a session and returns its secret.
func (b *bundle) login(t *testing.T, name string) (string, Session) {
	t.Helper()
	secret, session, _, err := b.Login(t.Context(), name, right, here)
	if err != nil {
		t.Fatal(err)
	}
	return secret, session
}

// open checks whether a secret opens a session.
func (b *bundle) open(t *testing.T, secret string) bool {
	t.Helper()
	_, _, err := b.Session(t.Context(), secret, 0)
	if err != nil && !errors.Is(err, ErrNoSession) {
		t.Fatal(err)
	}
	return err == nil
}

// checkStore wants that every key but users has a TTL, and that Redis has no secret.
func (b *bundle) checkStore(t *testing.T, secrets ...string) {
	t.Helper()
	for key, content := range redistest.Dump(t, b.rdb) {
		if !strings.HasPrefix(key, "push:{access}:") {
			t.Errorf("%s is outside of the hash tag", key)
		}
		users := key == "push:{access}:users" || strings.HasPrefix(key, "push:{access}:user:")
		if !users && !strings.HasSuffix(content, "ttl=true") {
			t.Errorf("%s has no TTL", key)
		}
		for _, secret := range secrets {
			if strings.Contains(key+content, strings.TrimPrefix(secret, tokenPrefix)) {
				t.Errorf("a secret is in %s: %s", key, content)
			}
		}
	}
}

func checkErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}
