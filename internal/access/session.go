package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// maxSessions is how many a user may have; the next one ends the oldest.
const maxSessions = 50

// Session is a session without its secret.
type Session struct {
	ID        string    `json:"id"`
	User      string    `json:"user"`
	How       How       `json:"how"`
	Address   string    `json:"address"`
	UserAgent string    `json:"user_agent"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"` // when a person last used it, to the minute
	EndsAt    time.Time `json:"ends_at"` // at the latest
}

// Left is how long a session lasts from now on if nobody uses it, and at most.
func (s *Store) Left(session Session) (unused, atMost time.Duration) {
	now := s.opt.Now()
	atMost = max(0, session.EndsAt.Sub(now))
	return min(atMost, max(0, session.SeenAt.Add(s.opt.Idle).Sub(now))), atMost
}

// start begins a session.
func (s *Store) start(ctx context.Context, u verified, from From) (string, Session, Actor, error) {
	secret, now := newSecret(), s.now()
	at := time.UnixMilli(now).UTC()
	session := Session{ID: hash(secret), User: u.name, How: u.how, Address: clip(from.Address, 64), UserAgent: clip(from.UserAgent, 256),
		CreatedAt: at, SeenAt: at, EndsAt: at.Add(s.opt.Absolute)}
	answer, err := startScript.Run(ctx, s.rdb, []string{s.keys.user(u.name), s.keys.session(session.ID), s.keys.sessions(u.name)},
		string(s.keys), session.ID, u.name, string(u.how), u.password, u.rehashed, session.Address, session.UserAgent,
		now, s.opt.Absolute.Milliseconds(), s.opt.Idle.Milliseconds(), maxSessions)
	if err != nil {
		return "", Session{}, Actor{}, fmt.Errorf("begin session: %w", err)
	}
	is, ok := answer.([]any)
	if !ok {
		return "", Session{}, Actor{}, &LoginError{User: u.name, Why: "disabled, or changed meanwhile"}
	}
	return secret, session, userActor(u.name, Role(is[0].(string)), is[1] == "1", session.ID), nil
}

// Unattended is the age of the last input of a request that no person caused.
const Unattended time.Duration = -1

// Session returns whose session a secret is, and what they may do now; or
// ErrNoSession. The session was used when a person last used the keyboard or the pointer:
// that is input ago, or Unattended, which is no use of the session.
func (s *Store) Session(ctx context.Context, secret string, input time.Duration) (Actor, Session, error) {
	if len(secret) != secretLength {
		return Actor{}, Session{}, ErrNoSession
	}
	id, now, used := hash(secret), s.now(), any("")
	if input >= 0 {
		used = now - input.Milliseconds()
	}
	answer, err := s.lookup(ctx, sessionScript, sessionReadScript, 4, []string{s.keys.session(id)},
		string(s.keys), id, now, s.opt.Idle.Milliseconds(), min(noteEvery, s.opt.Idle/10).Milliseconds(), s.opt.Absolute.Milliseconds(), used)
	if err != nil {
		return Actor{}, Session{}, fmt.Errorf("read session: %w", err)
	}
	list, ok := answer.([]any)
	if !ok {
		return Actor{}, Session{}, ErrNoSession
	}
	is := make([]string, len(list))
	for i := range list {
		is[i], _ = list[i].(string)
	}
	session := readSession(id, map[string]string{"user": is[2], "how": is[3], "address": is[4], "user_agent": is[5],
		"created_ms": is[6], "seen_ms": is[7], "ends_ms": is[8]})
	return userActor(session.User, Role(is[0]), is[1] == "1", id), session, nil
}

// Sessions returns the sessions of a user, or of all users if the name is empty, those
// used last first.
func (s *Store) Sessions(ctx context.Context, user string) ([]Session, error) {
	names := []string{user}
	if user == "" {
		all, err := s.rdb.ZRange(ctx, s.keys.users(), 0, -1).Result()
		if err != nil {
			return nil, fmt.Errorf("list users: %w", err)
		}
		names = all
	} else if name, err := canonical(user); err != nil {
		return []Session{}, nil
	} else {
		names[0] = name
	}
	var ids []string
	for chunk := range slices.Chunk(names, readStep) {
		answers := make([]*redis.StringSliceCmd, len(chunk))
		_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i, name := range chunk {
				answers[i] = pipe.ZRange(ctx, s.keys.sessions(name), 0, -1)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		for _, a := range answers {
			ids = append(ids, a.Val()...)
		}
	}
	sessions, now := []Session{}, s.opt.Now()
	err := s.hashes(ctx, ids, s.keys.session, func(id string, fields map[string]string) {
		if one := readSession(id, fields); now.Before(one.EndsAt) && now.Before(one.SeenAt.Add(s.opt.Idle)) {
			sessions = append(sessions, one)
		}
	})
	slices.SortFunc(sessions, func(a, b Session) int {
		return cmp.Or(b.SeenAt.Compare(a.SeenAt), cmp.Compare(a.ID, b.ID))
	})
	return sessions, wrap("read sessions", err)
}

// EndSession ends a session by its public id, or is ErrNoSession.
func (s *Store) EndSession(ctx context.Context, id string) error {
	n, err := endScript.Run(ctx, s.rdb, []string{s.keys.session(id)}, string(s.keys), "", id)
	if err == nil && n == int64(0) {
		return ErrNoSession
	}
	return wrap("end session", err)
}

// EndSessions ends all sessions of a user, and returns how many.
func (s *Store) EndSessions(ctx context.Context, user string) (int, error) {
	name, err := canonical(user)
	if err != nil {
		return 0, nil
	}
	answer, err := endScript.Run(ctx, s.rdb, []string{s.keys.user(name)}, string(s.keys), name, "")
	n, _ := answer.(int64)
	return int(n), wrap("end sessions", err)
}

func readSession(id string, f map[string]string) Session {
	return Session{ID: id, User: f["user"], How: How(f["how"]), Address: f["address"], UserAgent: f["user_agent"],
		CreatedAt: msTime(f["created_ms"]), SeenAt: msTime(f["seen_ms"]), EndsAt: msTime(f["ends_ms"])}
}
