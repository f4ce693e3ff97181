package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/audit"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

func (a *app) tokenList(ctx context.Context, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	project, err := a.control.Project(ctx)
	if err != nil {
		return err
	}
	tokens, total, err := a.control.DeadTokens(ctx, project, a.page.number, a.page.size)
	if err != nil {
		return err
	}
	t := newTable(stdout, "HASH", "SINCE", "CODE", "PUSH")
	for _, one := range tokens {
		t.row(one.Hash, one.At, one.Code, one.Push)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if int64(len(tokens)) < total {
		fmt.Fprintf(stderr, "page %d of %d dead tokens; --page and --size show others\n", a.page.number, total)
	}
	return nil
}

// forgetEntry is what is said of a forget in the audit log; nothing if it only counts.
func (a *app) forgetEntry(f *tokenFlags) audit.Entry {
	if !f.many() {
		return audit.Entry{Action: audit.TokenForget, Subject: cmp.Or(f.Hash, "a token on standard input")}
	}
	if !f.Yes {
		return audit.Entry{}
	}
	var parts []string
	if f.Code != nil {
		parts = append(parts, "code="+*f.Code)
	}
	if f.Since != nil {
		parts = append(parts, "since="+*f.Since)
	}
	return audit.Entry{Action: audit.TokenForget, Subject: cmp.Or(strings.Join(parts, " "), "all")}
}

// tokenForget takes one token off the list, or many.
func (a *app) tokenForget(ctx context.Context, f *tokenFlags, stdout, stderr io.Writer) error {
	short, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	project, err := a.control.Project(short)
	if err != nil {
		return err
	}
	if f.many() {
		return a.tokensForget(ctx, project, f.Yes, stdout, stderr)
	}
	hash := f.Hash
	if f.Token {
		line, err := bufio.NewReader(io.LimitReader(a.stdin, push.MaxToken+2)).ReadString('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("read the token: %w", err)
		}
		token := push.Short(line)
		if token == "" || len(token) > push.MaxToken {
			return outcomeError{audit.Refused, fmt.Errorf("--token: standard input must be one line with a device token, %d bytes at most", push.MaxToken)}
		}
		hash = pushlog.TokenHash(token)
		a.result = map[string]string{"hash": hash}
	}
	if err := a.control.ForgetToken(short, project, hash); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "forgotten; pushes to it are sent again")
	return nil
}

// tokensForget takes many off the list, or only counts them.
func (a *app) tokensForget(ctx context.Context, project string, yes bool, stdout, stderr io.Writer) error {
	n, oldest, err := a.control.CountDeadTokens(ctx, project, a.tokens)
	if err != nil {
		return err
	}
	if !yes {
		fmt.Fprintf(stdout, "%d tokens\n", n)
		if !oldest.IsZero() {
			fmt.Fprintf(stderr, "the oldest is suppressed since %s\n", oldest.UTC().Format(time.RFC3339))
		}
		fmt.Fprintln(stderr, "none is forgotten; --yes forgets them")
		return nil
	}
	n, err = a.control.ForgetTokens(ctx, project, a.tokens)
	a.result = map[string]string{"forgotten": strconv.FormatInt(n, 10)}
	if err != nil {
		return fmt.Errorf("%d tokens are forgotten; run it again for the rest: %w", n, err)
	}
	fmt.Fprintf(stdout, "%d tokens forgotten; pushes to them are sent again\n", n)
	return nil
}
