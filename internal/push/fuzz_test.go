package push

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// again writes a job as JSON and reads it back.
func again(t *testing.T, job Job) {
	t.Helper()
	b, err := json.Marshal(job)
	if err != nil {
		t.Fatalf("%+v: %v", job, err)
	}
	back, err := fromJSON(b, seoul, noon)
	if err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	if !same(job, back) {
		t.Fatalf("wrote %+v\nread  %+v", job, back)
	}
}

func FuzzFromJSON(f *testing.F) {
	for _, text := range []string{
		`{"device_id":"t","msg_title":"a"}`, `{"device_id":"t","msg_contents":"가\n","data":{"a":"b"},"ttl":5,"priority":"urgent","sndn_rsev_hour":"20261122093001"}`,
		`{"device_id":5,"x":[{}],"ttl":"1","ttl":1}`, `{"data":{"a":1}}`, `[]`, `{`, "\xff", `{"a":"\ud800"}`, `{} {}`, ``,
		`{"device_id":"\ud800","msg_title":"a"}`, `{"sndn_rsev_hour":"2026-11-22T00:30:01.123456789-23:59","device_id":"t","msg_title":"a"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		job, err := fromJSON(text, seoul, noon)
		if err == nil {
			again(t, job)
			return
		}
		checkFaultsOf(t, err)
	})
}

func FuzzFromFields(f *testing.F) {
	f.Add("id", "20261122093001", "1", "t", "제목", "내용", `{"a":"b"}`, "urgent", "60", "x", "y")
	f.Add("", "", "", "", "", "", "", "", "", "", "")
	f.Add("a b", "20261399000000", "\xff", "a b", "", "", `[]`, "high", "0", "\n", "1")
	f.Add("a", "2026-11-22T00:30:01Z", "", "t", "a", "", ` {"a" : "b"} `, "", " 1", "ttl", "5")
	f.Fuzz(func(t *testing.T, id, at, csno, token, title, contents, data, priority, ttl, name, value string) {
		fields := map[string]string{
			FieldID: id, FieldSndnRsevHour: at, FieldCsno: csno, FieldDeviceID: token, FieldMsgTitle: title,
			FieldMsgContents: contents, FieldData: data, FieldPriority: priority, FieldTTL: ttl,
		}
		if _, known := fields[name]; !known {
			fields[name] = value
		}
		job, err := fromFields(fields, seoul, noon)
		if err == nil {
			again(t, job)
		} else {
			checkFaultsOf(t, err)
		}
		checkSameFromJSON(t, fields, job, err)
	})
}

// checkSameFromJSON reads the same texts as a JSON object: the same job, the
// same faults.
func checkSameFromJSON(t *testing.T, fields map[string]string, job Job, err error) {
	t.Helper()
	o := map[string]any{}
	for name, value := range fields {
		switch {
		case !utf8.ValidString(name) || !utf8.ValidString(value):
			return // the one can tell which field it is, the other can't
		case value == "" && (name == FieldData || name == FieldTTL):
		case name == FieldData && !json.Valid([]byte(value)):
			return
		case name == FieldData:
			o[name] = json.RawMessage(value)
		default:
			o[name] = value
		}
	}
	b, e := json.Marshal(o)
	if e != nil {
		t.Fatal(e)
	}
	other, otherErr := fromJSON(b, seoul, noon)
	if !same(job, other) || !reflect.DeepEqual(faultsOf(t, err), faultsOf(t, otherErr)) {
		t.Fatalf("fields %+v %v\nJSON   %+v %v", job, err, other, otherErr)
	}
}

// checkFaultsOf checks what every fault promises.
func checkFaultsOf(t *testing.T, err error) {
	t.Helper()
	faults := faultsOf(t, err)
	if len(faults) == 0 {
		t.Fatal("an error without faults")
	}
	for _, f := range faults {
		if f.Message == "" || !utf8.ValidString(f.Field+f.Message) || strings.ContainsAny(f.Field+f.Message, "\n\r\x00") {
			t.Fatalf("fault %q", f)
		}
	}
}

// eachMember tells of an object what encoding/json's decoder does.
func FuzzEachMember(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { "a" : 1 , "a" : [ {"b":"]}\\\""} ] , "\u0061" : null,"":{} }`, `{"a\\":"\\","b":-1.5e+3,"c":true}`, `[1]`, `"{"`, `1`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) || !utf8.Valid(text) {
			return
		}
		var got, want []string
		object := eachMember(text, func(name, value json.RawMessage) { got = append(got, unquote(name), string(value)) })
		dec := json.NewDecoder(bytes.NewReader(text))
		if first, _ := dec.Token(); (first == json.Delim('{')) != object {
			t.Fatalf("%s: an object: %v", text, object)
		}
		for object && dec.More() {
			name, err := dec.Token()
			var raw json.RawMessage
			if err = errors.Join(err, dec.Decode(&raw)); err != nil {
				t.Fatal(err)
			}
			want = append(want, name.(string), string(raw))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s\ngot  %q\nwant %q", text, got, want)
		}
	})
}

// A reserved time is kept in a form that means the same, and is kept as it is.
func FuzzParseDue(f *testing.F) {
	for _, s := range []string{"2026-11-22T00:30:01.5Z", "20261122240000", "2026. 11. 22. 오후 9:30", "0000-00-00", "2026-11-22 09:30 +0930", "2026년 1월 2일 3시 4분 5초"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		due, fault := ParseDue(s, seoul)
		if fault != "" && !due.IsZero() {
			t.Fatalf("%q: %v and %s", s, due, fault)
		}
		normal := NormalDue(s, due, seoul)
		again, fault2 := ParseDue(normal, seoul)
		if fault == "" && (fault2 != "" || !again.Equal(due) || NormalDue(normal, again, seoul) != normal) {
			t.Fatalf("%q is %v, kept as %q, which is %v %s", s, due, normal, again, fault2)
		}
	})
}

// Whatever stands around a value, no fault repeats the value.
func FuzzFaultsKeepValues(f *testing.F) {
	f.Add("", "", 3)
	f.Add("\x00", "\xff", 4)
	f.Add(`{"a":"`, `"}`, 10)
	f.Add(`{"a":`, `}`, 10)
	f.Fuzz(func(t *testing.T, before, after string, field int) {
		const secret = "s3cr3t-0101234"
		if strings.Contains(before, `"`+secret) || strings.Contains(after, secret+`"`) {
			return
		}
		value := before + secret + after
		name := Fields()[uint(field)%uint(len(Fields()))]
		if name == FieldData && json.Valid([]byte(value)) {
			return // the name of a data key may be said
		}
		texts := []string{value, `{"` + name + `":` + value + `}`, `{"` + name + `":` + strconv.Quote(value) + `}`}
		if _, err := fromFields(valid(name, value), seoul, noon); err != nil && strings.Contains(err.Error(), secret) {
			t.Fatalf("%s=%q: %v", name, value, err)
		}
		if name == FieldData {
			return
		}
		_, err := fromJSON([]byte(texts[2]), seoul, noon)
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Fatalf("%s: %v", texts[2], err)
		}
	})
}
