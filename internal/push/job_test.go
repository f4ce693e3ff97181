package push

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOneField(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, field, value string
		fault              string // "" for none
	}{
		{"id of every allowed character", FieldID, "AZaz09._:-", ""},
		{"id of 128 characters", FieldID, strings.Repeat("a", 128), ""},
		{"id of 129 characters", FieldID, strings.Repeat("a", 129), "1 to 128 characters"},
		{"id with a space", FieldID, "a b", "1 to 128 characters"},
		{"id with a slash", FieldID, "a/b", "1 to 128 characters"},
		{"id with a brace, which would be a hash tag", FieldID, "{a}", "1 to 128 characters"},
		{"id with a line feed at its end", FieldID, "a\n", "1 to 128 characters"},
		{"id in Korean", FieldID, "가", "1 to 128 characters"},
		{"id that is not UTF-8", FieldID, "a\xff", "1 to 128 characters"},

		{"token of 4,096 bytes", FieldDeviceID, strings.Repeat("x", 4096), ""},
		{"token of 4,097 bytes", FieldDeviceID, strings.Repeat("x", 4097), "longer than 4096 bytes"},
		{"token with a space", FieldDeviceID, "a b", "has a space"},
		{"token with a space at its end", FieldDeviceID, "a ", "has a space"},
		{"token with a zero byte", FieldDeviceID, "a\x00", "control character"},
		{"token that is not UTF-8", FieldDeviceID, "a\xff", "not valid UTF-8"},
		{"no token", FieldDeviceID, "", "required"},

		{"title with line feeds", FieldMsgTitle, "a\n\tb", ""},
		{"title that is not UTF-8", FieldMsgTitle, "\xed\xa0\x80", "not valid UTF-8"},
		{"contents that are not UTF-8", FieldMsgContents, "가\xea", "not valid UTF-8"},

		{"urgent", FieldPriority, "urgent", ""},
		{"normal", FieldPriority, "normal", ""},
		{"FCM's word for urgent", FieldPriority, "high", "urgent or normal"},
		{"urgent in capitals", FieldPriority, "URGENT", "urgent or normal"},

		{"ttl 1", FieldTTL, "1", ""},
		{"ttl of 28 days", FieldTTL, "2419200", ""},
		{"ttl of 28 days and a second", FieldTTL, "2419201", "1 to 2419200"},
		{"ttl 0", FieldTTL, "0", "1 to 2419200"},
		{"ttl below 0", FieldTTL, "-1", "1 to 2419200"},
		{"ttl with a fraction", FieldTTL, "1.5", "whole number"},
		{"ttl with an exponent", FieldTTL, "1e3", "whole number"},
		{"ttl beyond 64 bits", FieldTTL, "99999999999999999999", "whole number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := FromFields(valid(tt.field, tt.value), seoul)
			if tt.fault == "" {
				checkFaults(t, err)
			} else {
				checkFaults(t, err, tt.field+": "+tt.fault)
			}
		})
	}
}

// The five texts for people have the same rule: characters count, not bytes.
func TestTexts(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, value, fault string }{
		{"128 Korean characters", strings.Repeat("가", 128), ""},
		{"129 Korean characters", strings.Repeat("가", 129), "longer than 128 characters"},
		{"128 letters", strings.Repeat("a", 128), ""},
		{"129 letters", strings.Repeat("a", 129), "longer than 128 characters"},
		{"any character", "{*} '\"\\ ; 😀", ""},
		{"a tab", "a\tb", "control character"},
		{"a line feed", "a\n", "control character"},
		{"not UTF-8", "\xff", "not valid UTF-8"},
	}
	for _, field := range []string{FieldCsno, FieldUUIDID, FieldServiceName, FieldPushGrpID, FieldCustTelno} {
		for _, tt := range tests {
			t.Run(field+": "+tt.name, func(t *testing.T) {
				t.Parallel()
				_, err := FromFields(valid(field, tt.value), seoul)
				if tt.fault == "" {
					checkFaults(t, err)
				} else {
					checkFaults(t, err, field+": "+tt.fault)
				}
			})
		}
	}
}

func TestTitleOrContents(t *testing.T) {
	t.Parallel()
	for _, fields := range []map[string]string{
		valid(FieldMsgTitle, "a", FieldMsgContents, "b"), valid(FieldMsgTitle, "a"), valid(FieldMsgTitle, "", FieldMsgContents, "b"),
	} {
		_, err := FromFields(fields, seoul)
		checkFaults(t, err)
	}
	_, err := FromFields(valid(FieldMsgTitle, ""), seoul)
	checkFaults(t, err, "msg_contents: msg_title or msg_contents is required")
}

// FCM counts bytes, of title, body, data keys and data values; the msg_id that
// pushstream adds is data too.
func TestPayload(t *testing.T) {
	t.Parallel()
	const room = 4096 - len("msg_id")
	tests := []struct {
		name   string
		fields map[string]string
		size   int
	}{
		{"with an id of one character", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("a", room-1)), 4096},
		{"one byte more", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("a", room)), 4097},
		{"with an id of two characters", valid(FieldID, "xx", FieldMsgTitle, strings.Repeat("a", room-1)), 4097},
		{"with an id to be given", valid(FieldMsgTitle, strings.Repeat("a", room-36)), 4096},
		{"with an id to be given, one byte more", valid(FieldMsgTitle, strings.Repeat("a", room-35)), 4097},
		{"title and contents", valid(FieldID, "x", FieldMsgTitle, "가", FieldMsgContents, strings.Repeat("a", room-4)), 4096},
		{"Korean has three bytes a character", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("가", 1363)), 7 + 3*1363},
		{"Korean, one character more", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("가", 1364)), 7 + 3*1364 /* 4099 */},
		{"keys and values of data", valid(FieldID, "x", FieldMsgTitle, "가나", FieldData, `{"`+strings.Repeat("k", 1000)+`":"`+strings.Repeat("v", room-1007)+`"}`), 4096},
		{"a data key one byte longer", valid(FieldID, "x", FieldMsgTitle, "가나", FieldData, `{"`+strings.Repeat("k", 1001)+`":"`+strings.Repeat("v", room-1007)+`"}`), 4097},
		{"what FCM does not count", valid(FieldID, "x", FieldMsgTitle, strings.Repeat("a", room-1), FieldCsno, "1", FieldServiceName, "s"), 4096},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			job, err := FromFields(tt.fields, seoul)
			if got := job.PayloadSize(); got != tt.size {
				t.Errorf("%d bytes, want %d", got, tt.size)
			}
			if tt.size <= 4096 {
				checkFaults(t, err)
			} else {
				checkFaults(t, err, fmt.Sprintf("msg_contents: are %d bytes with msg_id, FCM takes 4096", tt.size))
			}
		})
	}
}

func TestReservedTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value string
		due   string // RFC 3339 in UTC, "" for a fault
	}{
		{"20261122093001", "2026-11-22T00:30:01Z"}, // nine hours before, in Seoul
		{"20270101000000", "2026-12-31T15:00:00Z"},
		{"20280229000000", "2028-02-28T15:00:00Z"}, // a leap year
		{"20010101000000", "2000-12-31T15:00:00Z"}, // past: no fault
		{"2026-11-22T09:30:01+09:00", "2026-11-22T00:30:01Z"},
		{"2026-11-22T00:30:01Z", "2026-11-22T00:30:01Z"},
		{"2026-11-22T00:30:01.5Z", "2026-11-22T00:30:01.5Z"},
		{"1999-01-01T00:00:00Z", "1999-01-01T00:00:00Z"},

		{"20261399000000", ""},
		{"20260230120000", ""},
		{"20260229120000", ""}, // no leap year
		{"20260431120000", ""},
		{"20260001120000", ""},
		{"20260100120000", ""},
		{"20261122240000", ""},
		{"20261122236000", ""},
		{"20261122235960", ""},
		{"2026-02-30T00:00:00Z", ""},
		{"2026-11-22T25:00:00Z", ""},
		{"2026-11-22T00:30:01", ""}, // which zone?
		{"2026-11-22", ""},
		{"2026112209300", ""},
		{"202611220930011", ""},
		{"20261122", ""},
		{" 20261122093001", ""},
		{"2026112209300a", ""},
		{"-2026112209300", ""},
		{"２０２６１１２２０９３００１", ""},
		{"tomorrow", ""},
		{"\xff", ""},
	}
	for _, tt := range tests {
		t.Run(tt.value, func(t *testing.T) {
			t.Parallel()
			job, err := FromFields(valid(FieldSndnRsevHour, tt.value), seoul)
			if tt.due == "" {
				if got := fieldsOf(faultsOf(t, err)); !slices.Equal(got, []string{FieldSndnRsevHour}) {
					t.Errorf("faults in %q", got)
				}
				return
			}
			checkFaults(t, err)
			if got := job.DueAt.UTC().Format(time.RFC3339Nano); got != tt.due {
				t.Errorf("due at %s, want %s", got, tt.due)
			}
			if job.SndnRsevHour != tt.value {
				t.Errorf("the text became %q", job.SndnRsevHour)
			}
		})
	}
}

func TestNoReservedTimeIsNow(t *testing.T) {
	t.Parallel()
	job, err := FromFields(valid(FieldSndnRsevHour, ""), seoul)
	if checkFaults(t, err); !job.DueAt.IsZero() {
		t.Errorf("due at %v", job.DueAt)
	}
}

func TestReservedTimeIsInTheZoneGiven(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"UTC": "2026-11-22T09:30:01Z", "Asia/Seoul": "2026-11-22T00:30:01Z", "America/New_York": "2026-11-22T14:30:01Z",
	} {
		job, err := FromFields(valid(FieldSndnRsevHour, "20261122093001"), mustZone(zone))
		if checkFaults(t, err); job.DueAt.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: due at %v, want %s", zone, job.DueAt.UTC(), want)
		}
	}
	// An hour that daylight saving skips is some time on that day, and no fault.
	job, err := FromFields(valid(FieldSndnRsevHour, "20260308023000"), mustZone("America/New_York"))
	if checkFaults(t, err); job.DueAt.Day() != 8 {
		t.Errorf("due at %v", job.DueAt)
	}
}

func TestData(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, data, fault string }{
		{"texts", `{"screen":"loan","빈":"","google":"x"}`, `key "google" is reserved`},
		{"empty object", `{}`, ""},
		{"empty value", `{"a":""}`, ""},
		{"from", `{"from":"x"}`, `key "from" is reserved by FCM`},
		{"message_type", `{"message_type":"x"}`, `key "message_type" is reserved by FCM`},
		{"google.", `{"google.sent_time":"x"}`, `key "google.sent_time" is reserved by FCM`},
		{"gcm", `{"gcm.n.e":"x"}`, `key "gcm.n.e" is reserved by FCM`},
		{"only like a reserved one", `{"From":"x","from_":"x","my.google":"x"}`, ""},
		{"our own", `{"msg_id":"x"}`, `key "msg_id" is set by pushstream`},
		{"empty key", `{"":"x"}`, "empty key"},
		{"two faults", `{"from":"x","msg_id":"y"}`, `key "from" is reserved by FCM, key "msg_id" is set`},
		{"a number", `{"n":1}`, `value of "n" must be text, not a number`},
		{"null", `{"n":null}`, `value of "n" must be text, not null`},
		{"nested", `{"n":{"a":"b"}}`, `value of "n" must be text, not an object`},
		{"a key twice", `{"a":"x","\u0061":"y"}`, `key "a" is given twice`},
		{"an array", `["a"]`, "must be a JSON object of texts"},
		{"a text", `"a"`, "must be a JSON object of texts"},
		{"a number alone", `5`, "must be a JSON object of texts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fields := valid(FieldData, tt.data)
			for _, parse := range []func() error{
				func() error { _, err := FromFields(fields, seoul); return err },
				func() error { _, err := FromJSON(object(t, fields), seoul); return err },
			} {
				if tt.fault == "" {
					checkFaults(t, parse())
				} else {
					checkFaults(t, parse(), "data: "+tt.fault)
				}
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	job, err := FromFields(valid(), seoul)
	checkFaults(t, err)
	if job.Priority != Normal || job.TTL != 3600 || job.ID != "" {
		t.Errorf("%+v", job)
	}
}

// The names on the wire are those of the design, in JSON too.
func TestWireNames(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(Job{ID: "a", SndnRsevHour: "a", Csno: "a", UUIDID: "a", DeviceID: "a", MsgTitle: "a", MsgContents: "a",
		ServiceName: "a", PushGrpID: "a", CustTelno: "a", Data: map[string]string{"a": "b"}, Priority: "a", TTL: 1, DueAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(b, &object); err != nil {
		t.Fatal(err)
	}
	want := []string{"D_servicename", "csno", "cust_telno", "data", "device_id", "id", "msg_contents", "msg_title",
		"priority", "push_grp_id", "sndn_rsev_hour", "ttl", "uuid_id"}
	if got := sortedKeys(object); !slices.Equal(got, want) {
		t.Errorf("JSON has %q", got)
	}
	if got := slices.Sorted(slices.Values(Fields())); !slices.Equal(got, want) {
		t.Errorf("Fields has %q", got)
	}
}
