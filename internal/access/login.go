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

// verify holds a password against a user's.
func (s *Store) verify(ctx context.Context, name, password string, from From) (verified, error) {
	leave, err := s.hasher.enter(ctx)
	if err != nil {
		return verified{}, err
	}
	defer leave()

	name, badName := canonical(name) // then it is "", which nobody is called
	forgive, err := s.try(ctx, name, from)
	if err != nil {
		return verified{}, wrap("log in", err)
	}
	fields, err := s.rdb.HMGet(ctx, s.keys.user(name), "password", "disabled").Result()
	if err != nil {
		return verified{}, wrap("log in", err)
	}
	hashed, exists := fields[0].(string)
	disabled, found := fields[1].(string)
	if !exists {
		hashed = s.hasher.nobody // the same work
	}
	ok, outdated, err := false, false, error(nil)
	if len(password) <= 4*MaxPassword {
		ok, outdated, err = s.hasher.check(password, hashed)
	}
	failed := &LoginError{}
	if found {
		failed.User = name
	}
	switch {
	case err != nil:
		return verified{}, wrap("log in: password of "+name, err)
	case badName != nil, !found:
		failed.Why = WhyUnknown
	case !exists:
		failed.Why = "user of single sign-on"
	case !ok:
		failed.Why = "wrong password"
	case disabled == "1":
		failed.Why = WhyDisabled
	}
	if failed.Why != "" {
		return verified{}, failed
	}
	v := verified{name: name, how: ByPassword, password: hashed}
	if outdated {
		if v.rehashed, err = s.hasher.hash(password); err != nil {
			return verified{}, wrap("log in", err)
		}
	}
	return v, wrap("log in", forgive())
}
