package pushlog

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"pushstream/internal/push"
)

// Validate returns what is wrong with a filter, as ErrFilter.
func (f *Filter) Validate() error {
	for _, s := range f.Statuses {
		if !s.Valid() {
			return fmt.Errorf("%w: status %.40q is none of %v", ErrFilter, s, push.Statuses())
		}
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return fmt.Errorf("%w: since must be before until", ErrFilter)
	}
	switch {
	case f.Text == Text{Column: f.Text.Column}: // no search
	case !slices.Contains(SearchColumns(), f.Text.Column):
		return fmt.Errorf("%w: column must be one of %v", ErrFilter, SearchColumns())
	case f.Text.Word == "":
		return fmt.Errorf("%w: the word that a column must be is empty", ErrFilter)
	case len(f.Text.Word) > MaxWord || !utf8.ValidString(f.Text.Word):
		return fmt.Errorf("%w: the word must be UTF-8 of at most %d bytes", ErrFilter, MaxWord)
	}
	return nil
}

// Matches says whether a record is in the selection: this is what a Filter means,
// and every faster way finds the same.
func (f *Filter) Matches(r *Record) bool {
	at, err := time.Parse(TimeFormat, r.AcceptedAt)
	return err == nil && (f.Since.IsZero() || !at.Before(f.Since)) && (f.Until.IsZero() || at.Before(f.Until)) && f.holds(r)
}

// holds is Matches for a record that was accepted at the right time.
func (f *Filter) holds(r *Record) bool {
	if len(f.Statuses) > 0 && !slices.Contains(f.Statuses, r.Status) {
		return false
	}
	for _, e := range f.exact() {
		if column(r, e.column) != e.value {
			return false
		}
	}
	return !f.Text.within() || strings.Contains(lower(column(r, f.Text.Column)), lower(f.Text.Word))
}

// leavesOutPacked reports whether no packed record can be in the selection: they are
// sent, and have no error code.
func (f *Filter) leavesOutPacked() bool {
	return len(f.Statuses) > 0 && !slices.Contains(f.Statuses, push.Sent) || f.ErrorCode != ""
}

// exactly is a column that must have a value.
type exactly struct{ column, value string }

// exact are the columns that must have a value.
func (f *Filter) exact() (all []exactly) {
	for _, e := range []exactly{
		{push.FieldCsno, f.Csno}, {push.FieldDeviceID, f.DeviceID}, {push.FieldPushGrpID, f.PushGrpID},
		{push.FieldServiceName, f.ServiceName}, {FieldErrorCode, string(f.ErrorCode)},
	} {
		if e.value != "" {
			all = append(all, e)
		}
	}
	if f.Text.Whole {
		all = append(all, exactly{f.Text.Column, f.Text.Word})
	}
	return all
}

// fields are the columns that holds looks at.
func (f *Filter) fields() (names []string) {
	for _, e := range f.exact() {
		names = append(names, e.column)
	}
	if len(f.Statuses) > 0 {
		names = append(names, FieldStatus)
	}
	if f.Text.within() {
		names = append(names, f.Text.Column)
	}
	return names
}

// lower makes the Latin letters A to Z small, and nothing else.
func lower(s string) string {
	b := []byte(s)
	lowerBytes(b)
	return string(b)
}

// column returns a text of a record by its name; empty if it is none that a search
// or a filter may name.
func column(r *Record, name string) string {
	if text := r.text(name); text != nil {
		return *text
	}
	return ""
}

// set sets a text of a record by its name, if it is one that text knows.
func (r *Record) set(name, value string) {
	if text := r.text(name); text != nil {
		*text = value
	}
}

// text is the place of a text of a record by its name, nil for other names.
func (r *Record) text(name string) *string {
	switch name {
	case push.FieldCsno:
		return &r.Csno
	case push.FieldUUIDID:
		return &r.UUIDID
	case push.FieldDeviceID:
		return &r.DeviceID
	case push.FieldMsgTitle:
		return &r.MsgTitle
	case push.FieldMsgContents:
		return &r.MsgContents
	case push.FieldServiceName:
		return &r.ServiceName
	case push.FieldPushGrpID:
		return &r.PushGrpID
	case push.FieldCustTelno:
		return &r.CustTelno
	case FieldResult:
		return &r.Result
	case FieldStatus:
		return (*string)(&r.Status)
	case FieldErrorCode:
		return (*string)(&r.ErrorCode)
	}
	return nil
}
