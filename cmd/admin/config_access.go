package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/push"
	"pushstream/internal/setting"
)

// passwordFlags are what a look at a password costs.
type passwordFlags struct {
	Memory string `name:"password-memory" env:"PASSWORD_MEMORY" default:"19456" help:"KiB of memory that a look at a password takes (argon2id)."`
	Passes string `name:"password-passes" env:"PASSWORD_PASSES" default:"2" help:"Passes over that memory."`
}

type userFlags struct {
	Name string `arg:"" help:"Name of the user: 1 to 64 characters of A-Z a-z 0-9 . _ @ -; case does not matter."`
}

type userAddFlags struct {
	userFlags
	Role     string `required:"" enum:"viewer,operator,admin" help:"viewer, operator or admin."`
	Reveal   bool   `help:"May also see personal data in clear, a record at a time, with a reason."`
	Generate bool   `help:"Make a password, and print it once."`
	passwordFlags
}

type userRoleFlags struct {
	userFlags
	Role   string `required:"" enum:"viewer,operator,admin" help:"viewer, operator or admin."`
	Reveal *bool  `negatable:"" help:"May, or may not, see personal data in clear; as before if absent."`
}

type userPasswdFlags struct {
	userFlags
	Generate bool `help:"Make a password, and print it once."`
	passwordFlags
}

type sessionListFlags struct {
	Name string `arg:"" optional:"" help:"Only those of this user."`
}

type sessionEndFlags struct {
	ID   string `arg:"" optional:"" help:"Id of the session, as list shows it."`
	User string `placeholder:"NAME" help:"Instead: all sessions of this user."`
}

type apiTokenFlags struct {
	Name string `arg:"" help:"Name of the token: 1 to 64 characters of A-Z a-z 0-9 . _ @ -; case does not matter."`
}

type apiTokenAddFlags struct {
	apiTokenFlags
	Scope   []string `required:"" help:"What it may do, with commas between: read, export, change, send, control, audit, settings."`
	Expires string   `default:"90d" placeholder:"AGE" help:"How long it works, such as 90d or 12h; 400d at most."`
	Owner   string   `placeholder:"USER" help:"User with whom it stops, and who must be allowed what it is; nobody if empty."`
}

// auditFilterFlags select entries of the audit log. As in pushFlags, empty is not
// absent.
type auditFilterFlags struct {
	Since    *string `placeholder:"TIME" help:"Entries of then or later; RFC 3339, such as 2026-11-24T09:30:00+09:00."`
	Until    *string `placeholder:"TIME" help:"Those of before then."`
	Actor    *string `placeholder:"NAME" help:"What this user, token, or user of the machine did."`
	Action   *string `help:"These actions, with commas between, such as login_failed,reveal."`
	Customer *string `help:"On the data of this customer."`
	Outcome  *string `help:"With this outcome: done, partial, cancelled, refused, failed, or unknown (the process died)."`
}

type auditListFlags struct {
	auditFilterFlags
	Limit  string  `default:"100" help:"Entries to show, 1 to 1000."`
	Before *string `placeholder:"ID" help:"Only those older than the entry of this id."`
}

type auditExportFlags struct {
	File string `arg:"" help:"Where to; - is stdout. A file is there when it is whole, and replaces one of that name."`
	auditFilterFlags
	Format string `enum:"csv,ndjson" default:"csv" help:"csv (for spreadsheets, formulas defused) or ndjson."`
}

func (f *passwordFlags) cost(check *setting.Checker) access.Cost {
	return access.Cost{MemoryKiB: uint32(check.Int("PASSWORD_MEMORY", f.Memory, 8<<10, 1<<20)),
		Time: uint32(check.Int("PASSWORD_PASSES", f.Passes, 1, 100)), Threads: 1}
}

func (f *sessionEndFlags) check(check *setting.Checker) {
	if (f.ID == "") == (f.User == "") {
		check.Fault("ID", "give the id of a session, or --user")
	}
}

func (f *apiTokenAddFlags) check(check *setting.Checker) time.Duration {
	return checkAge(check, f.Expires, access.LongestToken)
}

// longestKey is how long a producer's key may work, if it has an end.
const longestKey = 3650 * 24 * time.Hour

// checkAge reads a length of time, in days too.
func checkAge(check *setting.Checker, given string, longest time.Duration) time.Duration {
	text := given
	if n, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.Atoi(n); err == nil && days > 0 && days < 10_000 {
			text = strconv.Itoa(24*days) + "h"
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Minute || d > longest {
		check.Fault("--expires", fmt.Sprintf("%q must be such as 90d or 12h, 1m to %dd", given, longest/(24*time.Hour)))
	}
	return d
}

func (f *auditListFlags) check(check *setting.Checker) audit.Query {
	q := f.query(check)
	q.Limit = check.Int("--limit", f.Limit, 1, audit.MaxLimit)
	if f.Before != nil {
		q.Before = *f.Before
		if !audit.ValidID(q.Before) {
			check.Fault("--before", fmt.Sprintf("%.80q is no id of an entry", q.Before))
		}
	}
	return q
}

// query checks a filter of the audit log.
func (f *auditFilterFlags) query(check *setting.Checker) audit.Query {
	text := func(name string, value *string) string {
		switch {
		case value == nil:
			return ""
		case push.Short(*value) == "":
			check.Fault(name, "is empty")
		}
		return push.Short(*value)
	}
	at := func(name string, value *string) time.Time {
		if value == nil {
			return time.Time{}
		}
		t, err := time.Parse(time.RFC3339, *value)
		if err != nil {
			check.Fault(name, fmt.Sprintf("%.80q must be a time of RFC 3339, such as 2026-11-24T09:30:00+09:00", *value))
		}
		return t
	}
	q := audit.Query{Actor: text("--actor", f.Actor), Customer: text("--customer", f.Customer), Outcome: audit.Outcome(text("--outcome", f.Outcome)),
		Since: at("--since", f.Since), Until: at("--until", f.Until)}
	if q.Outcome != "" && !slices.Contains(audit.Outcomes(), q.Outcome) {
		check.Fault("--outcome", fmt.Sprintf("%.80q must be one of %q", q.Outcome, audit.Outcomes()))
	}
	if f.Action != nil {
		for one := range strings.SplitSeq(*f.Action, ",") {
			if !slices.Contains(audit.Actions(), audit.Action(one)) {
				check.Fault("--action", fmt.Sprintf("%.80q must be one of %q", one, audit.Actions()))
			}
			q.Actions = append(q.Actions, audit.Action(one))
		}
	}
	return q
}
