package pushlog

import (
	"slices"
	"strconv"

	"pushstream/internal/push"
)

// Column is a column of the log: a field of a push, or what only its record has.
type Column struct {
	push.Field
	Echo bool // it may repeat what is personal, as an answer of FCM's does

	text func(*Record) *string // of a text that only a record has
	cell func(*Record) string  // of what is no text
}

// Cell is the value of the column as an export has it.
func (c *Column) Cell(r *Record) string {
	switch text := c.of(r); {
	case text != nil:
		return *text
	case c.cell != nil:
		return c.cell(r)
	}
	return c.Get(&r.Job)
}

// of is where the text of the column is in a record; nil if it is no text.
func (c *Column) of(r *Record) *string {
	switch {
	case c.text != nil:
		return c.text(r)
	case c.cell != nil:
		return nil
	}
	return c.Text(&r.Job)
}

// isOfJob reports whether the column is a field of a push.
func (c *Column) isOfJob() bool { return c.text == nil && c.cell == nil }

// recordColumns are those that only a record has, in the order of the log's columns.
var recordColumns = []Column{
	{Field: push.Field{Name: FieldStatus, Korean: "상태", English: "Status"},
		text: func(r *Record) *string { return (*string)(&r.Status) }},
	{Field: push.Field{Name: FieldAcceptedAt, Korean: "수신 시각", English: "Received at"},
		text: func(r *Record) *string { return &r.AcceptedAt }},
	{Field: push.Field{Name: FieldFCMSendYN, Korean: "전송 여부", English: "Sent", Search: push.SearchYesNo},
		cell: func(r *Record) string { return r.FCMSendYN }}, // its state says it
	{Field: push.Field{Name: FieldFCMSendTime, Korean: "FCM 전송 시각", English: "FCM sent at", Search: push.SearchTime, Moves: true},
		text: func(r *Record) *string { return &r.FCMSendTime }},
	{Field: push.Field{Name: FieldResult, Korean: "결과", English: "Result", Long: true, Search: push.SearchText, Moves: true, Mask: push.Mask{First: 2}},
		Echo: true, text: func(r *Record) *string { return &r.Result }},
	{Field: push.Field{Name: FieldErrorCode, Korean: "오류 코드", English: "Error code"},
		text: func(r *Record) *string { return (*string)(&r.ErrorCode) }},
	{Field: push.Field{Name: FieldAttempts, Korean: "시도 횟수", English: "Tries"},
		cell: func(r *Record) string { return strconv.Itoa(r.Attempts) }},
}

// columns are all, as an export has them: id, state and time tell one push from another;
// then come the columns that users of the log know, and behind them what explains
// these and what else a push is made of.
var columns = func() []Column {
	var id, known, rest []Column
	for _, f := range push.Columns() {
		switch c := (Column{Field: f}); {
		case f.Name == push.FieldID:
			id = append(id, c)
		case f.Search != push.NoSearch:
			known = append(known, c)
		default:
			rest = append(rest, c)
		}
	}
	return slices.Concat(id, recordColumns[:2], known, recordColumns[2:], rest)
}()

// Columns returns the columns that are exported, in their order. They must not be changed.
func Columns() []Column { return columns }

// ColumnOf returns the column of a name; nil if there is none.
func ColumnOf(name string) *Column {
	for i := range columns {
		if columns[i].Name == name {
			return &columns[i]
		}
	}
	return nil
}

// SearchColumns returns the columns that Text may name: those of a push, and behind them
// those that change.
func SearchColumns() []string { return slices.Clone(searchColumns) }

var searchColumns = slices.Concat(
	columnNames(func(c *Column) bool { return c.Search != push.NoSearch && c.Search < push.SearchTime }),
	columnNames(func(c *Column) bool { return c.Search >= push.SearchTime }))

// TimeColumns returns the columns of times that Text may name.
func TimeColumns() []string {
	return columnNames(func(c *Column) bool { return c.Search == push.SearchTime })
}

// columnNames are those of some columns.
func columnNames(is func(*Column) bool) (names []string) {
	for i := range columns {
		if is(&columns[i]) {
			names = append(names, columns[i].Name)
		}
	}
	return names
}

// RecordFields returns the names of what a record has, as Redis and the API have them, and
// a push that is handed in can't have.
func RecordFields() []string {
	return append(columnNames(func(c *Column) bool { return !c.isOfJob() || c.Internal }),
		FieldExpiresAt, FieldDeliveries, FieldConsumer, FieldRetryUntil, FieldRaw, "tries", "late", "takeovers", "redrives", "moves")
}
