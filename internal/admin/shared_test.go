package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
	"pushstream/internal/audit"
)

// searchesOf are the searches in the audit log of somebody of a kind.
func (b *bundle) searchesOf(t *testing.T, kind audit.Kind, actor string) (found []audit.Entry) {
	t.Helper()
	for _, e := range b.auditedAll(t, audit.Search) {
		if e.Kind == kind && e.Actor == actor {
			found = append(found, e)
		}
	}
	return found
}

const histogramQuery = "/api/v1/histogram?span=24h&since=2020-01-01T00:00:00Z&until=2024-01-01T00:00:00Z&"

// A page that shows another's search, with its histogram, on two admins, and asks again at
// each event: one entry, which says what came of it.
func TestSharedSearchIsAuditedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	second := newAPI(t.Context(), b.options).router()
	viewer := plainCookie + "=" + b.user(t, "viewer", access.Viewer, false)
	ask := func(router *gin.Engine, path string) int {
		r := httptest.NewRequest("GET", b.named.Replace(path), nil)
		r.Host = "localhost"
		r.Header.Set("Cookie", viewer)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		return w.Code
	}
	paths := []string{"/api/v1/pushes?search=SEARCH", histogramQuery + "search=SEARCH", "/api/v1/pushes?search=SEARCH&size=1&since=2024-01-01T00:00:00Z"}
	for range 5 {
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				if code := ask([]*gin.Engine{b.router, second}[i%2], paths[i%3]); code != http.StatusOK {
					t.Errorf("%s: %d", paths[i%3], code)
				}
			})
		}
		all.Wait()
	}
	entries := b.searchesOf(t, audit.User, "viewer")
	if len(entries) != 1 || entries[0].Outcome != audit.Done || entries[0].Customer != "csno-b" || entries[0].RequestID == "" {
		t.Fatalf("%+v", entries)
	}

	// A question of one's own beside it is another search, and so is another user's.
	body := `{"search":"` + searchID + `","column":"msg_title","contains":"push"}`
	for range 2 {
		if w := b.as("localhost", map[string]string{"Cookie": viewer}, "POST", "/api/v1/pushes/search", body); w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if n := len(b.searchesOf(t, audit.User, "viewer")); n != 3 {
		t.Errorf("%d entries", n)
	}
	machine := map[string]string{"Cookie": "", "Authorization": "Bearer " + b.token(t, "viewer", access.Read)} // of the same name
	if w := b.as("localhost", machine, "GET", paths[0], ""); w.Code != http.StatusOK || len(b.searchesOf(t, audit.Token, "viewer")) != 1 {
		t.Errorf("%d, %+v", w.Code, b.searchesOf(t, audit.Token, "viewer"))
	}

	// Later, it is a search again.
	if keys := b.rdb.Keys(t.Context(), "push:{audit}:once:*").Val(); len(keys) != 2 {
		t.Errorf("%v", keys)
	} else {
		for _, key := range keys {
			if ttl := b.rdb.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > searchEvery {
				t.Errorf("%s lives %v", key, ttl)
			}
		}
		b.rdb.Del(t.Context(), keys...)
	}
	ask(second, paths[2])
	if n := len(b.searchesOf(t, audit.User, "viewer")); n != 4 {
		t.Errorf("%d entries", n)
	}
}

// A search of what FCM answered stands in the URL: a page that asks again and again has
// one entry of it, but for another word another one.
func TestSearchInURLIsAuditedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, word := range []string{"unregistered", "third-party"} {
		for range 3 {
			for _, path := range []string{"/api/v1/pushes?", histogramQuery} {
				if w := b.get(path + "column=result&contains=" + word); w.Code != http.StatusOK {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
			}
			if w := b.do("POST", "/api/v1/pushes/search", `{"column":"result","contains":"`+word+`"}`); w.Code != http.StatusOK {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
	}
	if n := len(b.searchesOf(t, audit.User, "root")); n != 2 {
		t.Errorf("%d entries", n)
	}
}

// Nothing is shown before the entry is written, and one that came to nothing does not say
// so of what is shown later.
func TestSharedSearchIsWrittenBeforeItIsAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	viewer := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "viewer", access.Viewer, false)}
	const path = "/api/v1/pushes?search=SEARCH"
	const entries = "push:{audit}:entries"
	b.rdb.Set(t.Context(), entries, "not a stream", 0)
	w := b.as("localhost", viewer, "GET", path, "")
	checkProblem(t, w, http.StatusServiceUnavailable, "nothing was done")
	if strings.Contains(w.Body.String(), `"items"`) {
		t.Errorf("%s", w.Body)
	}
	b.rdb.Del(t.Context(), entries)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "GET", b.named.Replace(path), nil)
	r.Header.Set("Cookie", viewer["Cookie"])
	b.router.ServeHTTP(httptest.NewRecorder(), r)
	if w := b.as("localhost", viewer, "GET", path, ""); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if found := b.searchesOf(t, audit.User, "viewer"); len(found) != 1 || found[0].Outcome != audit.Done || found[0].Result["hits"] != "1" {
		t.Errorf("%s", fmt.Sprint(found))
	}
}
