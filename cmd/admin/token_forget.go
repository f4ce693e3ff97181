package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/admin"
	"pushstream/internal/audit"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
)

type tokenForget struct {
	long
	Hash  string  `arg:"" optional:"" help:"Hash of the token: printf %s TOKEN | sha256sum | cut -c1-32"`
	Token bool    `help:"Read the device token itself from standard input, one line."`
	All   bool    `help:"Forget all suppressed tokens."`
	Code  *string `help:"Forget tokens with this code of FCM: UNREGISTERED or INVALID_ARGUMENT."`
	Since *string `placeholder:"TIME" help:"Forget tokens that FCM reported at or after this time, RFC 3339, such as 2026-11-24T09:30:00+09:00."`
	Yes   bool    `help:"Confirm forgetting many. Without it, they are only counted."`

	filter stream.TokenFilter
}

// Validate checks the flags.
func (c *tokenForget) Validate(check *setting.Checker) {
	ways := 0
	for _, is := range []bool{c.Hash != "", c.Token, c.many()} {
		if is {
			ways++
		}
	}
	switch {
	case ways != 1, c.All && (c.Code != nil || c.Since != nil):
		check.Fault("HASH", "give the hash of a token; or --token, and the token on standard input; or --code or --since, or both; or --all")
	case c.Hash != "" && !admin.ValidHash(c.Hash):
		check.Fault("HASH", admin.NoHash)
	}
	if c.Code != nil {
		if c.filter.Code = push.Code(*c.Code); !slices.Contains(stream.InvalidTokenCodes(), c.filter.Code) {
			check.Fault("--code", fmt.Sprintf("%.40q must be one of %v", *c.Code, stream.InvalidTokenCodes()))
		}
	}
	if c.Since != nil {
		var err error
		if c.filter.Since, err = time.Parse(time.RFC3339, *c.Since); err != nil || c.filter.Since.Year() < 1970 {
			check.Fault("--since", fmt.Sprintf("%.40q must be a time as RFC 3339 has it, such as 2026-11-24T09:30:00+09:00", *c.Since))
		}
	}
}

// many reports whether a selection is given, not one token.
func (c *tokenForget) many() bool { return c.All || c.Code != nil || c.Since != nil }

// Entry is what the audit log says; nothing if it only counts.
func (c *tokenForget) Entry() audit.Entry {
	if !c.many() {
		return audit.Entry{Action: audit.TokenForget, Subject: cmp.Or(c.Hash, "a token on standard input")}
	}
	if !c.Yes {
		return audit.Entry{}
	}
	var parts []string
	if c.Code != nil {
		parts = append(parts, "code="+*c.Code)
	}
	if c.Since != nil {
		parts = append(parts, "since="+*c.Since)
	}
	return audit.Entry{Action: audit.TokenForget, Subject: cmp.Or(strings.Join(parts, " "), "all")}
}

// Run takes one token off the list, or many.
func (c *tokenForget) Run(ctx context.Context, a *app) error {
	short, cancel := brief(ctx)
	defer cancel()
	project, err := a.control.Project(short)
	if err != nil {
		return err
	}
	if c.many() {
		return c.forgetMany(ctx, a, project)
	}
	hash := c.Hash
	if c.Token {
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
	fmt.Fprintln(a.stdout, "forgotten; pushes to it are sent again")
	return nil
}

// forgetMany takes many off the list, or only counts them.
func (c *tokenForget) forgetMany(ctx context.Context, a *app, project string) error {
	n, oldest, err := a.control.CountSuppressed(ctx, project, c.filter)
	if err != nil {
		return err
	}
	if !c.Yes {
		fmt.Fprintf(a.stdout, "%d tokens\n", n)
		if !oldest.IsZero() {
			fmt.Fprintf(a.stderr, "the oldest is suppressed since %s\n", oldest.UTC().Format(time.RFC3339))
		}
		fmt.Fprintln(a.stderr, "none is forgotten; --yes forgets them")
		return nil
	}
	n, err = a.control.ForgetTokens(ctx, project, c.filter)
	a.result = map[string]string{"forgotten": strconv.FormatInt(n, 10)}
	if err != nil {
		return fmt.Errorf("%d tokens are forgotten; run it again for the rest: %w", n, err)
	}
	fmt.Fprintf(a.stdout, "%d tokens forgotten; pushes to them are sent again\n", n)
	return nil
}
