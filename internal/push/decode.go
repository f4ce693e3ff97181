package push

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// FromJSON reads one job from a JSON object and validates it. The error is of
// type Faults: every fault of every field, unknown and repeated names too.
// A value of null counts as absent.
func FromJSON(b []byte, zone *time.Location) (Job, error) {
	if !utf8.Valid(b) {
		return Job{}, Faults{{"", "is not valid UTF-8"}}
	}
	d := decoder{}
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return Job{}, Faults{{"", jsonFault(err, "is not a JSON object")}}
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return Job{}, Faults{{"", jsonFault(err, "is not a JSON object")}}
		}
		name, _ := t.(string)
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return Job{}, Faults{{"", jsonFault(err, "is not a JSON object")}}
		}
		d.setJSON(name, raw)
	}
	if _, err := dec.Token(); err != nil {
		return Job{}, Faults{{"", jsonFault(err, "is not a JSON object")}}
	}
	if _, err := dec.Token(); err != io.EOF {
		return Job{}, Faults{{"", "has text after the JSON object"}}
	}
	return d.finish(zone)
}

// FromFields reads one job from names and texts, as a CSV row or a stream
// entry has them, and validates it: data is the text of a JSON object, ttl a
// whole number. An empty text counts as absent. The error is of type Faults.
func FromFields(fields map[string]string, zone *time.Location) (Job, error) {
	d := decoder{}
	for _, name := range sortedKeys(fields) {
		d.setText(name, fields[name])
	}
	return d.finish(zone)
}

// decoder gathers a job's fields and the faults found on the way.
type decoder struct {
	job    Job
	seen   []string
	faults Faults
}

func (d *decoder) fault(field, message string) {
	d.faults = append(d.faults, Fault{field, message})
}

func (d *decoder) finish(zone *time.Location) (Job, error) {
	faults := d.job.Validate(zone)
	// A field that could not be decoded is not also "required".
	faults = slices.DeleteFunc(faults, func(f Fault) bool {
		return slices.ContainsFunc(d.faults, func(g Fault) bool { return g.Field == f.Field })
	})
	faults = append(d.faults, faults...)
	if len(faults) == 0 {
		return d.job, nil
	}
	order := Fields()
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return rank(order, a.Field) - rank(order, b.Field)
	})
	return d.job, faults
}

func rank(order []string, field string) int {
	if i := slices.Index(order, field); i >= 0 {
		return i
	}
	return len(order)
}

// textField is where the text of a field goes, or nil for data, ttl and
// unknown names.
func (d *decoder) textField(name string) *string {
	switch name {
	case FieldID:
		return &d.job.ID
	case FieldSndnRsevHour:
		return &d.job.SndnRsevHour
	case FieldCsno:
		return &d.job.Csno
	case FieldUUIDID:
		return &d.job.UUIDID
	case FieldDeviceID:
		return &d.job.DeviceID
	case FieldMsgTitle:
		return &d.job.MsgTitle
	case FieldMsgContents:
		return &d.job.MsgContents
	case FieldServiceName:
		return &d.job.ServiceName
	case FieldPushGrpID:
		return &d.job.PushGrpID
	case FieldCustTelno:
		return &d.job.CustTelno
	case FieldPriority:
		return (*string)(&d.job.Priority)
	}
	return nil
}

func (d *decoder) setJSON(name string, raw json.RawMessage) {
	if slices.Contains(d.seen, name) {
		d.fault(clip(name), "is given twice")
		return
	}
	d.seen = append(d.seen, name)
	if text := d.textField(name); text != nil {
		if string(raw) != "null" && json.Unmarshal(raw, text) != nil {
			d.fault(name, "must be text, not "+kindOf(raw))
		}
		return
	}
	if string(raw) == "null" && (name == FieldData || name == FieldTTL) {
		return
	}
	switch name {
	case FieldData:
		d.setData(raw)
	case FieldTTL:
		s := string(raw)
		if raw[0] == '"' {
			_ = json.Unmarshal(raw, &s) // it was decoded once: it is a JSON string
		}
		d.setTTL(s)
	default:
		d.fault(clip(name), "unknown field")
	}
}

func (d *decoder) setText(name, value string) {
	if text := d.textField(name); text != nil {
		*text = value
		return
	}
	switch {
	case name != FieldData && name != FieldTTL:
		d.fault(clip(name), "unknown field")
	case value == "":
	case name == FieldTTL:
		d.setTTL(value)
	case !utf8.ValidString(value):
		d.fault(FieldData, "is not valid UTF-8")
	default:
		d.setData([]byte(value))
	}
}

func (d *decoder) setTTL(s string) {
	n, err := strconv.Atoi(s)
	if err != nil || n == 0 {
		d.fault(FieldTTL, fmt.Sprintf("must be a whole number of seconds, 1 to %d", MaxTTL))
		return
	}
	d.job.TTL = n
}

func (d *decoder) setData(raw []byte) {
	var values map[string]json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		d.fault(FieldData, "must be a JSON object of texts")
		return
	}
	d.job.Data = make(map[string]string, len(values))
	for _, k := range sortedKeys(values) {
		var s string
		if raw := values[k]; raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
			d.fault(FieldData, fmt.Sprintf("value of %q must be text, not %s", clip(k), kindOf(values[k])))
			continue
		}
		d.job.Data[k] = s
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

// jsonFault turns a decoder's error into a message that has no job data in it.
func jsonFault(err error, otherwise string) string {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("broken JSON at byte %d", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "broken JSON: it ends too early"
	}
	return otherwise
}

// clip shortens a name that came from outside, for messages, and makes it
// valid UTF-8 without control characters.
func clip(s string) string {
	if r := []rune(s[:min(len(s), 160)]); len(r) > 40 || len(s) > 160 {
		s = string(r[:min(len(r), 40)]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
