package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	tokenPrefix = "pst_"
	maxTokens   = 2000
	maxTokensOf = 200 // of one owner
	// LongestToken is how far off a token's end may be.
	LongestToken = 400 * 24 * time.Hour
	// LongestSubmit is the same of a token with the scope submit alone, if it has an end.
	LongestSubmit = 3660 * 24 * time.Hour
	// noEnd is the end of a token without one, in ms: the year 2199. A version that knows
	// no such token shows it as an end, and works.
	noEnd = 7258118399000
	// shownFor is how long an expired token stays in the list, to explain why a
	// machine is refused.
	shownFor = 30 * 24 * time.Hour
)

// Token is an API token without its secret.
type Token struct {
	Name      string       `json:"name"`
	Scopes    []Permission `json:"scopes"`
	CreatedBy string       `json:"created_by"`
	Owner     string       `json:"owner"` // a user; empty: made at the command line, or by a version that did not note it
	CreatedAt time.Time    `json:"created_at"`
	ExpiresAt time.Time    `json:"expires_at,omitzero"` // zero: never
	UsedAt    time.Time    `json:"used_at,omitzero"`    // to the minute
	Expired   bool         `json:"expired"`
	Stopped   bool         `json:"stopped"`       // its owner is disabled
	Old       bool         `json:"old,omitempty"` // a producer key of the version before: see ConvertKeys
}

// NewToken is what a token is made of.
type NewToken struct {
	Name      string
	Scopes    []Permission // of Scopes
	By        string       // who makes it
	Owner     string       // the user with whom it stops, and who must be allowed what it is; empty: nobody
	ExpiresAt time.Time    // zero, for the scope submit alone: never
}

// SubmitsOnly reports whether scopes are submit alone: such a token need not expire.
func SubmitsOnly(scopes []Permission) bool {
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(p Permission) bool { return p != Submit })
}

// AddToken makes a token and returns its secret, which can't be had again: ErrName,
// ErrScope, ErrExpires, ErrTokenExists, ErrFull, ErrNoUser, ErrDisabled.
func (s *Store) AddToken(ctx context.Context, t NewToken) (string, error) {
	name, err := canonical(t.Name)
	if err != nil {
		return "", err
	}
	var scopes []string
	for _, one := range Scopes() { // in one order, each once
		if slices.Contains(t.Scopes, one) {
			scopes = append(scopes, string(one))
		}
	}
	if len(scopes) == 0 || slices.ContainsFunc(t.Scopes, func(p Permission) bool { return !slices.Contains(Scopes(), p) }) {
		return "", ErrScope
	}
	now, longest := s.opt.Now(), LongestToken
	submits := SubmitsOnly(t.Scopes)
	if submits {
		longest = LongestSubmit
	}
	if life := t.ExpiresAt.Sub(now); !(submits && t.ExpiresAt.IsZero()) && (life <= 0 || life > longest) {
		return "", ErrExpires
	}
	if t.Owner != "" {
		if t.Owner, err = (Owners{s.rdb, s.keys}).Owner(ctx, t.Owner); err != nil {
			return "", err
		}
	}
	if err := s.freeOfKeys(ctx, name); err != nil {
		return "", err
	}
	secret := tokenPrefix + newSecret()
	if err := s.putToken(ctx, hash(secret), name, strings.Join(scopes, " "), now, t); err != nil {
		return "", wrap("add token", err)
	}
	return secret, nil
}

// putToken writes a token.
func (s *Store) putToken(ctx context.Context, id, name, scopes string, created time.Time, t NewToken) error {
	most, expires := maxTokensOf, int64(noEnd)
	if t.Owner == "" {
		most = maxTokens
	}
	if !t.ExpiresAt.IsZero() {
		expires = t.ExpiresAt.UnixMilli()
	}
	return s.verdict(ctx, addTokenScript, map[string]error{"exists": ErrTokenExists, "full": ErrFull},
		[]string{s.keys.tokens(), s.keys.token(id)},
		string(s.keys), id, name, scopes, clip(t.By, 64), created.UnixMilli(), s.now(), expires, shownFor.Milliseconds(), maxTokens, t.Owner, most)
}

// Tokens returns all tokens by name, expired ones for another 30 days, with the producer
// keys of the version before.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	ids, err := s.rdb.ZRange(ctx, s.keys.tokens(), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	tokens, found, now := make([]Token, 0, len(ids)), []string{}, s.opt.Now()
	err = s.hashes(ctx, ids, s.keys.token, func(id string, f map[string]string) {
		t := Token{Name: f["name"], Scopes: readScopes(f["scopes"]), CreatedBy: f["created_by"], Owner: f["owner"],
			CreatedAt: msTime(f["created_ms"]), ExpiresAt: msTime(f["expires_ms"]), UsedAt: msTime(f["used_ms"])}
		if t.ExpiresAt.UnixMilli() == noEnd {
			t.ExpiresAt = time.Time{}
		}
		tokens = append(tokens, t)
		found = append(found, id)
	})
	if err != nil {
		return tokens, wrap("read tokens", err)
	}
	old, err := s.oldKeys(ctx)
	if err != nil {
		return tokens, wrap("read tokens", err)
	}
	for _, k := range old {
		tokens, found = append(tokens, k.token()), append(found, k.id())
	}
	if err := s.addUses(ctx, tokens, found); err != nil {
		return tokens, wrap("read tokens", err)
	}
	owners := make([]string, len(tokens))
	for i, t := range tokens {
		owners[i] = t.Owner
	}
	out, err := Owners{s.rdb, s.keys}.ShutOut(ctx, owners...)
	for i := range tokens {
		t := &tokens[i]
		t.Stopped, t.Expired = out[t.Owner], !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt)
	}
	slices.SortFunc(tokens, func(a, b Token) int { return cmp.Compare(a.Name, b.Name) })
	return tokens, wrap("read tokens", err)
}

// RemoveToken takes a token, or a key of its name, away, or is ErrNoToken. It stops working
// at once.
func (s *Store) RemoveToken(ctx context.Context, given string) error {
	name, err := canonical(given)
	if err != nil {
		return ErrNoToken
	}
	keys, err := s.changeKeys(ctx, given, nil)
	if err != nil {
		return wrap("remove token", err)
	}
	n, err := removeTokenScript.Run(ctx, s.rdb, []string{s.keys.tokens()}, string(s.keys), name)
	if err == nil && n == int64(0) && keys == 0 {
		return ErrNoToken
	}
	return wrap("remove token", err)
}

// GiveToken gives a token, or a key of its name, another owner: ErrNoToken, ErrNoUser,
// ErrDisabled.
func (s *Store) GiveToken(ctx context.Context, given, owner string) error {
	name, err := canonical(given)
	if err != nil {
		return ErrNoToken
	}
	if owner, err = (Owners{s.rdb, s.keys}).Owner(ctx, owner); err != nil {
		return err
	}
	keys, err := s.changeKeys(ctx, given, func(k *oldKey) { k.Owner = owner })
	if err != nil {
		return wrap("give token", err)
	}
	err = s.verdict(ctx, giveTokenScript, map[string]error{"missing": ErrNoToken, "unknown": ErrNoUser, "disabled": ErrDisabled},
		[]string{s.keys.tokens(), s.keys.user(owner)}, string(s.keys), name, owner)
	if errors.Is(err, ErrNoToken) && keys > 0 {
		return nil
	}
	return wrap("give token", err)
}

// Token returns the machine that a secret belongs to; or ErrNoToken, of which ErrStopped
// is one. It may do what its owner may at most.
func (s *Store) Token(ctx context.Context, secret string) (Actor, error) {
	if !strings.HasPrefix(secret, tokenPrefix) || len(secret) > 128 {
		return Actor{}, ErrNoToken
	}
	answer, err := s.lookup(ctx, tokenScript, tokenReadScript, 1, []string{s.keys.token(hash(secret))}, s.now(), noteEvery.Milliseconds(), string(s.keys))
	if err != nil {
		return Actor{}, fmt.Errorf("read token: %w", err)
	}
	if answer == "stopped" {
		return Actor{}, ErrStopped
	}
	is, ok := answer.([]any)
	if !ok {
		return Actor{}, ErrNoToken
	}
	scopes := slices.DeleteFunc(readScopes(is[1].(string)), func(p Permission) bool { return p == Submit })
	if len(scopes) == 0 && strings.Contains(is[1].(string), string(Submit)) {
		return Actor{}, ErrNoToken // it is one for producers
	}
	if role := Role(is[2].(string)); role != "" {
		scopes = slices.DeleteFunc(scopes, func(p Permission) bool { return !slices.Contains(role.Permissions(), p) })
	}
	return Actor{Kind: KindToken, Name: is[0].(string), Permissions: scopes}, nil
}

// readScopes reads what a token may do. What no machine may do by now is left out.
func readScopes(text string) []Permission {
	scopes := []Permission{}
	for one := range strings.FieldsSeq(text) {
		if slices.Contains(Scopes(), Permission(one)) {
			scopes = append(scopes, Permission(one))
		}
	}
	return scopes
}
