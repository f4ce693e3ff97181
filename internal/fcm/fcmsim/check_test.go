package fcmsim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"pushstream/internal/fcm/fcmsim"
)

func TestChecks(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	const none = "" // no FcmError: the JSON layer's
	long := strings.Repeat("x", 4095)
	for name, tc := range map[string]struct {
		body, code string
		field      string // of the first violation
		says       string
	}{
		"broken JSON":           {`{"message":`, none, "", "Invalid JSON payload"},
		"no JSON":               {`hello`, none, "", "Invalid JSON payload"},
		"two values":            {`{"message":{"token":"t"}} {}`, none, "", "Invalid JSON payload"},
		"nothing":               {``, none, "", "Invalid JSON payload"},
		"too long a body":       {`{"message":{"token":"` + strings.Repeat("x", 64<<10) + `"}}`, none, "", "exceeds the limit"},
		"unknown at the top":    {`{"massage":{}}`, none, "", `Unknown name "massage": Cannot find field.`},
		"unknown in message":    {`{"message":{"token":"t","to":"x"}}`, none, "message", `Unknown name "to" at 'message': Cannot find field.`},
		"unknown in android":    {`{"message":{"token":"t","android":{"x":1}}}`, none, "message.android", `Unknown name "x" at 'message.android'`},
		"name in another case":  {`{"message":{"Token":"t"}}`, none, "message", `Unknown name "Token"`},
		"number for text":       {`{"message":{"token":7}}`, none, "message.token", "Invalid value at 'message.token' (TYPE_STRING), 7"},
		"number in data":        {`{"message":{"token":"t","data":{"a":"b","c":7}}}`, none, "message.data[1].value", "(TYPE_STRING), 7"},
		"text for object":       {`{"message":"t"}`, none, "message", "Invalid value at 'message'"},
		"text for bool":         {`{"validate_only":"true","message":{"token":"t"}}`, none, "validate_only", "(TYPE_BOOL)"},
		"fraction for int":      {`{"message":{"token":"t","android":{"notification":{"notification_count":1.5}}}}`, none, "message.android.notification.notification_count", "(TYPE_INT32), 1.5"},
		"text for list":         {`{"message":{"token":"t","android":{"notification":{"body_loc_args":"a"}}}}`, none, "message.android.notification.body_loc_args", "(List)"},
		"token and topic":       {`{"message":{"token":"t","topic":"x"}}`, none, "message", "oneof field 'target' is already set. Cannot set 'topic'"},
		"token and no topic":    {`{"message":{"token":"t","topic":""}}`, none, "message", "Cannot set 'topic'"},
		"topic and condition":   {`{"message":{"condition":"'a' in topics","topic":"x"}}`, none, "message", "Cannot set 'condition'"},
		"no target":             {`{"message":{"data":{"a":"b"}}}`, "INVALID_ARGUMENT", "message", "Recipient"},
		"no message":            {`{}`, "INVALID_ARGUMENT", "message", "Recipient"},
		"empty token":           {`{"message":{"token":""}}`, "INVALID_ARGUMENT", "message.token", "not a valid FCM registration token"},
		"token with a space":    {`{"message":{"token":"a b"}}`, "INVALID_ARGUMENT", "message.token", "not a valid FCM registration token"},
		"token in Korean":       {`{"message":{"token":"토큰"}}`, "INVALID_ARGUMENT", "message.token", "not a valid FCM registration token"},
		"token too long":        {`{"message":{"token":"` + long + `xx"}}`, "INVALID_ARGUMENT", "message.token", "not a valid FCM registration token"},
		"bad topic":             {`{"message":{"topic":"a/b"}}`, "INVALID_ARGUMENT", "message.topic", "topic"},
		"empty condition":       {`{"message":{"condition":" "}}`, "INVALID_ARGUMENT", "message.condition", "condition"},
		"bad fid":               {`{"message":{"fid":"a b"}}`, "INVALID_ARGUMENT", "message.fid", "installation"},
		"data key from":         {`{"message":{"token":"t","data":{"from":"x"}}}`, "INVALID_ARGUMENT", "message.data", "key: from"},
		"data key message_type": {`{"message":{"token":"t","data":{"message_type":"x"}}}`, "INVALID_ARGUMENT", "message.data", "key: message_type"},
		"data key google.*":     {`{"message":{"token":"t","data":{"google.x":"x"}}}`, "INVALID_ARGUMENT", "message.data", "key: google.x"},
		"data key gcm.*":        {`{"message":{"token":"t","data":{"gcm.n.e":"x"}}}`, "INVALID_ARGUMENT", "message.data", "key: gcm.n.e"},
		"android data key":      {`{"message":{"token":"t","android":{"data":{"from":"x"}}}}`, "INVALID_ARGUMENT", "message.android.data", "key: from"},
		"payload of 4097":       {`{"message":{"token":"t","data":{"k":"` + long + `"},"notification":{"title":"x"}}}`, "INVALID_ARGUMENT", "message", "too big: 4097"},
		"ttl without s":         {`{"message":{"token":"t","android":{"ttl":"3600"}}}`, "INVALID_ARGUMENT", "message.android.ttl", "must end with 's'"},
		"ttl as ms":             {`{"message":{"token":"t","android":{"ttl":"3600ms"}}}`, "INVALID_ARGUMENT", "message.android.ttl", "must end with 's'"},
		"ttl with a plus":       {`{"message":{"token":"t","android":{"ttl":"+1s"}}}`, "INVALID_ARGUMENT", "message.android.ttl", "must end with 's'"},
		"ttl with bare dot":     {`{"message":{"token":"t","android":{"ttl":"1.s"}}}`, "INVALID_ARGUMENT", "message.android.ttl", "must end with 's'"},
		"ttl negative":          {`{"message":{"token":"t","android":{"ttl":"-1s"}}}`, "INVALID_ARGUMENT", "message.android.ttl", "Invalid TTL"},
		"ttl over 28 days":      {`{"message":{"token":"t","android":{"ttl":"2419200.1s"}}}`, "INVALID_ARGUMENT", "message.android.ttl", "Invalid TTL"},
		"priority":              {`{"message":{"token":"t","android":{"priority":"urgent"}}}`, "INVALID_ARGUMENT", "message.android.priority", "urgent"},
		"collapse id of 65":     {`{"message":{"token":"t","apns":{"headers":{"Apns-Collapse-Id":"` + strings.Repeat("x", 65) + `"}}}}`, "INVALID_ARGUMENT", "message.apns.headers", "64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.post(t, tc.body)
			if got.status != http.StatusBadRequest {
				t.Fatalf("answered %d: %s%v", got.status, got.body, got.err)
			}
			d := got.details(t)
			if d.code != tc.code || d.status != "INVALID_ARGUMENT" || !strings.Contains(d.message, tc.says) {
				t.Errorf("details = %+v, want code %q and %q", d, tc.code, tc.says)
			}
			if len(d.fields) == 0 || d.fields[0] != tc.field {
				t.Errorf("fields = %q, want %q", d.fields, tc.field)
			}
		})
	}
	t.Cleanup(func() {
		if s := b.sim.Stats(); s.Accepted != 0 || s.ByCode["INVALID_ARGUMENT"] != s.Requests || s.Requests == 0 {
			t.Errorf("stats = %+v", s)
		}
	})
}

func TestChecksPass(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	long := strings.Repeat("x", 4095)
	for name, body := range map[string]string{
		"topic":                `{"message":{"topic":"a-Z_0.~%"}}`,
		"condition":            `{"message":{"condition":"'a' in topics"}}`,
		"fid":                  `{"message":{"fid":"cRz0"}}`,
		"null target":          `{"message":{"token":"t","topic":null}}`,
		"payload of 4096":      `{"message":{"token":"t","data":{"k":"` + long + `"}}}`,
		"android data instead": `{"message":{"token":"t","data":{"k":"` + long + `y"},"android":{"data":{"k":"v"}}}}`,
		"token of 4096":        `{"message":{"token":"` + long + `x"}}`,
		"no ttl":               `{"message":{"token":"t","android":{"ttl":"0s"}}}`,
		"ttl of 28 days":       `{"message":{"token":"t","android":{"ttl":"2419200.000s"}}}`,
		"ttl with a fraction":  `{"message":{"token":"t","android":{"ttl":"3.5s"}}}`,
		"priority in capitals": `{"message":{"token":"t","android":{"priority":"HIGH"}}}`,
		"lowerCamelCase":       `{"validateOnly":false,"message":{"token":"t","fcmOptions":{"analyticsLabel":"x"},"android":{"collapseKey":"x","notification":{"bodyLocArgs":["a"],"notificationCount":2}}}}`,
		"data key with from":   `{"message":{"token":"t","data":{"from_":"x","messagetype":"x","google":"x","googleMapUrl":"x","gcm":"x","gcm_type":"x","From":"x","collapse_key":"x"}}}`,
		"collapse id of 64":    `{"message":{"token":"t","apns":{"headers":{"apns-collapse-id":"` + strings.Repeat("x", 64) + `"}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := b.post(t, body); got.status != http.StatusOK || !strings.Contains(got.body, `"projects/p/messages/0:`) {
				t.Errorf("answered %d: %s%v", got.status, got.body, got.err)
			}
		})
	}
}

func TestEveryMistakeIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	d := b.post(t, `{"message":{"token":"t","data":{"from":"x","gcm.y":"y"},"android":{"ttl":"x","priority":"x"}}}`).details(t)
	want := []string{"message.data", "message.data", "message.android.priority", "message.android.ttl"}
	if !slices.Equal(d.fields, want) {
		t.Errorf("fields = %q, want %q", d.fields, want)
	}
}

func TestOtherPathsAreNotFCM(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	for _, tc := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/v1/projects/p/messages:send", http.StatusNotFound},
		{http.MethodPost, "/v1/projects/p/messages:sendAll", http.StatusNotFound},
		{http.MethodPost, "/v1/projects/a/b/messages:send", http.StatusNotFound},
		{http.MethodPost, `/v1/projects/%22/messages:send`, http.StatusNotFound},
		{http.MethodPost, "/v1/projects//messages:send", http.StatusNotFound},
		{http.MethodGet, "/token", http.StatusMethodNotAllowed},
		{http.MethodGet, "/healthz", http.StatusOK},
	} {
		got := do(t, h1, tc.method, b.srv.URL()+tc.path, push("t", "id"))
		// The mux redirects an unclean path before it looks for it.
		if got.status != tc.status && !(strings.Contains(tc.path, "//") && got.status/100 == 3) {
			t.Errorf("%s %s answered %d, want %d", tc.method, tc.path, got.status, tc.status)
		}
	}
	if s := b.sim.Stats(); s.Requests != 0 {
		t.Errorf("requests = %d", s.Requests)
	}
}
