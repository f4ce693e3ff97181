package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/setting"
)

// passwordFlags are what it costs to check a password.
type passwordFlags struct {
	Memory string `name:"password-memory" env:"PASSWORD_MEMORY" default:"19456" help:"Memory per password hash (argon2id), in KiB."`
	Passes string `name:"password-passes" env:"PASSWORD_PASSES" default:"2" help:"Passes over that memory per password hash."`
}

func (f *passwordFlags) check(check *setting.Checker) access.Cost {
	return access.Cost{MemoryKiB: uint32(check.Int("PASSWORD_MEMORY", f.Memory, 8<<10, 1<<20)),
		Time: uint32(check.Int("PASSWORD_PASSES", f.Passes, 1, 100)), Threads: 1}
}

// newPassword are the flags of a command that sets a password.
type newPassword struct {
	long
	Generate bool `help:"Generate a password, and print it once."`
	passwordFlags

	cost access.Cost
}

// Validate checks the flags.
func (f *newPassword) Validate(check *setting.Checker) { f.cost = f.passwordFlags.check(check) }

// with does something with a new password, which it reads, or makes and prints.
func (f *newPassword) with(ctx context.Context, a *app, do func(ctx context.Context, password string) error) error {
	a.openAccess(access.Options{Cost: f.cost})
	password := rand.Text() // 130 bits
	if !f.Generate {
		var err error
		if password, err = askPassword(ctx, a.stdin, a.stderr); err != nil {
			return err
		}
	}
	ctx, cancel := brief(ctx)
	defer cancel()
	if err := do(ctx, password); err != nil {
		return err
	}
	if f.Generate {
		fmt.Fprintln(a.stderr, "the password, shown this once:")
		fmt.Fprintln(a.stdout, password)
	}
	return nil
}

// askPassword asks for a new password twice if stdin is a terminal; else it is one
// line of stdin.
func askPassword(ctx context.Context, stdin io.Reader, stderr io.Writer) (string, error) {
	file, ok := stdin.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return readLine(stdin)
	}
	fd := int(file.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	type answer struct {
		password string
		err      error
	}
	asked := make(chan answer, 1)
	go func() { // it ends with the process, if not before
		password, err := askTwice(func() ([]byte, error) { return term.ReadPassword(fd) }, stderr)
		asked <- answer{password, err}
	}()
	select {
	case a := <-asked:
		return a.password, a.err
	case <-ctx.Done():
		_ = term.Restore(fd, state) // what is typed shows again
		fmt.Fprintln(stderr)
		return "", ctx.Err()
	}
}

// askTwice reads a password and the same again.
func askTwice(read func() ([]byte, error), stderr io.Writer) (string, error) {
	var both [2]string
	for i, prompt := range []string{"password: ", "again: "} {
		fmt.Fprint(stderr, prompt)
		b, err := read()
		fmt.Fprintln(stderr)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		both[i] = string(b)
	}
	if both[0] != both[1] {
		return "", outcomeError{audit.Refused, errors.New("the two are not the same")}
	}
	return both[0], nil
}

// readLine reads the only line that there may be.
func readLine(r io.Reader) (string, error) {
	const longest = 4 * (access.MaxPassword + 1)
	b := bufio.NewReader(io.LimitReader(r, longest+1))
	line, err := b.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if _, err := b.ReadByte(); err == nil || len(line) > longest {
		return "", outcomeError{audit.Refused, errors.New("stdin has more than the one line of the password")}
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}
