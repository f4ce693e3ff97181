package push

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// FromJSON reads one job from a JSON object and validates it. The error is of
// type Faults: every fault of every field, unknown and repeated names too.
// A value of null counts as absent.
func FromJSON(b []byte, zone *time.Location) (Job, error) { return fromJSON(b, zone, time.Now()) }

func fromJSON(b []byte, zone *time.Location, now time.Time) (Job, error) {
	if !utf8.Valid(b) {
		return Job{}, Faults{{"", notUTF8}}
	}
	if !json.Valid(b) {
		return Job{}, Faults{{"", syntaxFault(b)}}
	}
	d := decoder{}
	if !eachMember(b, d.setJSON) {
		return Job{}, Faults{{"", "is not a JSON object"}}
	}
	return d.finish(zone, now)
}

// FromFields reads one job from names and texts, as a CSV row or a stream
// entry has them, and validates it: data is the text of a JSON object, ttl a
// whole number. A blank text counts as absent. The error is of type Faults.
func FromFields(fields map[string]string, zone *time.Location) (Job, error) {
	return fromFields(fields, zone, time.Now())
}

func fromFields(fields map[string]string, zone *time.Location, now time.Time) (Job, error) {
	d := decoder{}
	for _, name := range sortedKeys(fields) {
		d.setText(name, fields[name])
	}
	return d.finish(zone, now)
}

// decoder gathers a job's fields and the faults found on the way.
type decoder struct {
	job     Job
	seen    []string
	unknown int
	faults  Faults
}

func (d *decoder) fault(field, message string) {
	d.faults = append(d.faults, Fault{field, message})
}

func (d *decoder) finish(zone *time.Location, now time.Time) (Job, error) {
	faults := d.job.validate(zone, now)
	// A field that could not be decoded is not also "required". Of data the rest was.
	faults = slices.DeleteFunc(faults, func(f Fault) bool {
		return f.Field != FieldData && slices.ContainsFunc(d.faults, func(g Fault) bool {
			return g.Field == f.Field || g.Field == FieldMsgTitle && f.Message == noText
		})
	})
	faults = append(d.faults, faults...)
	if len(faults) == 0 {
		return d.job, nil
	}
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return rank(a.Field) - rank(b.Field)
	})
	return d.job, faults
}

func rank(field string) int {
	if i := slices.Index(fieldNames, field); i >= 0 {
		return i
	}
	return len(fieldNames)
}

// textField is where the text of a field goes, or nil for data, ttl and names that a job
// can't be handed in with.
func (d *decoder) textField(name string) *string {
	if f := Lookup(name); f != nil && !f.Internal {
		return f.Text(&d.job)
	}
	return nil
}

// maxUnknown is how many unknown or repeated names are named. An object may
// have very many, and must not keep a processor busy.
const maxUnknown = 64

func (d *decoder) setJSON(rawName, raw json.RawMessage) {
	name := unquote(rawName)
	known := slices.Contains(fieldNames, name)
	if !known || slices.Contains(d.seen, name) {
		if d.unknown++; d.unknown > maxUnknown {
			return
		}
	}
	switch {
	case slices.Contains(d.seen, name):
		d.fault(clip(name), "is given twice")
	case !known:
		d.fault(clip(name), "unknown field")
	default:
		d.setMember(name, raw)
	}
	d.seen = append(d.seen, name)
}

func (d *decoder) setMember(name string, raw json.RawMessage) {
	if text := d.textField(name); text != nil {
		switch raw[0] {
		case '"':
			*text = d.unquoted(name, raw)
		case 'n':
		default:
			d.fault(name, "must be text, not "+kindOf(raw))
		}
		return
	}
	switch {
	case raw[0] == 'n' && (name == FieldData || name == FieldTTL):
	case name == FieldData:
		d.setData(raw)
	case name == FieldTTL:
		if raw[0] == '"' {
			d.setTTL(d.unquoted(name, raw))
		} else {
			d.setTTL(string(raw))
		}
	}
}

// unquoted is the text of a JSON string, or nothing and a fault.
func (d *decoder) unquoted(field string, raw json.RawMessage) string {
	if hasHalf(raw) {
		d.fault(field, cutHalf)
		return ""
	}
	return unquote(raw)
}

func (d *decoder) setText(name, value string) {
	if text := d.textField(name); text != nil {
		*text = value
		return
	}
	switch {
	case name != FieldData && name != FieldTTL:
		d.fault(clip(name), "unknown field")
	case name == FieldTTL:
		d.setTTL(value)
	case !utf8.ValidString(value):
		d.fault(FieldData, notUTF8)
	default:
		value = strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || noWidth(r) })
		if value != "" {
			d.setData([]byte(value))
		}
	}
}

func (d *decoder) setTTL(s string) {
	ttl, fault := ParseTTL(s)
	if fault != "" {
		d.fault(FieldTTL, fault)
	}
	d.job.TTL = ttl
}

// ParseTTL reads the text of a ttl, or says what is wrong with it. A blank one is absent,
// which is 0. Validate says whether it is within bounds.
func ParseTTL(s string) (ttl int, fault string) {
	if s = Short(s); s == "" {
		return 0, ""
	}
	n, err := strconv.Atoi(s)
	if err != nil || n == 0 {
		return 0, fmt.Sprintf("must be a whole number of seconds, 1 to %d", MaxTTL)
	}
	return n, ""
}

func (d *decoder) setData(raw []byte) {
	d.job.Data = map[string]string{}
	bad := 0
	ok := json.Valid(raw) && eachMember(raw, func(name, value json.RawMessage) {
		k := unquote(name)
		message := ""
		switch _, twice := d.job.Data[k]; {
		case hasHalf(name):
			message = fmt.Sprintf("key %q %s", clip(k), cutHalf)
		case twice:
			message = fmt.Sprintf("key %q is given twice", clip(k))
		case value[0] != '"':
			message = fmt.Sprintf("value of %q must be text, not %s", clip(k), kindOf(value))
		case hasHalf(value):
			message = fmt.Sprintf("value of %q %s", clip(k), cutHalf)
		default:
			d.job.Data[k] = unquote(value)
			return
		}
		if bad++; bad <= maxUnknown {
			d.fault(FieldData, message)
		}
	})
	if !ok {
		d.fault(FieldData, "must be a JSON object of texts")
	}
}

// kindOf names the JSON type of raw.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// syntaxFault says where JSON is broken, in a message that has no job data in
// it.
func syntaxFault(b []byte) string {
	var syntax *json.SyntaxError
	switch err := json.NewDecoder(bytes.NewReader(b)).Decode(new(json.RawMessage)); {
	case err == nil:
		return "has text after the JSON object"
	case errors.As(err, &syntax):
		return fmt.Sprintf("broken JSON at byte %d", syntax.Offset)
	}
	return "broken JSON: it ends too early"
}

// clip shortens a name that came from outside, for messages, and makes it
// valid UTF-8 without control characters and marks of direction.
func clip(s string) string {
	if r := []rune(s[:min(len(s), 160)]); len(r) > 40 || len(s) > 160 {
		s = string(r[:min(len(r), 40)]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || noWidth(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
