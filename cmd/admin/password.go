package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"pushstream/internal/access"
	"pushstream/internal/audit"
)

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
