package push

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	t.Parallel()
	token := "dQw4w9WgXcQ:APA91bH" + strings.Repeat("xY7_-z", 25)
	j := Job{ID: "p", DeviceID: token, MsgTitle: "체결 안내", MsgContents: "홍길동님 삼성전자 1,234주 매수 체결되었습니다", Csno: "10023451",
		CustTelno: "010-9876-5432", UUIDID: "u1", Data: map[string]string{"account": "110-222-333444", "n": "1"}}
	for text, want := range map[string]string{
		"INVALID_ARGUMENT: Invalid registration token":                                      "INVALID_ARGUMENT: Invalid registration token",
		"bad token " + token + " here":                                                      "bad token … here",
		"bad token " + token[:60] + "...":                                                   "bad token …...", // the beginning of it
		"Permission denied for push@demo-1.iam.gserviceaccount.com on project 123456789012": "Permission denied for … on project 123456789012",
		"kim.min-su+x@example.co.kr is no one":                                              "… is no one",
		"call 010-1234-5678, 01012345678, +82 10 1234 5678 or 02)123-4567":                  "call …, …, … or …",
		`value "홍길동님 삼성전자 1,234주 매수 체결되었습니다" is bad`:                                        `value "…" is bad`,
		`value "홍길동님 삼성전자 1,2" is bad`:                                                      `value "…" is bad`,
		"account 110-222-333444 of 10023451":                                                "account … of …",
		"체결 안내":                                                                             "…",
		"HTTP 503, retry in 12s, took=31ms, 1 of 10":                                        "HTTP 503, retry in 12s, took=31ms, 1 of 10",
		"projects/demo/messages/0:1795365775380823%6e":                                      "projects/demo/messages/0:1795365775380823%6e",
		"field message.android.notification.channel_id is unknown":                          "field message.android.notification.channel_id is unknown",
		"an OAuth token ya29." + strings.Repeat("a0Af", 20):                                 "an OAuth token ya29…",
	} {
		if got := Clean(text, &j); got != want {
			t.Errorf("%q\nis    %q\nnot   %q", text, got, want)
		}
	}
	for _, huge := range []string{strings.Repeat("가", 1<<20), strings.Repeat(token, 1000), strings.Repeat("\xff", 1<<20)} {
		if got := Clean(huge, &j); len(got) > maxCleaned+len(cutMark) || utf8.ValidString(huge) && !utf8.ValidString(got) {
			t.Errorf("%d bytes", len(got))
		}
	}
}
