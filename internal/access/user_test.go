package access

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/redistest"
)

func TestUsers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := b.clock.now().UTC()
	b.add(t, "kim@firm.kr", Admin)
	if err := b.AddUser(t.Context(), NewUser{Name: "Bae", Password: right, Role: Viewer, Reveal: true, By: "kim@firm.kr"}); err != nil {
		t.Fatal(err)
	}
	users, err := b.Users(t.Context())
	want := []User{
		{Name: "bae", Role: Viewer, Reveal: true, How: ByPassword, CreatedAt: at, CreatedBy: "kim@firm.kr", PasswordAt: at},
		{Name: "kim@firm.kr", Role: Admin, How: ByPassword, CreatedAt: at, CreatedBy: "test", PasswordAt: at},
	}
	if fmt.Sprint(users) != fmt.Sprint(want) || err != nil {
		t.Errorf("%v %v, want %v", users, err, want)
	}
	if u, err := b.User(t.Context(), "BAE"); u != want[0] || err != nil {
		t.Errorf("%v %v", u, err)
	}
	for _, name := range []string{"nobody", "", "a b", strings.Repeat("x", 1000)} {
		_, err := b.User(t.Context(), name)
		checkErr(t, err, ErrNoUser)
		checkErr(t, b.SetRole(t.Context(), name, Viewer, false), ErrNoUser)
		checkErr(t, b.Disable(t.Context(), name), ErrNoUser)
		checkErr(t, b.Enable(t.Context(), name), ErrNoUser)
		checkErr(t, b.SetPassword(t.Context(), name, right), ErrNoUser)
	}
	b.checkStore(t, right)
}

func TestNames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	before := redistest.Dump(t, b.rdb)
	for _, name := range []string{"", "a b", "a/b", "가", "a\n", "a\x00", "\xff", "a:b", "{a}", "*", "\u212a" /* Kelvin: K in lower case */, strings.Repeat("a", 65), strings.Repeat("a", 1<<20)} {
		checkErr(t, b.AddUser(t.Context(), NewUser{Name: name, Password: right, Role: Viewer}), ErrName)
	}
	checkErr(t, b.AddUser(t.Context(), NewUser{Name: "a", Password: right, Role: "root"}), ErrRole)
	checkErr(t, b.AddUser(t.Context(), NewUser{Name: "a", Password: right}), ErrRole)
	if after := redistest.Dump(t, b.rdb); len(after) != len(before) {
		t.Errorf("%v", after)
	}
	b.add(t, strings.Repeat("a", 64), Viewer)
	b.add(t, "A-z_0.9@", Viewer)
	for _, again := range []string{"A-z_0.9@", "a-z_0.9@", "A-Z_0.9@"} {
		checkErr(t, b.AddUser(t.Context(), NewUser{Name: again, Password: right, Role: Admin}), ErrUserExists)
	}
	if u, err := b.User(t.Context(), "a-z_0.9@"); u.Role != Viewer || err != nil {
		t.Errorf("%v %v", u, err)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for password, ok := range map[string]bool{
		"":                                     false,
		"11 letters.":                          false,
		"열두글자가못되는암호":                           false,
		"열두글자가되는긴암호이다":                         true,
		"12 letters..":                         true,
		strings.Repeat("가", 256):               true,
		strings.Repeat("가", 257):               false,
		strings.Repeat("x", 1<<20):             false,
		"the-name-of-the-user":                 false,
		"The-Name-of-the-User":                 false,
		"not text \xff\xfe of any encoding..":  false,
		"  spaces at both ends count as well ": true,
	} {
		err := checkPassword("the-name-of-the-user", password)
		if ok != (err == nil) || !ok && !errors.Is(err, ErrPassword) {
			t.Errorf("%.40q: %v", password, err)
		}
	}
	checkErr(t, b.AddUser(t.Context(), NewUser{Name: "a", Password: "short", Role: Viewer}), ErrPassword)
	b.add(t, "a", Viewer)
	err := b.SetPassword(t.Context(), "a", "short secret")
	if err != nil {
		t.Error(err) // 12 characters
	}
	err = b.SetPassword(t.Context(), "a", "my secret")
	checkErr(t, err, ErrPassword)
	if strings.Contains(err.Error(), "my secret") {
		t.Errorf("the error tells the password: %v", err)
	}
}

// Of many who make the same user, one does, and it is the user that is there.
func TestAddedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var group sync.WaitGroup
	made := make(chan int, 16)
	for i := range cap(made) {
		group.Go(func() {
			err := b.replica(Options{}).AddUser(t.Context(), NewUser{Name: "kim", Password: fmt.Sprintf("password number %d", i), Role: Viewer})
			if err == nil {
				made <- i
			} else if !errors.Is(err, ErrUserExists) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	close(made)
	if len(made) != 1 {
		t.Fatalf("%d made it", len(made))
	}
	if err := b.CheckPassword(t.Context(), "kim", fmt.Sprintf("password number %d", <-made), here); err != nil {
		t.Error(err)
	}
}

func TestEnsureFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.EnsureFirst(t.Context(), "root", "short")
	checkErr(t, err, ErrPassword)
	var group sync.WaitGroup
	made := make(chan string, 8)
	for i := range cap(made) {
		group.Go(func() {
			name := fmt.Sprintf("root%d", i)
			if ok, err := b.replica(Options{}).EnsureFirst(t.Context(), name, right); err != nil {
				t.Error(err)
			} else if ok {
				made <- name
			}
		})
	}
	group.Wait()
	if len(made) != 1 {
		t.Fatalf("%d made it", len(made))
	}
	name := <-made
	if u, err := b.User(t.Context(), name); u.Role != Admin || u.Reveal || u.CreatedBy != "environment" || err != nil {
		t.Errorf("%+v %v", u, err)
	}
	// It stays as it is: neither another one nor another password.
	if ok, err := b.EnsureFirst(t.Context(), name, "another password"); ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
	if err := b.CheckPassword(t.Context(), name, right, here); err != nil {
		t.Error(err)
	}
}

func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "a", Admin)
	b.add(t, "v", Viewer)
	before := redistest.Dump(t, b.rdb)
	checkErr(t, b.Disable(t.Context(), "a"), ErrLastAdmin)
	checkErr(t, b.SetRole(t.Context(), "a", Operator, false), ErrLastAdmin)
	if after := redistest.Dump(t, b.rdb); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%v", after)
	}
	if err := b.SetRole(t.Context(), "a", Admin, true); err != nil { // the grant may change
		t.Error(err)
	}
	b.add(t, "b", Admin)
	if err := b.Disable(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	checkErr(t, b.SetRole(t.Context(), "a", Viewer, false), ErrLastAdmin) // a disabled one does not count
	if err := b.SetRole(t.Context(), "b", Viewer, false); err != nil {    // nor is it the last
		t.Error(err)
	}
	if err := b.SetRole(t.Context(), "v", Admin, false); err != nil {
		t.Fatal(err)
	}
	if err := b.SetRole(t.Context(), "a", Viewer, false); err != nil {
		t.Error(err)
	}
	checkErr(t, b.Disable(t.Context(), "v"), ErrLastAdmin)
}

// Two administrators who demote each other in the same moment don't both succeed.
func TestTwoAdministratorsAtEachOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "a", Admin)
	b.add(t, "b", Admin)
	for range 50 {
		var group sync.WaitGroup
		errs := make([]error, 2)
		group.Go(func() { errs[0] = b.SetRole(t.Context(), "a", Viewer, false) })
		group.Go(func() { errs[1] = b.Disable(t.Context(), "b") })
		group.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), ErrLastAdmin) {
			t.Fatalf("%v", errs)
		}
		if err := errors.Join(b.Enable(t.Context(), "b"), b.SetRole(t.Context(), "a", Admin, false)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTooManyUsers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	members := make([]redis.Z, maxUsers)
	for i := range members {
		members[i].Member = fmt.Sprint("u", i)
	}
	b.rdb.ZAdd(t.Context(), "push:{access}:users", members...)
	checkErr(t, b.AddUser(t.Context(), NewUser{Name: "kim", Password: right, Role: Viewer}), ErrFull)
}

func TestPrefixesKeepApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Admin)
	secret, _ := b.login(t, "kim")
	other := New(b.rdb, "other", Options{Cost: cheap})
	_, _, err := other.Session(t.Context(), secret, 0)
	checkErr(t, err, ErrNoSession)
	if users, err := other.Users(t.Context()); len(users) != 0 || err != nil {
		t.Errorf("%v %v", users, err)
	}
}

// Whatever can't be asked is an error of its own: nobody is told that a password was
// wrong, nor let in.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, "kim", Admin)
	secret, session := b.login(t, "kim")
	b.rdb.Close()
	_, _, _, login := b.Login(t.Context(), "kim", right, here)
	_, _, read := b.Session(t.Context(), secret, 0)
	_, token := b.Token(t.Context(), tokenPrefix+secret)
	_, users := b.Users(t.Context())
	_, user := b.User(t.Context(), "kim")
	_, sessions := b.Sessions(t.Context(), "")
	_, all := b.EndSessions(t.Context(), "kim")
	_, first := b.EnsureFirst(t.Context(), "kim", right)
	_, add := b.AddToken(t.Context(), NewToken{Name: "m", Scopes: []Permission{Read}, ExpiresAt: b.clock.now().Add(time.Hour)})
	_, tokens := b.Tokens(t.Context())
	for i, err := range []error{login, read, token, users, user, sessions, all, first, add, tokens,
		b.EndSession(t.Context(), session.ID), b.Disable(t.Context(), "kim"), b.SetRole(t.Context(), "kim", Viewer, false),
		b.SetPassword(t.Context(), "kim", right), b.RemoveToken(t.Context(), "m")} {
		if !errors.Is(err, redis.ErrClosed) || errors.Is(err, ErrLogin) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
