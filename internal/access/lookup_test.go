package access

import (
	"testing"
	"time"
)

// While Redis refuses writes, who is logged in stays so, also when their use would be to
// be noted; and what has ended is not opened.
func TestLookupWhileRedisRefusesWrites(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string][]any{
		"a replica":        {"REPLICAOF", "127.0.0.1", "1"},
		"too few replicas": {"CONFIG", "SET", "min-replicas-to-write", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			ctx := t.Context()
			b.add(t, "kim", Viewer)
			secret, _ := b.login(t, "kim")
			token, err := b.AddToken(ctx, NewToken{Name: "siem", Scopes: []Permission{Read}, By: "kim", ExpiresAt: b.clock.now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if err := b.rdb.Do(ctx, refuse...).Err(); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if !b.open(t, secret) {
					t.Error("the session is shut")
				}
				if actor, err := b.Token(ctx, token); err != nil || actor.Name != "siem" {
					t.Errorf("token: %+v, %v", actor, err)
				}
				b.pass(noteEvery + time.Second)
			}
			b.pass(time.Hour)
			if b.open(t, secret) {
				t.Error("a session that was not used for an hour is open")
			}
		})
	}
}
