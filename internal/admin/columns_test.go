package admin

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// Each of the twelve columns that the users know is found by what they type for it, by a
// URL or a body, at once or by a kept search; with the total.
func TestAllColumns(t *testing.T) {
	t.Parallel()
	b := seedVaried(t)
	b.api.Zone = time.FixedZone("Asia/Seoul", 9*3600)
	sent, err := time.Parse(pushlog.TimeFormat, b.record(t, "a").FCMSendTime)
	if err != nil {
		t.Fatal(err)
	}
	local := sent.In(b.api.Zone)
	for _, reserved := range []struct{ id, hour string }{{"r", "29981130093005"}, {"s", "2998-11-30T00:31:00Z"}} {
		j := jobOf(reserved.id)
		j.SndnRsevHour = reserved.hour
		if j.DueAt, _ = push.ParseDue(reserved.hour, b.api.Zone); j.DueAt.IsZero() {
			t.Fatal(reserved.hour)
		}
		b.accept(t, j)
		time.Sleep(time.Millisecond)
	}
	before, after := sent.Add(-time.Hour).UTC().Format(time.RFC3339), sent.Add(time.Hour).UTC().Format(time.RFC3339)
	for _, tt := range []struct{ filter, ids string }{ // members of a body, all texts
		{`"fcm_send_yn":"Y"`, "dcba"}, {`"fcm_send_yn":"N"`, "fe"},
		{`"column":"fcm_send_yn","contains":"y"`, "dcba"}, {`"column":"fcm_send_yn","equals":"N"`, "fe"}, {`"column":"fcm_send_yn","contains":"x"`, ""},
		{`"fcm_send_yn":"Y","error_code":"UNREGISTERED"`, ""}, {`"fcm_send_yn":"N","push_grp_id":"G2"`, "f"},
		{`"fcm_send_since":"` + before + `"`, "fedcba"}, {`"fcm_send_until":"` + after + `"`, "fedcba"}, {`"fcm_send_until":"` + before + `"`, ""},
		{`"fcm_send_since":"` + before + `","fcm_send_until":"` + after + `","fcm_send_yn":"N"`, "fe"},
		{`"column":"fcm_send_time","contains":"` + local.Format("2006-01-02 15:") + `","fcm_send_yn":"N"`, "fe"},
		{`"column":"fcm_send_time","contains":"` + local.Format("20060102") + `"`, "fedcba"},
		{`"column":"fcm_send_time","equals":"1999-01-01 00:00:00"`, ""},
		{`"sndn_rsev_since":"2998-11-30T09:30:00+09:00"`, "sr"}, {`"sndn_rsev_until":"2998-11-30T00:31:00Z"`, "r"},
		{`"sndn_rsev_since":"2998-11-30T00:30:06Z","sndn_rsev_until":"2998-11-30T10:00:00+09:00"`, "s"},
		{`"column":"sndn_rsev_hour","contains":"2998-11-30 09:3"`, "sr"}, {`"column":"sndn_rsev_hour","contains":"299811300931"`, "s"},
		{`"column":"sndn_rsev_hour","equals":"2998/11/30 09:30:05"`, "r"}, {`"column":"sndn_rsev_hour","equals":"29981130093100"`, "s"},
		{`"column":"cust_telno","equals":"+82-10-1234-0003"`, "d"}, {`"column":"cust_telno","contains":"１２３４０００３"`, "d"},
		{`"column":"cust_telno","equals":" 01012340003\u00a0"`, "d"}, {`"csno":"\ufeff csno-1 "`, "fdb"}, {`"csno":"ｃｓｎｏ－１"`, "fdb"},
		{`"device_id":" token-c\n"`, "c"}, {`"push_grp_id":"Ｇ2"`, "fc"}, {`"D_servicename":" service-1"`, "fed"},
		{`"column":"msg_contents","contains":"삼성"`, "fedcba"}, {`"column":"csno","equals":" csno-1 "`, "fdb"},
	} {
		check := func(how string, p page, code int) {
			t.Helper()
			if code != 200 || idsOf(p.Items) != tt.ids || p.Total != int64(len(tt.ids)) || !p.Exact {
				t.Errorf("%s %s: %d %q of %d, want %q", how, tt.filter, code, idsOf(p.Items), p.Total, tt.ids)
			}
		}
		w := b.do("POST", "/api/v1/pushes/search", `{`+tt.filter+`}`)
		check("posted", decode[page](t, w), w.Code)
		values := url.Values{}
		var members map[string]string
		if err := json.Unmarshal([]byte(`{`+tt.filter+`}`), &members); err != nil {
			t.Fatal(err)
		}
		for name, value := range members {
			values.Set(name, value)
		}
		if !containsAny(tt.filter, personal()) {
			w = b.get("/api/v1/pushes?" + values.Encode())
			check("in a URL", decode[page](t, w), w.Code)
		}
		w = b.do("POST", "/api/v1/searches", `{`+tt.filter+`}`)
		if w.Code == 422 && containsAny(tt.filter, []string{push.FieldPushGrpID, push.FieldServiceName, FieldErrorCode}) {
			continue // these stay in the URL
		}
		w = b.get("/api/v1/pushes?search=" + decode[keptSearch](t, w).ID)
		check("kept", decode[page](t, w), w.Code)
	}
	for filter, named := range map[string]string{
		`"fcm_send_yn":"X"`: "fcm_send_yn must be Y or N", `"fcm_send_yn":" "`: "fcm_send_yn must be Y or N", `"fcm_send_since":"2026-11-24"`: "fcm_send_since must be a time",
		`"sndn_rsev_since":"2026-11-25T00:00:00Z","sndn_rsev_until":"2026-11-25T00:00:00Z"`: "sndn_rsev_since must be before sndn_rsev_until",
		`"csno":"\u00a0\u3000"`: "csno must not be empty", `"column":"csno","equals":" "`: "equals must not be empty", `"device_id":"\ufeff"`: "device_id must not be empty",
	} {
		checkProblem(t, b.do("POST", "/api/v1/pushes/search", `{`+filter+`}`), 422, named)
	}
}

func containsAny(text string, parts []string) bool {
	for _, one := range parts {
		if strings.Contains(text, `"`+one+`"`) {
			return true
		}
	}
	return false
}

// Digits alone count in a search for a phone number, since they alone are compared.
func TestPartsOfPhones(t *testing.T) {
	t.Parallel()
	b := empty(t)
	b.accept(t, phoneOf("p", "90817263", "010-2345-6789"))
	viewer := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "viewer", access.Admin, false)}
	for _, word := range []string{"abcd6", "tel:678", "+82 10", "+82-1", "0082 1", "전화번호7", "６７８ 가나다라"} {
		for name, way := range ways {
			w := b.as("localhost", viewer, way.method, way.path, fmt.Sprintf(way.body, fmt.Sprintf(`"column":"cust_telno","contains":%q`, word)))
			if w.Code != 422 || !strings.Contains(w.Body.String(), "at least 4") {
				t.Errorf("%s %s: %d %s", name, word, w.Code, w.Body)
			}
		}
	}
	// However it is spelled, it is one candidate.
	for _, word := range []string{"01023456789", "010-2345-6789", "+82 10 2345 6789", "０１０２３４５６７８９", "1023456789"} {
		if p := decode[page](t, b.as("localhost", viewer, "POST", "/api/v1/pushes/search", fmt.Sprintf(`{"column":"cust_telno","equals":%q}`, word))); p.Total != 1 {
			t.Errorf("%s: %+v", word, p)
		}
	}
	asked := 0
	for word := range b.rdb.HGetAll(t.Context(), "push:{access}:asked:user:viewer").Val() {
		if strings.Contains(word, "23456789") {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("%d candidates are remembered: %v", asked, b.rdb.HGetAll(t.Context(), "push:{access}:asked:user:viewer").Val())
	}
}
