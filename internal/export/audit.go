package export

import (
	"encoding/json"
	"io"
	"time"

	"pushstream/internal/audit"
)

// EachAudit hands out entries of the audit log, as audit.Log's Each does.
type EachAudit func(do func([]audit.Entry) error) error

// AuditFileName names a file of the audit log that was begun at some time.
func (f Format) AuditFileName(at time.Time) string {
	return "audit-" + at.UTC().Format("20060102T150405Z") + "." + string(f)
}

// AuditColumns are those of the audit log as CSV.
func AuditColumns() []string {
	return []string{"id", "at", "kind", "actor", "role", "address", "request_id", "action", "subject", "customer", "reason", "details",
		"outcome", "ended_at", "result"}
}

// WriteAudit writes entries of the audit log, as Write does records.
func WriteAudit(w io.Writer, f Format, each EachAudit, tell func(entries int)) (entries int, err error) {
	if f == CSV {
		return write(w, appendHead(nil, AuditColumns()), each, appendAuditRow, tell)
	}
	return write(w, nil, each, func(b []byte, e *audit.Entry) ([]byte, error) {
		line, err := json.Marshal(e)
		return append(append(b, line...), '\n'), err
	}, tell)
}

func appendAuditRow(b []byte, e *audit.Entry) ([]byte, error) {
	cells := []string{e.ID, timeText(e.At), string(e.Kind), e.Actor, e.Role, e.Address, e.RequestID, string(e.Action), e.Subject,
		e.Customer, e.Reason, pairs(e.Details), string(e.Outcome), timeText(e.EndedAt), pairs(e.Result)}
	for i := range cells { // people read it, and it is never imported
		cells[i] = defuse(cells[i])
	}
	return appendRow(b, cells), nil
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// pairs is a small map as JSON, or nothing.
func pairs(m map[string]string) string {
	if len(m) == 0 {
		return ""
	}
	b, _ := json.Marshal(m) // of texts: it never fails
	return string(b)
}
