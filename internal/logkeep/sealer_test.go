package logkeep

import (
	"context"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// whenSealed is a hook that does something once a pass reads what to seal.
type whenSealed struct{ do func() }

func (whenSealed) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h whenSealed) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "hgetall" {
			h.do()
		}
		return next(ctx, cmd)
	}
}

func (whenSealed) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// A sealer whose lock has expired meanwhile leaves the lock of the next one alone; its own
// it releases.
func TestSealerReleasesOnlyItsLock(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	if err := NewSealer(b.rdb, b.keys, Options{Owner: "mine"}).Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if has := b.rdb.Get(t.Context(), p.Sealing()).Val(); has != "" {
		t.Errorf("after a pass the lock is %q's", has)
	}
	slow := b.srv.Client(t)
	var once sync.Once
	slow.AddHook(whenSealed{func() {
		once.Do(func() { b.rdb.Set(t.Context(), p.Sealing(), "another", sealTTL) })
	}})
	if err := NewSealer(slow, b.keys, Options{Owner: "mine"}).Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if has := b.rdb.Get(t.Context(), p.Sealing()).Val(); has != "another" {
		t.Errorf("the lock of another process is %q's now", has)
	}
	if ttl := b.rdb.PTTL(t.Context(), p.Sealing()).Val(); ttl <= 0 || ttl > sealTTL {
		t.Error("its TTL is", ttl)
	}
	// Nor does it seal while another one does.
	if err := NewSealer(slow, b.keys, Options{Owner: "mine"}).Pass(t.Context()); err != nil || b.rdb.Get(t.Context(), p.Sealing()).Val() != "another" {
		t.Error("it took the lock of another process:", err)
	}
}

// A sent push keeps its hash for PackAfter since it was sent, and is packed then; MaxAge
// below that removes it as it is.
func TestPackAfter(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	p := b.keys.Partition(0)
	b.send(t, several("sent", 20)...)
	b.seal(t, 100)
	pack := func(o Options) int {
		t.Helper()
		if err := NewSealer(b.rdb, b.keys, o).Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(b.packed(t, p))
	}
	if n := pack(Options{Owner: "a"}); n != 0 {
		t.Errorf("%d were packed before a day was over", n)
	}
	if h := b.rdb.HGetAll(t.Context(), p.Record("sent-003")).Val(); h["status"] != "sent" {
		t.Errorf("HGETALL shows %v", h)
	}
	eventually(t, "they are packed", func() bool { return pack(Options{Owner: "a", PackAfter: 1}) == 20 })
	if h := b.rdb.HGetAll(t.Context(), p.Record("sent-003")).Val(); len(h) != 0 || b.get(t, "sent-003").Status != "sent" {
		t.Errorf("HGETALL shows %v", h)
	}
	b.send(t, several("young", 5)...)
	r := NewRetainer(b.rdb, b.keys, Options{Owner: "a", MaxAge: 1})
	eventually(t, "all have left the log", func() bool {
		_, err := r.Pass(t.Context())
		return err == nil && b.rdb.ZCard(t.Context(), p.Index()).Val() == 0
	})
}
