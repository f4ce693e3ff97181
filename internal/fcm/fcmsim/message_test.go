package fcmsim

import (
	"reflect"
	"testing"
)

// strict are what decodeStrictly must read, by what is in them.
var strict = map[string]string{
	"empty":        `{}`,
	"validate":     `{"validate_only":true,"message":{"token":"a"}}`,
	"white space":  " {\n\t\"message\" : { \"token\" : \"a\" , \"data\" : { } } }\r\n",
	"data":         `{"message":{"data":{"msg_id":"1","k":"v"},"token":"a"}}`,
	"escapes":      `{"message":{"data":{"k":"\"\\\/\b\f\n\r\t\u0041\uac00\ud83d\ude00"},"token":"a"}}`,
	"korean":       `{"message":{"notification":{"title":"안내 😀","body":"카드"},"token":"a"}}`,
	"apns payload": `{"message":{"apns":{"payload":{"aps":{"badge":0,"n":[1,22,[]],"x":null,"y":true,"z":false,"s":"\u00e9"}},"headers":{"apns-collapse-id":"1"}},"token":"a"}}`,
	"android":      `{"message":{"android":{"ttl":"3600s","priority":"high","direct_boot_ok":false,"notification":{"tag":"1"}},"topic":"a"}}`,
	"null":         `{"message":null}`,
	"list":         `{"message":{"android":{"notification":{"body_loc_args":["a"]}}}}`,
}

// unreadable are what it must leave to decodeSlowly.
var unreadable = map[string]string{
	"nothing":         ``,
	"cut":             `{"message":{"token":"a"}`,
	"more":            `{"message":{"token":"a"}} {}`,
	"unknown name":    `{"massage":{}}`,
	"other case":      `{"message":{"Token":"a"}}`,
	"camel case":      `{"validateOnly":true}`,
	"number":          `{"message":{"token":1}}`,
	"name twice":      `{"message":{"token":"a","token":"b"}}`,
	"control":         "{\"message\":{\"token\":\"a\nb\"}}",
	"lone surrogate":  `{"message":{"token":"\ud83d"}}`,
	"two highs":       `{"message":{"token":"\ud83d\ud83d"}}`,
	"bad escape":      `{"message":{"token":"\x41"}}`,
	"bad hex":         `{"message":{"token":"\u00_1"}}`,
	"invalid utf-8":   "{\"message\":{\"token\":\"\xff\"}}",
	"leading zero":    `{"message":{"apns":{"payload":{"n":01}}}}`,
	"comma at end":    `{"message":{"apns":{"payload":{"n":[1,]}}}}`,
	"comma in object": `{"message":{"token":"a",}}`,
}

func TestStrictReadsWhatClientsSend(t *testing.T) {
	t.Parallel()
	for name, body := range strict {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r sendRequest
			if !r.decodeStrictly([]byte(body)) {
				t.Fatalf("gave up on %s", body)
			}
			compareWithSlow(t, body, r)
		})
	}
}

func TestStrictGivesUp(t *testing.T) {
	t.Parallel()
	for name, body := range unreadable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r sendRequest
			if r.decodeStrictly([]byte(body)) {
				t.Errorf("read %s as %+v", body, r)
			}
		})
	}
}

// compareWithSlow holds what the decodeStrictly read against encoding/json.
func compareWithSlow(t *testing.T, body string, got sendRequest) {
	t.Helper()
	var want sendRequest
	if problem := want.decodeSlowly([]byte(body)); problem != nil {
		t.Fatalf("decodeStrictly read what is refused (%s): %q", problem.message, body)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("of %q\nstrictly: %+v\nslow way: %+v", body, got, want)
	}
}

func FuzzStrict(f *testing.F) {
	for _, bodies := range []map[string]string{strict, unreadable} {
		for _, body := range bodies {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		var r sendRequest
		if r.decodeStrictly([]byte(body)) {
			compareWithSlow(t, body, r)
		}
	})
}
