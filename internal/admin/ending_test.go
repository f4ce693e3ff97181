package admin

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"pushstream/internal/access"
)

// What ends soon, has ended, or was stopped is counted before somebody is refused.
func TestEndingCollector(t *testing.T) {
	t.Parallel()
	b := empty(t)
	now := time.Now()
	b.user(t, "leaver", access.Admin, false)
	add := func(name, owner string, life time.Duration) {
		t.Helper()
		n := access.NewToken{Name: name, Scopes: []access.Permission{access.Submit}, Owner: owner}
		if life != 0 {
			n.ExpiresAt = now.Add(life)
		}
		if _, err := b.access.AddToken(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	add("soon", "root", 24*time.Hour)
	add("later", "", 90*24*time.Hour)
	b.oldKey(t, "gone", `{"name":"gone","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-02T00:00:00Z"}`)
	add("never", "", 0)
	add("hers", "leaver", 0)
	b.token(t, "bot") // an hour
	if err := b.access.Disable(t.Context(), "leaver"); err != nil {
		t.Fatal(err)
	}
	want := `
# HELP pushstream_credentials API tokens and producer keys that need attention: soon (they expire within 14 days), expired, stopped (the owner is disabled).
# TYPE pushstream_credentials gauge
pushstream_credentials{kind="api_token",state="expired"} 0
pushstream_credentials{kind="api_token",state="soon"} 1
pushstream_credentials{kind="api_token",state="stopped"} 0
pushstream_credentials{kind="producer_key",state="expired"} 1
pushstream_credentials{kind="producer_key",state="soon"} 1
pushstream_credentials{kind="producer_key",state="stopped"} 1
`
	if err := testutil.CollectAndCompare(NewEndingCollector(b.access), strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}
