package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Action is what somebody did.
type Action string

// All actions.
const (
	Login       Action = "login"
	LoginFailed Action = "login_failed"
	Logout      Action = "logout"

	Reveal      Action = "reveal"
	Search      Action = "search"       // by a personal field
	SearchAlarm Action = "search_alarm" // many of them, or with words that are nearly the same
	Export      Action = "export"
	AuditExport Action = "audit_export"

	Pause       Action = "pause"
	Resume      Action = "resume"
	Redrive     Action = "redrive"
	Cancel      Action = "cancel"
	Move        Action = "move"
	Send        Action = "send"
	JobCancel   Action = "job_cancel"
	Flush       Action = "flush"
	FlushCancel Action = "flush_cancel"
	HoldEnd     Action = "hold_end"
	TokenForget Action = "token_forget"
	ProjectSet  Action = "project_set"

	UserAdd      Action = "user_add"
	UserRole     Action = "user_role"
	UserDisable  Action = "user_disable"
	UserEnable   Action = "user_enable"
	UserPassword Action = "user_password"
	SessionEnd   Action = "session_end"

	APITokenAdd     Action = "apitoken_add"
	APITokenRemove  Action = "apitoken_remove"
	APITokenGive    Action = "apitoken_transfer" // to another owner
	APITokenConvert Action = "apitoken_convert"  // of producer keys
	KeyAdd          Action = "key_add"           // of a producer, by a version before; so are the next two
	KeyRemove       Action = "key_remove"
	KeyGive         Action = "key_transfer"
	Settings        Action = "settings"
)

// Actions returns all actions.
func Actions() []Action {
	return []Action{Login, LoginFailed, Logout, Reveal, Search, SearchAlarm, Export, AuditExport, Pause, Resume, Redrive, Cancel, Move, Send, JobCancel,
		Flush, FlushCancel, HoldEnd, TokenForget, ProjectSet, UserAdd, UserRole, UserDisable, UserEnable, UserPassword, SessionEnd,
		APITokenAdd, APITokenRemove, APITokenGive, APITokenConvert, KeyAdd, KeyRemove, KeyGive, Settings}
}

// Kind is what somebody is who did something.
type Kind string

// All kinds.
const (
	User   Kind = "user"
	Token  Kind = "token"  // a machine
	CLI    Kind = "cli"    // somebody at the command line, by the name there
	System Kind = "system" // pushstream itself, such as at its start
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{User, Token, CLI, System} }

// Outcome is what came of an action.
type Outcome string

// All outcomes.
const (
	Unknown   Outcome = "unknown" // nobody wrote it down
	Done      Outcome = "done"
	Partial   Outcome = "partial" // some of it
	Cancelled Outcome = "cancelled"
	Refused   Outcome = "refused" // by a rule; nothing happened
	Failed    Outcome = "failed"  // by trouble
)

// Outcomes returns all outcomes.
func Outcomes() []Outcome { return []Outcome{Unknown, Done, Partial, Cancelled, Refused, Failed} }

// Entry is one action. Texts that are too long are cut.
type Entry struct {
	ID        string            `json:"id"`
	At        time.Time         `json:"at"` // by Redis's clock
	Kind      Kind              `json:"kind"`
	Actor     string            `json:"actor"` // name
	Role      string            `json:"role"`  // of a user
	Address   string            `json:"address"`
	RequestID string            `json:"request_id"`
	Action    Action            `json:"action"`
	Subject   string            `json:"subject"`  // ids, or a filter
	Customer  string            `json:"customer"` // number of the customer whose data it is about
	Reason    string            `json:"reason"`   // as it was given
	Details   map[string]string `json:"details,omitempty"`

	Outcome Outcome           `json:"outcome"`
	EndedAt time.Time         `json:"ended_at,omitzero"`
	Result  map[string]string `json:"result,omitempty"` // such as counts
}

// ResultCustomers is the name in Result of the customers whose pushes were found, with
// CustomerSep between them.
const (
	ResultCustomers = "customers"
	CustomerSep     = ", "
)

// How much is kept, in characters.
const (
	MaxReason   = 1000
	maxSubject  = 2000
	maxName     = 128 // also of a customer's number
	maxAddress  = 64
	maxDetails  = 16 // pairs
	maxDetail   = 64 // name of one
	maxDetailed = 500
)

// fields are the entry as it is kept: always the same fields in the same order, which
// a stream keeps small.
func (e Entry) fields() ([]any, error) {
	if !slices.Contains(Actions(), e.Action) {
		return nil, fmt.Errorf("unknown action %.80q", e.Action) // a bug of the caller
	}
	if !slices.Contains(Kinds(), e.Kind) {
		return nil, fmt.Errorf("unknown kind of actor %.80q", e.Kind)
	}
	details, err := writeDetails(e.Details)
	return []any{
		"kind", string(e.Kind), "actor", clip(e.Actor, maxName), "role", clip(e.Role, maxName), "address", clip(e.Address, maxAddress),
		"request_id", clip(e.RequestID, maxAddress), "action", string(e.Action), "subject", clip(e.Subject, maxSubject),
		"customer", clip(e.Customer, maxName), "reason", clip(e.Reason, MaxReason), "details", details,
	}, err
}

// read makes an entry of what is kept; outcome is nil if there is none.
func read(id string, fields map[string]any, outcome any) Entry {
	text := func(name string) string { s, _ := fields[name].(string); return s }
	e := Entry{ID: id, At: idTime(id), Kind: Kind(text("kind")), Actor: text("actor"), Role: text("role"), Address: text("address"),
		RequestID: text("request_id"), Action: Action(text("action")), Subject: text("subject"), Customer: text("customer"),
		Reason: text("reason"), Details: readDetails(text("details")), Outcome: Unknown}
	if s, ok := outcome.(string); ok {
		ms, rest, _ := strings.Cut(s, " ")
		word, details, _ := strings.Cut(rest, " ")
		e.Outcome, e.EndedAt, e.Result = Outcome(word), idTime(ms), readDetails(details)
	}
	return e
}

// writeDetails is JSON, or nothing.
func writeDetails(details map[string]string) (string, error) {
	if len(details) == 0 {
		return "", nil
	}
	kept := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(details)) {
		if len(kept) < maxDetails {
			kept[clip(name, maxDetail)] = clip(details[name], maxDetailed)
		}
	}
	b, err := json.Marshal(kept)
	return string(b), err
}

func readDetails(text string) map[string]string {
	var details map[string]string
	if json.Unmarshal([]byte(text), &details) != nil {
		return nil // empty, or written by hand
	}
	return details
}

// secrets are keys of producers and tokens of machines, should one get here by
// mistake.
var secrets = regexp.MustCompile(`\bps[kt]_[A-Za-z0-9_-]{16,}`)

// clip makes a text one that can be kept and shown: printable, without secrets, and of
// at most n characters.
func clip(s string, n int) string {
	cut := len(s) > 4*n
	if cut {
		s = s[:4*n]
	}
	s = secrets.ReplaceAllString(s, "***")
	r := []rune(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, s))
	if cut || len(r) > n {
		r = append(r[:min(len(r), n-1)], '…')
	}
	return string(r)
}

// idTime is the time in an entry's id.
func idTime(id string) time.Time {
	ms, _, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
