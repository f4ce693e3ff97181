package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// maxUsers bounds what a list of all users, and a look for another administrator,
// may cost.
const maxUsers = 5000

// How is the way in which somebody logs in.
type How string

// The ways.
const (
	ByPassword How = "password"
	ByOIDC     How = "oidc"
)

// User is somebody who may log in.
type User struct {
	Name       string    `json:"name"`
	Role       Role      `json:"role"`
	Reveal     bool      `json:"reveal"`
	Disabled   bool      `json:"disabled"`
	How        How       `json:"how"`
	CreatedAt  time.Time `json:"created_at"`
	CreatedBy  string    `json:"created_by"`
	PasswordAt time.Time `json:"password_at,omitzero"`
	LoginAt    time.Time `json:"login_at,omitzero"` // the last one
	LoginFrom  string    `json:"login_from,omitempty"`
}

// NewUser is what a user with a password is made of.
type NewUser struct {
	Name     string
	Password string
	Role     Role
	Reveal   bool
	By       string // who makes them
}

// AddUser makes a user: ErrName, ErrRole, ErrPassword, ErrUserExists, ErrFull.
func (s *Store) AddUser(ctx context.Context, u NewUser) error { return s.addUser(ctx, u, false) }

// EnsureFirst makes an administrator if there is no user at all, and reports whether
// it did. Whoever calls it twice, or from two processes, makes one.
func (s *Store) EnsureFirst(ctx context.Context, name, password string) (bool, error) {
	n, err := s.rdb.ZCard(ctx, s.keys.users()).Result()
	if err != nil {
		return false, fmt.Errorf("count users: %w", err)
	}
	if n > 0 {
		return false, nil
	}
	err = s.addUser(ctx, NewUser{Name: name, Password: password, Role: Admin, By: "environment"}, true)
	if errors.Is(err, ErrUserExists) {
		return false, nil
	}
	return err == nil, err
}

func (s *Store) addUser(ctx context.Context, u NewUser, first bool) error {
	name, err := canonical(u.Name)
	if err != nil {
		return err
	}
	if !slices.Contains(Roles(), u.Role) {
		return ErrRole
	}
	hashed, err := s.hashPassword(ctx, name, u.Password)
	if err != nil {
		return err
	}
	err = s.verdict(ctx, addUserScript, map[string]error{"exists": ErrUserExists, "full": ErrFull},
		[]string{s.keys.users(), s.keys.user(name)},
		name, string(u.Role), flag(u.Reveal), hashed, clip(u.By, 64), s.now(), maxUsers, flag(first))
	return wrap("add user", err)
}

// User returns a user, or ErrNoUser.
func (s *Store) User(ctx context.Context, name string) (User, error) {
	name, err := canonical(name)
	if err != nil {
		return User{}, ErrNoUser
	}
	fields, err := s.rdb.HGetAll(ctx, s.keys.user(name)).Result()
	if err != nil {
		return User{}, fmt.Errorf("read user: %w", err)
	}
	if len(fields) == 0 {
		return User{}, ErrNoUser
	}
	return readUser(name, fields), nil
}

// Users returns all users by name.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	names, err := s.rdb.ZRange(ctx, s.keys.users(), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	users := make([]User, 0, len(names))
	err = s.hashes(ctx, names, s.keys.user, func(name string, fields map[string]string) {
		users = append(users, readUser(name, fields))
	})
	return users, wrap("read users", err)
}

// SetRole gives a user a role, and the grant to reveal personal data or not. It counts
// at once: ErrNoUser, ErrRole, ErrOIDCUser, ErrLastAdmin.
func (s *Store) SetRole(ctx context.Context, name string, role Role, reveal bool) error {
	name, err := canonical(name)
	if err != nil {
		return ErrNoUser
	}
	if !slices.Contains(Roles(), role) {
		return ErrRole
	}
	err = s.verdict(ctx, setRoleScript, verdicts, []string{s.keys.users(), s.keys.user(name)},
		string(s.keys), name, string(role), flag(reveal))
	return wrap("set role", err)
}

// Disable shuts a user out, and ends all sessions: ErrNoUser, ErrLastAdmin.
func (s *Store) Disable(ctx context.Context, name string) error {
	return s.setDisabled(ctx, name, true)
}

// Enable lets a user in again: ErrNoUser.
func (s *Store) Enable(ctx context.Context, name string) error {
	return s.setDisabled(ctx, name, false)
}

func (s *Store) setDisabled(ctx context.Context, name string, disabled bool) error {
	name, err := canonical(name)
	if err != nil {
		return ErrNoUser
	}
	err = s.verdict(ctx, setDisabledScript, verdicts, []string{s.keys.users(), s.keys.user(name)},
		string(s.keys), name, flag(disabled))
	return wrap("disable or enable user", err)
}

// SetPassword gives a user another password, and ends all sessions: ErrNoUser,
// ErrPassword, ErrOIDCUser.
func (s *Store) SetPassword(ctx context.Context, name, password string) error {
	u, err := s.User(ctx, name) // before the price of a hash is paid
	switch {
	case err != nil:
		return err
	case u.How != ByPassword:
		return ErrOIDCUser
	}
	hashed, err := s.hashPassword(ctx, u.Name, password)
	if err != nil {
		return err
	}
	err = s.verdict(ctx, setPasswordScript, verdicts, []string{s.keys.user(u.Name)},
		string(s.keys), u.Name, hashed, s.now())
	return wrap("set password", err)
}

// verdicts are the words of the scripts that change a user.
var verdicts = map[string]error{"unknown": ErrNoUser, "oidc": ErrOIDCUser, "last": ErrLastAdmin}

func readUser(name string, f map[string]string) User {
	return User{Name: name, Role: Role(f["role"]), Reveal: f["reveal"] == "1", Disabled: f["disabled"] == "1", How: How(f["how"]),
		CreatedAt: msTime(f["created_ms"]), CreatedBy: f["created_by"], PasswordAt: msTime(f["password_ms"]),
		LoginAt: msTime(f["login_ms"]), LoginFrom: f["login_from"]}
}

// readStep is how many keys one round trip reads.
const readStep = 500

// hashes reads a hash for each name, and calls found for existing names, in
// their order.
func (s *Store) hashes(ctx context.Context, names []string, key func(string) string, found func(name string, fields map[string]string)) error {
	for chunk := range slices.Chunk(names, readStep) {
		answers := make([]*redis.MapStringStringCmd, len(chunk))
		_, err := s.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i, name := range chunk {
				answers[i] = pipe.HGetAll(ctx, key(name))
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i, name := range chunk {
			if fields := answers[i].Val(); len(fields) > 0 {
				found(name, fields)
			}
		}
	}
	return nil
}

// wrap says what was being done, unless nothing went wrong.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// ErrNoAdmin says that nobody can administer.
var ErrNoAdmin = errors.New("there is no enabled administrator; make one with admin user add NAME --role admin, or with ADMIN_USER and ADMIN_PASSWORD")

// CheckAdmin returns ErrNoAdmin if no enabled user is an administrator. It reads only.
func (s *Store) CheckAdmin(ctx context.Context) error {
	if name, ok := s.admin.Load().(string); ok && name != "" { // the one found last, mostly
		if is, err := s.isAdmin(ctx, name); is || err != nil {
			return err
		}
	}
	users, err := s.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.Role == Admin && !u.Disabled {
			s.admin.Store(u.Name)
			return nil
		}
	}
	return ErrNoAdmin
}

func (s *Store) isAdmin(ctx context.Context, name string) (bool, error) {
	values, err := s.rdb.HMGet(ctx, s.keys.user(name), "role", "disabled").Result()
	if err != nil {
		return false, wrap("read user", err)
	}
	return values[0] == string(Admin) && values[1] != "1", nil
}
