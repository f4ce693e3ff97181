package pushlog

import (
	"cmp"
	"fmt"
	"slices"
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
	for name, r := range map[string]TimeRange{"": {f.Since, f.Until}, "fcm_send_": f.FCMSent, "sndn_rsev_": f.Reserved} {
		if r.wrong() {
			return fmt.Errorf("%w: %ssince must be before %suntil", ErrFilter, name, name)
		}
	}
	if f.FCMSendYN != "" && f.FCMSendYN != SentYes && f.FCMSendYN != SentNo {
		return fmt.Errorf("%w: %s must be %s or %s", ErrFilter, FieldFCMSendYN, SentYes, SentNo)
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
	return err == nil && (TimeRange{f.Since, f.Until}).has(at) && f.holds(r)
}

// holds is Matches for a record that was accepted at the right time.
func (f *Filter) holds(r *Record) bool {
	if states, any := f.states(); !any && !slices.Contains(states, r.Status) {
		return false
	}
	for _, e := range f.exact() {
		if column(r, e.column) != e.value {
			return false
		}
	}
	if f.FCMSent.given() {
		if at, ok := sentAt(r.FCMSendTime); !ok || !f.FCMSent.has(at) {
			return false
		}
	}
	if f.Reserved.given() {
		if at, ok := reservedAt(r.SndnRsevHour, f.zone()); !ok || !f.Reserved.has(at) {
			return false
		}
	}
	return f.Text.Word == "" || f.Text.in(r, f.zone())
}

// Everything reports whether a filter asks for nothing but when pushes were accepted.
func (f *Filter) Everything() bool {
	rest := *f
	rest.Since, rest.Until, rest.Zone = time.Time{}, time.Time{}, nil
	return len(rest.Statuses) == 0 && len(rest.fields()) == 0
}

func (f *Filter) zone() *time.Location { return cmp.Or(f.Zone, time.UTC) }

// states are those that a push of the selection can be in; any if it can be in all.
func (f *Filter) states() (states []push.Status, any bool) {
	ofSent, ofText := f.FCMSendYN != "", f.Text.Word != "" && f.Text.Column == FieldFCMSendYN
	if !ofSent && !ofText {
		return f.Statuses, len(f.Statuses) == 0
	}
	for _, s := range push.Statuses() {
		yn := SendYN(s)
		if (len(f.Statuses) == 0 || slices.Contains(f.Statuses, s)) && (!ofSent || yn == f.FCMSendYN) && (!ofText || f.Text.inText(yn)) {
			states = append(states, s)
		}
	}
	return states, false
}

// reduced is the same filter, in which states say all that depends on them; and whether
// there is a state left.
func (f Filter) reduced() (Filter, bool) {
	states, any := f.states()
	f.Statuses, f.FCMSendYN = states, ""
	if f.Text.Column == FieldFCMSendYN {
		f.Text = Text{}
	}
	return f, any || len(states) > 0
}

// leavesOutPacked reports whether no packed record can be in the selection: they are
// sent, and have no error code.
func (f *Filter) leavesOutPacked() bool {
	return len(f.Statuses) > 0 && !slices.Contains(f.Statuses, push.Sent) || f.ErrorCode != ""
}

// exactly is a column that must have a value.
type exactly struct{ column, value string }

// given are the values of Exact.
func (f *Filter) given() (all []exactly) {
	exact := f.Exact
	fields := push.Columns()
	for i := range fields {
		if value := fields[i].Get(&exact); fields[i].Exact && value != "" {
			all = append(all, exactly{fields[i].Name, value})
		}
	}
	return all
}

// exact are the columns that must have a value.
func (f *Filter) exact() []exactly {
	all := f.given()
	if f.ErrorCode != "" {
		all = append(all, exactly{FieldErrorCode, string(f.ErrorCode)})
	}
	if f.Text.Whole && f.Text.kind() == plainText {
		all = append(all, exactly{f.Text.Column, f.Text.Word})
	}
	return all
}

// fields are the columns that holds looks at.
func (f *Filter) fields() (names []string) {
	for _, e := range f.exact() {
		names = append(names, e.column)
	}
	if _, any := f.states(); !any {
		names = append(names, FieldStatus)
	}
	if f.FCMSent.given() {
		names = append(names, FieldFCMSendTime)
	}
	if f.Reserved.given() {
		names = append(names, push.FieldSndnRsevHour)
	}
	if f.Text.Word != "" && f.Text.Column != FieldFCMSendYN {
		names = append(names, f.Text.Column)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// asksTimes reports whether a filter looks at times other than when pushes were accepted.
func (f *Filter) asksTimes() bool {
	return f.FCMSent.given() || f.Reserved.given() || f.Text.Word != "" && f.Text.kind() == timeText
}

func (r TimeRange) given() bool { return r != TimeRange{} }

// wrong reports whether nothing can be in a range.
func (r TimeRange) wrong() bool {
	return !r.Since.IsZero() && !r.Until.IsZero() && !r.Since.Before(r.Until)
}

func (r TimeRange) has(at time.Time) bool {
	return (r.Since.IsZero() || !at.Before(r.Since)) && (r.Until.IsZero() || at.Before(r.Until))
}

// The values of fcm_send_yn.
const (
	SentYes = "Y"
	SentNo  = "N"
)

// SendYN is fcm_send_yn of a push in a state: FCM has accepted it or not, and empty as
// long as nobody knows.
func SendYN(s push.Status) string {
	switch {
	case s == push.Sent:
		return SentYes
	case s.Terminal():
		return SentNo
	}
	return ""
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
	if c := ColumnOf(name); c != nil {
		return c.of(r)
	}
	return nil
}
