package fcmsim

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The names of the faults of POST /token, for Config.TokenFaults.
const (
	TokenError500 = "error500" // 500
	TokenHang     = "hang"     // no answer for Config.HangFor
	TokenRefused  = "refused"  // 400 invalid_grant: the key was revoked
)

var tokenFaults = map[string]*answer{
	TokenError500: {tally: TokenError500, status: http.StatusInternalServerError},
	TokenHang:     {tally: TokenHang, how: hang},
	TokenRefused:  {tally: TokenRefused, status: http.StatusBadRequest},
}

// bearers are the tokens that were given, with their ends.
type bearers struct {
	mu   sync.RWMutex
	ends map[string]time.Time
}

func newBearers() *bearers { return &bearers{ends: map[string]time.Time{}} }

// issue returns a new token, good for ttl, and forgets those that ended.
func (b *bearers) issue(now time.Time, ttl time.Duration) string {
	token := "ya29.fcmsim." + rand.Text()
	b.mu.Lock()
	defer b.mu.Unlock()
	for old, end := range b.ends {
		if !end.After(now) {
			delete(b.ends, old)
		}
	}
	b.ends[token] = now.Add(ttl)
	return token
}

// valid reports whether an Authorization header carries a token that holds.
func (b *bearers) valid(header string, now time.Time) bool {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	end, ok := b.ends[token]
	return ok && end.After(now)
}

// The grants that Google's clients ask with.
const (
	grantJWT     = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	grantRefresh = "refresh_token"
)

// serveToken is Google's OAuth token endpoint. It wants an assertion and looks
// no further: any key of a service account will do.
func (s *Simulator) serveToken(w http.ResponseWriter, r *http.Request) {
	set := s.settings.Load()
	s.ledger.Load().tokens.Add(1)
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		refuseToken(w, "invalid_request", "Could not parse the request.")
		return
	}
	who := identity{try: set.tokens.Add(1)}
	switch set.tokenOdds.pick(who.uniform(set.Seed, saltToken)) {
	case TokenError500:
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "internal_failure"})
		return
	case TokenHang:
		pause(r.Context(), cmp.Or(set.HangFor, MaxDelay))
		panic(http.ErrAbortHandler)
	case TokenRefused:
		refuseToken(w, "invalid_grant", "Invalid JWT Signature.")
		return
	}
	switch grant := r.PostForm.Get("grant_type"); {
	case grant != grantJWT && grant != grantRefresh:
		refuseToken(w, "unsupported_grant_type", "Invalid grant_type: "+grant)
		return
	case grant == grantJWT && r.PostForm.Get("assertion") == "",
		grant == grantRefresh && r.PostForm.Get("refresh_token") == "":
		refuseToken(w, "invalid_request", "Missing parameter.")
		return
	}
	ttl := cmp.Or(set.TokenTTL, DefaultTokenTTL)
	writeJSON(w, http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
		TokenType   string `json:"token_type"`
	}{s.bearers.issue(time.Now(), ttl), int64(ttl / time.Second), "Bearer"})
}

func refuseToken(w http.ResponseWriter, code, description string) {
	writeJSON(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": description})
}

// writeJSON answers with value, indented: people read it with curl.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value) // the client may be gone
}
