package fcmsim

import (
	"reflect"
	"testing"
)

// bodies are what the scanner must read, by what is in them.
var scannable = map[string]string{
	"empty":        `{}`,
	"validate":     `{"validate_only":true,"message":{"token":"a"}}`,
	"white space":  " {\n\t\"message\" : { \"token\" : \"a\" , \"data\" : { } } }\r\n",
	"data":         `{"message":{"data":{"msg_id":"1","k":"v"},"token":"a"}}`,
	"escapes":      `{"message":{"data":{"k":"\"\\\/\b\f\n\r\t\u0041\uac00\ud83d\ude00"},"token":"a"}}`,
	"korean":       `{"message":{"notification":{"title":"안내 😀","body":"카드"},"token":"a"}}`,
	"apns payload": `{"message":{"apns":{"payload":{"aps":{"badge":0,"n":[1,22,[]],"x":null,"y":true,"z":false,"s":"\u00e9"}},"headers":{"apns-collapse-id":"1"}},"token":"a"}}`,
	"android":      `{"message":{"android":{"ttl":"3600s","priority":"high","direct_boot_ok":false,"notification":{"tag":"1"}},"topic":"a"}}`,
}

// unscannable are what it must leave to decodeSlowly.
var unscannable = map[string]string{
	"nothing":         ``,
	"cut":             `{"message":{"token":"a"}`,
	"more":            `{"message":{"token":"a"}} {}`,
	"unknown name":    `{"massage":{}}`,
	"other case":      `{"message":{"Token":"a"}}`,
	"camel case":      `{"validateOnly":true}`,
	"number":          `{"message":{"token":1}}`,
	"null":            `{"message":null}`,
	"list":            `{"message":{"android":{"notification":{"body_loc_args":["a"]}}}}`,
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

func TestScannerReadsWhatClientsSend(t *testing.T) {
	t.Parallel()
	for name, body := range scannable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r sendRequest
			if !r.scan([]byte(body)) {
				t.Fatalf("gave up on %s", body)
			}
			compareWithSlow(t, body, r)
		})
	}
}

func TestScannerGivesUp(t *testing.T) {
	t.Parallel()
	for name, body := range unscannable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r sendRequest
			if r.scan([]byte(body)) {
				t.Errorf("read %s as %+v", body, r)
			}
		})
	}
}

// compareWithSlow holds what the scanner read against encoding/json.
func compareWithSlow(t *testing.T, body string, got sendRequest) {
	t.Helper()
	var want sendRequest
	if problem := want.decodeSlowly([]byte(body)); problem != nil {
		t.Fatalf("scanner read what is refused (%s): %q", problem.message, body)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("of %q\nscanner:  %+v\nslow way: %+v", body, got, want)
	}
}

func FuzzScanner(f *testing.F) {
	for _, bodies := range []map[string]string{scannable, unscannable} {
		for _, body := range bodies {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		var r sendRequest
		if r.scan([]byte(body)) {
			compareWithSlow(t, body, r)
		}
	})
}
