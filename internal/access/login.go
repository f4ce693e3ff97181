package access

import (
	"context"
	"errors"
)

// ErrLogin is any login that failed: the same for an unknown user, a disabled one and
// a wrong password.
var ErrLogin = errors.New("wrong name or password")

// Why a login failed, where others count it.
const (
	WhyUnknown  = "unknown user"
	WhyDisabled = "disabled"
)

// LoginError is an ErrLogin with what only the audit log may know.
type LoginError struct {
	User string // if there is one of the name. A name that is none may be a password
	Why  string // unknown user, disabled, wrong password, …
}

// Error says no more than ErrLogin.
func (e *LoginError) Error() string { return ErrLogin.Error() }

// Is says that it is an ErrLogin.
func (e *LoginError) Is(target error) bool { return target == ErrLogin }

// Login begins a session for who has the right password; the secret is the session's,
// for a cookie. ErrLogin (a LoginError), a ThrottledError, or the store's error.
func (s *Store) Login(ctx context.Context, name, password string, from From) (secret string, session Session, actor Actor, err error) {
	known, err := s.verify(ctx, name, password, from)
	if err != nil {
		return "", Session{}, Actor{}, err
	}
	return s.start(ctx, known, from)
}

// CheckPassword says whether a password is a user's, as Login does, and at the same
// price; for whoever is logged in and wants to change theirs.
func (s *Store) CheckPassword(ctx context.Context, name, password string, from From) error {
	_, err := s.verify(ctx, name, password, from)
	return err
}

// verified is a user whose password was right.
type verified struct {
	name     string
	how      How
	password string // hashed
	rehashed string // at our cost, if that one was at another
}

// verify holds a password against a user's. Whether one may try is asked before one
// waits for a place: who may not takes none.
func (s *Store) verify(ctx context.Context, name, password string, from From) (verified, error) {
	name, _ = canonical(name) // a bad one is "", which nobody is called
	tried, err := s.try(ctx, name, from)
	if err != nil {
		return verified{}, wrap("log in", err)
	}
	leave, err := queue(ctx, s.hasher.line, tried.who())
	if err != nil {
		return verified{}, errors.Join(err, wrap("log in", tried.judge(ctx, judgedUnseen)))
	}
	defer leave()
	v, err := s.look(ctx, name, password)
	var failed *LoginError
	switch {
	case errors.As(err, &failed):
		if noted := tried.judge(ctx, judgedWrong); noted != nil {
			return verified{}, wrap("log in", noted)
		}
		return verified{}, err
	case err != nil:
		return verified{}, wrap("log in", err)
	}
	return v, wrap("log in", tried.judge(ctx, judgedRight))
}

// look looks at a password, at the same price for each name. It is for whoever has a place.
func (s *Store) look(ctx context.Context, name, password string) (verified, error) {
	fields, err := s.rdb.HMGet(ctx, s.keys.user(name), "password", "disabled").Result()
	if err != nil {
		return verified{}, err
	}
	hashed, exists := fields[0].(string)
	disabled, found := fields[1].(string)
	if !exists {
		hashed = s.hasher.nobody // the same work
	}
	ok, outdated := false, false
	if len(password) <= 4*MaxPassword {
		if ok, outdated, err = s.hasher.check(password, hashed); err != nil {
			return verified{}, wrap("password of "+name, err)
		}
	}
	failed := &LoginError{}
	if found {
		failed.User = name
	}
	switch {
	case !found:
		failed.Why = "unknown user"
	case !exists:
		failed.Why = "user of single sign-on"
	case !ok:
		failed.Why = "wrong password"
	case disabled == "1":
		failed.Why = "disabled"
	}
	if failed.Why != "" {
		return verified{}, failed
	}
	v := verified{name: name, how: ByPassword, password: hashed}
	if outdated {
		if v.rehashed, err = s.hasher.hash(password); err != nil {
			return verified{}, err
		}
	}
	return v, nil
}
