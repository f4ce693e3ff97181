package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pushstream/internal/audit"
	"pushstream/internal/push"
	"pushstream/internal/setting"
)

// auditFilter selects entries of the audit log. A flag that is given and empty
// is not absent.
type auditFilter struct {
	Since    *string `placeholder:"TIME" help:"Select entries at or after this time, RFC 3339, such as 2026-11-24T09:30:00+09:00."`
	Until    *string `placeholder:"TIME" help:"Select entries before this time."`
	Actor    *string `placeholder:"NAME" help:"Select entries of this user, token, or user of the machine."`
	Action   *string `help:"Select these actions, separated by commas, such as login_failed,reveal."`
	Customer *string `help:"Select entries about this customer."`
	Outcome  *string `help:"Select entries with this outcome: done, partial, cancelled, refused, failed, or unknown (the process died)."`
}

// check reads a filter of the audit log.
func (f *auditFilter) check(check *setting.Checker) audit.Query {
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

// filterText is a filter of the audit log in words.
func filterText(q audit.Query) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	if !q.Since.IsZero() {
		add("since", shown(q.Since))
	}
	if !q.Until.IsZero() {
		add("until", shown(q.Until))
	}
	add("actor", q.Actor)
	var actions []string
	for _, one := range q.Actions {
		actions = append(actions, string(one))
	}
	add("action", strings.Join(actions, ","))
	add("outcome", string(q.Outcome))
	if len(parts) == 0 && q.Customer == "" {
		return "everything"
	}
	return strings.Join(parts, " ")
}
