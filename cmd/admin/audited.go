package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"pushstream/internal/access"
	"pushstream/internal/admin"
	"pushstream/internal/apikey"
	"pushstream/internal/audit"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// audited runs a command, with an entry in the audit log if it changes something or
// hands out data: before it, and not without.
func (a *app) audited(ctx context.Context, c *cli, command string, stderr io.Writer, do func() error) error {
	e := a.entryOf(c, command)
	if e.Action == "" {
		return do()
	}
	e.Kind, e.Actor, e.Address = audit.CLI, osUser(), "local"
	short, cancel := context.WithTimeout(ctx, commandTimeout)
	id, err := a.audit.Begin(short, e)
	cancel()
	if err != nil {
		return fmt.Errorf("nothing was done: %w", err)
	}
	err = do()
	result := maps.Clone(a.result)
	if err != nil {
		if result == nil {
			result = map[string]string{}
		}
		result["error"] = err.Error()
	}
	if ended := a.audit.End(ctx, id, outcomeOf(err), result); ended != nil {
		fmt.Fprintf(stderr, "admin: the audit log does not say what came of it: %v\n", ended)
	}
	return err
}

// entryOf is what a command is called in the audit log: action, subject and details.
// There is no action if it only reads.
func (a *app) entryOf(c *cli, command string) audit.Entry {
	switch command {
	case "worker pause":
		return audit.Entry{Action: audit.Pause, Subject: cmp.Or(c.Worker.Pause.Name, "all workers")}
	case "worker resume":
		return audit.Entry{Action: audit.Resume, Subject: cmp.Or(c.Worker.Resume.Name, "all workers")}
	case "push show":
		return audit.Entry{Action: audit.Reveal, Subject: c.Push.Show.ID}
	case "push redrive":
		if c.Push.Redrive.DryRun {
			return audit.Entry{}
		}
		return selected(audit.Redrive, c.Push.Redrive.IDs, c.Push.Redrive.given())
	case "push cancel":
		if c.Push.Cancel.DryRun {
			return audit.Entry{}
		}
		return selected(audit.Cancel, c.Push.Cancel.IDs, c.Push.Cancel.given())
	case "log export":
		e := selected(audit.Export, nil, c.Log.Export.given())
		e.Details = map[string]string{"format": string(a.export.Format)}
		return e
	case "log flush":
		if c.Log.Flush.Cancel {
			return audit.Entry{Action: audit.FlushCancel}
		}
		return selected(audit.Flush, nil, c.Log.Flush.given())
	case "hold end":
		return audit.Entry{Action: audit.HoldEnd, Subject: c.Hold.End.Project}
	case "project set":
		return audit.Entry{Action: audit.ProjectSet, Subject: c.Project.Set.Project}
	case "token forget":
		return a.forgetEntry(&c.Token.Forget)
	case "key add":
		return audit.Entry{Action: audit.KeyAdd, Subject: c.Key.Add.Name}
	case "key transfer":
		return audit.Entry{Action: audit.KeyGive, Subject: c.Key.Transfer.Name, Details: map[string]string{"owner": c.Key.Transfer.To}}
	case "apitoken transfer":
		return audit.Entry{Action: audit.APITokenGive, Subject: c.APIToken.Transfer.Name, Details: map[string]string{"owner": c.APIToken.Transfer.To}}
	case "key remove":
		return audit.Entry{Action: audit.KeyRemove, Subject: c.Key.Remove.Name}
	case "user add":
		f := c.User.Add
		return audit.Entry{Action: audit.UserAdd, Subject: f.Name, Details: map[string]string{"role": f.Role, "reveal": strconv.FormatBool(f.Reveal)}}
	case "user role":
		e := audit.Entry{Action: audit.UserRole, Subject: c.User.Role.Name, Details: map[string]string{"role": c.User.Role.Role}}
		if reveal := c.User.Role.Reveal; reveal != nil {
			e.Details["reveal"] = strconv.FormatBool(*reveal)
		}
		return e
	case "user disable":
		return audit.Entry{Action: audit.UserDisable, Subject: c.User.Disable.Name}
	case "user enable":
		return audit.Entry{Action: audit.UserEnable, Subject: c.User.Enable.Name}
	case "user passwd":
		return audit.Entry{Action: audit.UserPassword, Subject: c.User.Passwd.Name}
	case "session end":
		if c.Session.End.User != "" {
			return audit.Entry{Action: audit.SessionEnd, Subject: "all of " + c.Session.End.User}
		}
		return audit.Entry{Action: audit.SessionEnd, Subject: c.Session.End.ID}
	case "apitoken add":
		f := c.APIToken.Add
		return audit.Entry{Action: audit.APITokenAdd, Subject: f.Name, Details: map[string]string{"scopes": strings.Join(f.Scope, " "), "expires": f.Expires}}
	case "apitoken remove":
		return audit.Entry{Action: audit.APITokenRemove, Subject: c.APIToken.Remove.Name}
	case "audit export":
		return audit.Entry{Action: audit.AuditExport, Subject: auditFilter(a.entries), Customer: a.entries.Customer,
			Details: map[string]string{"format": c.Audit.Export.Format}}
	}
	return audit.Entry{}
}

// selected is an entry on pushes: their ids, or a filter.
func selected(action audit.Action, ids []string, given admin.Given) audit.Entry {
	if len(ids) > 0 {
		return audit.Entry{Action: action, Subject: strings.Join(ids, " "), Details: map[string]string{"ids": strconv.Itoa(len(ids))}}
	}
	given = maps.Clone(given)
	e := audit.Entry{Action: action}
	if customer := given[push.FieldCsno]; len(customer) > 0 {
		e.Customer = customer[0]
		delete(given, push.FieldCsno)
	}
	if token := given[push.FieldDeviceID]; len(token) > 0 { // a secret of its owner
		given[push.FieldDeviceID] = []string{pushlog.TokenHash(token[0])}
	}
	hideWord(&e, given)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		parts = append(parts, name+"="+strings.Join(given[name], ","))
	}
	if e.Subject = strings.Join(parts, " "); e.Subject == "" && e.Customer == "" {
		e.Subject = "everything"
	}
	return e
}

// hideWord does the same with what a column must be: the customer's number goes where it
// belongs, of a token there is the hash. Of a part of one there is nothing.
func hideWord(e *audit.Entry, given admin.Given) {
	column, equals := given[admin.FieldColumn], given[admin.FieldEquals]
	switch {
	case len(column) == 0:
	case column[0] == push.FieldDeviceID && len(equals) > 0:
		given[admin.FieldEquals] = []string{pushlog.TokenHash(equals[0])}
	case column[0] == push.FieldDeviceID:
		given[admin.FieldContains] = []string{"***"}
	case column[0] == push.FieldCsno && len(equals) > 0 && e.Customer == "":
		e.Customer = equals[0]
		delete(given, admin.FieldColumn)
		delete(given, admin.FieldEquals)
	}
}

// auditFilter is a filter of the audit log in words.
func auditFilter(q audit.Query) string {
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

// outcomeError is an error that says itself what came of the command.
type outcomeError struct {
	outcome audit.Outcome
	error
}

// Unwrap returns the error.
func (e outcomeError) Unwrap() error { return e.error }

// refusals are errors by which nothing happened, and nothing is broken.
var refusals = []error{
	access.ErrName, access.ErrRole, access.ErrPassword, access.ErrUserExists, access.ErrNoUser, access.ErrLastAdmin, access.ErrOIDCUser,
	access.ErrFull, access.ErrDisabled, access.ErrNoSession, access.ErrTokenExists, access.ErrNoToken, access.ErrScope, access.ErrExpires,
	apikey.ErrUnknown, apikey.ErrExists, apikey.ErrFull, apikey.ErrExpires, apikey.ErrName,
	stream.ErrNoToken, stream.ErrFlushRunning, stream.ErrNoFlush, stream.ErrNoWorker, stream.ErrPartitions,
}

// outcomeOf is what came of a command, by its error.
func outcomeOf(err error) audit.Outcome {
	var own outcomeError
	switch {
	case err == nil:
		return audit.Done
	case errors.As(err, &own):
		return own.outcome
	case errors.Is(err, context.Canceled):
		return audit.Cancelled
	case slices.ContainsFunc(refusals, func(one error) bool { return errors.Is(err, one) }):
		return audit.Refused
	}
	return audit.Failed
}

// osUser is who is at the command line, by the machine's word.
func osUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return cmp.Or(os.Getenv("USER"), "somebody")
}
