package push

import (
	"fmt"
	"strings"
	"testing"
)

func TestFromJSON(t *testing.T) {
	t.Parallel()
	const ok = `"device_id":"token","msg_title":"t"`
	tests := []struct {
		name, text string
		faults     []string
	}{
		{"a job", `{` + ok + `}`, nil},
		{"white space around and inside", " \r\n\t{ " + ok + " }\n ", nil},
		{"escapes", `{` + ok + `,"csno":"\uac00\ud83d\ude00"}`, nil},
		{"null is absent", `{` + ok + `,"id":null,"csno":null,"data":null,"ttl":null,"priority":null,"sndn_rsev_hour":null}`, nil},
		{"null for what is required", `{"device_id":null,"msg_title":null}`, []string{"device_id: required", "msg_contents: required"}},
		{"ttl as text", `{` + ok + `,"ttl":"60"}`, nil},
		{"ttl as another text", `{` + ok + `,"ttl":"soon"}`, []string{"ttl: whole number"}},
		{"ttl as a padded text", `{` + ok + `,"ttl":" 60 "}`, nil},
		{"ttl as a blank text is absent", `{` + ok + `,"ttl":" "}`, nil},
		{"ttl 0", `{` + ok + `,"ttl":0}`, []string{"ttl: whole number of seconds, 1 to"}},
		{"ttl 0 as text", `{` + ok + `,"ttl":"0"}`, []string{"ttl: whole number of seconds, 1 to"}},
		{"ttl below 0", `{` + ok + `,"ttl":-1}`, []string{"ttl: 1 to 2419200"}},
		{"ttl with a fraction", `{` + ok + `,"ttl":60.0}`, []string{"ttl: whole number"}},
		{"ttl true", `{` + ok + `,"ttl":true}`, []string{"ttl: whole number"}},
		{"number for a text", `{` + ok + `,"csno":1002}`, []string{"csno: must be text, not a number"}},
		{"true for a text", `{` + ok + `,"csno":true}`, []string{"csno: must be text, not true or false"}},
		{"object for a text", `{` + ok + `,"csno":{}}`, []string{"csno: must be text, not an object"}},
		{"array for a text", `{` + ok + `,"csno":[]}`, []string{"csno: must be text, not an array"}},
		{"a required one of another type is not also absent", `{"device_id":5,"msg_title":"t"}`, []string{"device_id: must be text"}},
		{"nor is a title", `{"device_id":"t","msg_title":5}`, []string{"msg_title: must be text"}},
		{"unknown name", `{` + ok + `,"devise_id":"x"}`, []string{"devise_id: unknown field"}},
		{"name in other letters", `{` + ok + `,"CSNO":"x"}`, []string{"CSNO: unknown field"}},
		{"name of a record's field", `{` + ok + `,"status":"sent"}`, []string{"status: unknown field"}},
		{"long unknown name", `{` + ok + `,"` + strings.Repeat("x", 500) + `":1}`, []string{strings.Repeat("x", 40) + "…: unknown field"}},
		{"repeated name", `{` + ok + `,"id":"a","id":"b"}`, []string{"id: given twice"}},
		{"repeated name, once as null", `{` + ok + `,"id":null,"id":"b"}`, []string{"id: given twice"}},
		{"repeated through an escape", `{` + ok + `,"\u0069d":"a","id":"b"}`, []string{"id: given twice"}},
		{"repeated data", `{` + ok + `,"data":{},"data":{}}`, []string{"data: given twice"}},

		{"half an emoji in the title", `{"device_id":"t","msg_title":"\ud83d","msg_contents":"a"}`, []string{"msg_title: has half of a character"}},
		{"half an emoji in both", `{"device_id":"t","msg_title":"\ud83d","msg_contents":"cut \uD83D"}`, []string{"msg_title: has half", "msg_contents: has half"}},
		{"the other half of one", `{` + ok + `,"csno":"\ude00 \ud83d\ude00"}`, []string{"csno: has half"}},
		{"two first halves", `{` + ok + `,"uuid_id":"\ud83d\ud83d\ude00"}`, []string{"uuid_id: has half"}},
		{"the halves the wrong way round", `{` + ok + `,"push_grp_id":"\ude00\ud83d"}`, []string{"push_grp_id: has half"}},
		{"half an emoji behind a backslash", `{` + ok + `,"msg_contents":"\\\ud83d"}`, []string{"msg_contents: has half"}},
		{"no half: a backslash, and letters", `{` + ok + `,"msg_contents":"\\ud83d"}`, nil},
		{"half an emoji in an id", `{` + ok + `,"id":"a\ud800"}`, []string{"id: has half"}},
		{"half an emoji in a token", `{"device_id":"\udfff","msg_title":"t"}`, []string{"device_id: has half"}},
		{"half an emoji in the ttl", `{` + ok + `,"ttl":"6\ud800"}`, []string{"ttl: has half"}},
		{"half an emoji in data", `{` + ok + `,"data":{"k":"\ud83d","\ud800":"x","from":"y"}}`, []string{
			`data: value of "k" has half`, `data: key "�" has half`, `data: key "from" is reserved`,
		}},
		{"NUL and half an emoji", `{"device_id":"t","msg_title":"nul \u0000 in it","data":{"k":"\u0000","\ud800":"x"}}`, []string{
			"msg_title: control character (U+0000)", `data: key "�" has half`, `data: value of "k" has a NUL`,
		}},
		{"nothing that can be seen", `{"device_id":"t","msg_title":"  ","msg_contents":"\u200b"}`, []string{"msg_contents: msg_title or msg_contents is required"}},
		{"a replacement character that was handed in", `{` + ok + `,"csno":"\ufffd"}`, nil},

		{"nothing", ``, []string{": ends too early"}},
		{"cut short", `{` + ok, []string{": ends too early"}},
		{"cut short in a name", `{"dev`, []string{": ends too early"}},
		{"cut short in a value", `{"device_id":"tok`, []string{": ends too early"}},
		{"cut short after a colon", `{"device_id":`, []string{": ends too early"}},
		{"an array", `[{` + ok + `}]`, []string{": is not a JSON object"}},
		{"null alone", `null`, []string{": is not a JSON object"}},
		{"a text alone", `"x"`, []string{": is not a JSON object"}},
		{"two objects", `{` + ok + `}{}`, []string{": text after the JSON object"}},
		{"text behind", `{` + ok + `} x`, []string{": text after the JSON object"}},
		{"a comma too many", `{` + ok + `,}`, []string{": broken JSON at byte"}},
		{"no colon", `{"device_id" "x"}`, []string{": broken JSON at byte 14"}},
		{"single quotes", `{'device_id':"x"}`, []string{": broken JSON at byte 2"}},
		{"a raw line feed in a text", "{\"csno\":\"a\nb\"}", []string{": broken JSON at byte 11"}},
		{"a bad word in the second value", `{"csno":"a","id":nil}`, []string{": broken JSON at byte 19"}},
		{"not UTF-8", "{" + ok + ",\"csno\":\"\xff\"}", []string{": is not valid UTF-8"}},
		{"UTF-16", "\xff\xfe{\x00}\x00", []string{": is not valid UTF-8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := fromJSON([]byte(tt.text), seoul, noon)
			checkFaults(t, err, tt.faults...)
		})
	}
}

func TestFromFieldsFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fields map[string]string
		faults []string
	}{
		{"empty texts are absent", valid(FieldID, "", FieldCsno, "", FieldData, "", FieldTTL, "", FieldPriority, "", FieldSndnRsevHour, ""), nil},
		{"unknown name", valid("devise_id", "x"), []string{"devise_id: unknown field"}},
		{"unknown name without a value", valid("", ""), []string{": unknown field"}},
		{"data that is not JSON", valid(FieldData, "screen=loan"), []string{"data: JSON object of texts"}},
		{"data that is not UTF-8", valid(FieldData, "{\"a\":\"\xff\"}"), []string{"data: not valid UTF-8"}},
		{"ttl with a space inside", valid(FieldTTL, "6 0"), []string{"ttl: whole number"}},
		{"nothing at all", map[string]string{}, []string{"device_id: required", "msg_contents: required"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := fromFields(tt.fields, seoul, noon)
			checkFaults(t, err, tt.faults...)
		})
	}
}

// Whoever mends a job sees everything that is wrong with it, in the order of
// the log's columns, whatever the order in which it was written.
func TestAllFaultsAtOnceInFieldOrder(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("가", 129)
	fields := map[string]string{
		FieldTTL: "0", FieldPriority: "low", FieldData: `{"from":"x"}`, FieldCustTelno: long, FieldPushGrpID: long,
		FieldServiceName: long, FieldMsgContents: strings.Repeat("a", 5000), FieldMsgTitle: "t", FieldDeviceID: "a b",
		FieldUUIDID: long, FieldCsno: long, FieldSndnRsevHour: "20261399000000", FieldID: "a b", "colour": "red",
	}
	want := []string{
		"id: 1 to 128", "sndn_rsev_hour: no such date", "csno: longer", "uuid_id: longer", "device_id: space",
		"msg_contents: bytes with msg_id", "D_servicename: longer", "push_grp_id: longer", "cust_telno: longer",
		"data: reserved", "priority: urgent or normal", "ttl: 1 to", "colour: unknown",
	}
	_, err := fromFields(fields, seoul, noon)
	checkFaults(t, err, want...)
	_, err = fromJSON(object(t, fields), seoul, noon)
	checkFaults(t, err, want...)
}

func TestFieldsAndJSONGiveTheSameJob(t *testing.T) {
	t.Parallel()
	fields := map[string]string{
		FieldID: "a-1", FieldSndnRsevHour: "20261122093001", FieldCsno: "10023451", FieldUUIDID: "u-1", FieldDeviceID: "token",
		FieldMsgTitle: "제목 \"x\"", FieldMsgContents: "내용\n둘째 줄", FieldServiceName: "trade", FieldPushGrpID: "G01",
		FieldCustTelno: "010-1234-5678", FieldData: `{"screen":"loan","n":"<&>"}`, FieldPriority: "urgent", FieldTTL: "60",
	}
	a, err := fromFields(fields, seoul, noon)
	checkFaults(t, err)
	b, err := fromJSON(object(t, fields), seoul, noon)
	checkFaults(t, err)
	want := Job{
		ID: "a-1", SndnRsevHour: "20261122093001", Csno: "10023451", UUIDID: "u-1", DeviceID: "token",
		MsgTitle: "제목 \"x\"", MsgContents: "내용\n둘째 줄", ServiceName: "trade", PushGrpID: "G01", CustTelno: "010-1234-5678",
		Data: map[string]string{"screen": "loan", "n": "<&>"}, Priority: Urgent, TTL: 60, DueAt: a.DueAt,
	}
	if !same(a, want) || !same(b, want) {
		t.Errorf("fields %+v\nJSON   %+v\nwant   %+v", a, b, want)
	}
	if len(fields) != len(Fields()) {
		t.Error("a field is missing in this test")
	}
}

// Faults are logged and shown: what a job holds must not be in them.
func TestFaultsKeepValuesToThemselves(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-010-1234-5678"
	for _, field := range append(Fields(), "colour") {
		for _, value := range []string{
			secret + "\x00", strings.Repeat(secret, 500), secret + " {", secret + "\xff", `{"from":"` + secret + `"}`, `{"a":` + secret + `}`,
		} {
			_, err := fromFields(valid(field, value), seoul, noon)
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	for _, text := range []string{
		secret, `"` + secret + `"`, `{"device_id":"` + secret, `{"device_id":` + secret + `}`, `{"device_id":"` + secret + `",}`,
		`{"device_id":"` + secret + "\n\"}", `{"device_id":["` + secret + `"]}`, `{"device_id":"` + secret + `"} ` + secret,
		`{"data":{"a":["` + secret + `"]}}`, `{"ttl":"` + secret + `"}`, `{"device_id":"` + secret + `","device_id":"` + secret + `"}`,
	} {
		_, err := fromJSON([]byte(text), seoul, noon)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A name comes from outside too: it is shortened, and can't forge a log line.
func TestNamesInFaultsAreClipped(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a\nb\x7f":                     "a?b?",
		"\xff":                         "?",
		strings.Repeat("나", 41):        strings.Repeat("나", 40) + "…",
		strings.Repeat("나", 40):        strings.Repeat("나", 40),
		strings.Repeat("x", 1_000_000): strings.Repeat("x", 40) + "…",
	} {
		_, err := fromFields(valid(name, ""), seoul, noon)
		checkFaults(t, err, want+": unknown field")
	}
}

// An object with very many names must not keep a processor busy for long: it
// is read in linear time, and not every one of the names is repeated.
func TestVeryManyUnknownNames(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"device_id":"t"`)
	for n := range 300_000 {
		fmt.Fprintf(&b, `,"%d":1`, n)
	}
	b.WriteString(`,"ttl":0}`)
	_, err := fromJSON([]byte(b.String()), seoul, noon)
	faults := faultsOf(t, err)
	if len(faults) > 200 || faults[0].Field != FieldMsgContents || faults[1].Field != FieldTTL {
		t.Errorf("%d faults: %.300v", len(faults), faults)
	}
}

func TestFaultsAsError(t *testing.T) {
	t.Parallel()
	err := Faults{{"csno", "is longer"}, {"", "broken"}}
	if got := err.Error(); got != "csno: is longer; broken" {
		t.Error(got)
	}
}
