package fcm

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 300e6, time.UTC) // 300 ms past a second

// What a server receives, in full.
func TestMessageOnTheWire(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "HTTP/2.0", answering(200, nil, okBody))
	j := testJob()
	j.Priority = push.Urgent
	j.Data = map[string]string{"screen": "loan", "<html>": "&"}
	before := maps.Clone(j.Data)
	out := newSender(t, srv, Options{ProjectID: "my-project"}).Send(t.Context(), j, time.Now().Add(-time.Minute))
	checkCode(t, out, push.CodeAccepted)

	var want map[string]any
	err := json.Unmarshal([]byte(`{
		"token": "`+testToken+`",
		"notification": {"title": "제목", "body": "내용"},
		"data": {"screen": "loan", "<html>": "&", "msg_id": "push-1"},
		"android": {"priority": "high", "ttl": "0s", "notification": {"tag": "push-1"}},
		"apns": {"headers": {"apns-priority": "10", "apns-expiration": "0", "apns-collapse-id": "push-1"}, "payload": {"aps": {"sound": "default"}}}
	}`), &want)
	if err != nil {
		t.Fatal(err)
	}
	if got := srv.message(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if got := srv.last.URL.Path; got != "/v1/projects/my-project/messages:send" {
		t.Error(got)
	}
	if got := srv.last.Header.Get("Idempotency-Key"); got != "" {
		t.Error("has an Idempotency-Key, with which net/http sends a request again")
	}
	if !maps.Equal(j.Data, before) {
		t.Errorf("the job's data became %v", j.Data)
	}
}

// An iPhone is silent unless it is told to play a sound.
func TestSoundOnTheWire(t *testing.T) {
	t.Parallel()
	shown, bare := testJob(), &push.Job{ID: "push-1", DeviceID: testToken, Data: map[string]string{"k": "v"}, TTL: 60}
	title, contents := testJob(), testJob()
	title.MsgContents, contents.MsgTitle = "", ""
	for _, tt := range []struct {
		name, setting string
		job           *push.Job
		want          any // of message.apns.payload
	}{
		{"by itself", "", shown, map[string]any{"aps": map[string]any{"sound": "default"}}},
		{"a title alone", "default", title, map[string]any{"aps": map[string]any{"sound": "default"}}},
		{"contents alone", "default", contents, map[string]any{"aps": map[string]any{"sound": "default"}}},
		{"a sound of the app's", "order filled.caf", shown, map[string]any{"aps": map[string]any{"sound": "order filled.caf"}}},
		{"turned off", "none", shown, nil},
		{"nothing to show", "default", bare, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, "HTTP/2.0", answering(200, nil, okBody))
			s := newSender(t, srv, Options{Sound: tt.setting})
			checkCode(t, s.Send(t.Context(), tt.job, time.Time{}), push.CodeAccepted)
			if got := srv.message(t)["apns"].(map[string]any)["payload"]; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("sent %v, want %v", got, tt.want)
			}
			checkCode(t, s.Validate(t.Context(), tt.job), push.CodeAccepted)
			if got := srv.message(t)["apns"].(map[string]any)["payload"]; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("asked about %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBuildLifetime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		expiresAt  time.Time
		ttl        time.Duration
		expiration string
	}{
		{"the job's own", time.Time{}, time.Hour, "1795352400"},
		{"rounded up", noon.Add(9700 * time.Millisecond), 10 * time.Second, "1795348810"},
		{"a moment", noon.Add(1), time.Second, "1795348801"},
		{"now", noon, 0, "0"},
		{"past", noon.Add(-time.Hour), 0, "0"},
		{"more than 28 days", noon.Add(9999 * time.Hour), 28 * 24 * time.Hour, "1797768000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := build(testJob(), tt.expiresAt, noon, nil)
			if *m.Android.TTL != tt.ttl || m.APNS.Headers["apns-expiration"] != tt.expiration {
				t.Errorf("ttl %v, expiration %s", *m.Android.TTL, m.APNS.Headers["apns-expiration"])
			}
		})
	}
}

func TestBuildPriority(t *testing.T) {
	t.Parallel()
	for priority, want := range map[push.Priority][2]string{
		push.Urgent: {"high", "10"},
		push.Normal: {"normal", "5"},
		"":          {"normal", "5"},
	} {
		j := testJob()
		j.Priority = priority
		m := build(j, time.Time{}, noon, nil)
		if got := [2]string{m.Android.Priority, m.APNS.Headers["apns-priority"]}; got != want {
			t.Errorf("%q: %v", priority, got)
		}
	}
}

func TestBuildParts(t *testing.T) {
	t.Parallel()
	j := testJob()
	j.MsgTitle, j.MsgContents = "", "body alone"
	if m := build(j, time.Time{}, noon, nil); m.Notification.Title != "" || m.Notification.Body != "body alone" {
		t.Errorf("%+v", m.Notification)
	}
	m := build(&push.Job{DeviceID: "d"}, time.Time{}, noon, nil)
	if m.Notification != nil || len(m.Data) != 0 || m.Android.Notification != nil || m.APNS.Headers["apns-collapse-id"] != "" {
		t.Errorf("%+v", m)
	}
}

func TestCollapseID(t *testing.T) {
	t.Parallel()
	fits, long := strings.Repeat("x", 64), strings.Repeat("x", 65)
	if got := collapseID(fits); got != fits {
		t.Error(got)
	}
	a, b := collapseID(long), collapseID(long+"y")
	if len(a) != 64 || a == b || strings.Trim(a, "0123456789abcdef") != "" {
		t.Error(a, b)
	}
}
