package fcmsim_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"firebase.google.com/go/v4/errorutils"
	"firebase.google.com/go/v4/messaging"

	"pushstream/internal/fcm/fcmsim"
)

func TestSDKSendsEverything(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	ttl, count := time.Hour, 3
	at := time.Date(2026, 11, 22, 0, 30, 0, 0, time.UTC)
	msg := &messaging.Message{
		Token:        "abc:DEF",
		Data:         map[string]string{"msg_id": "id-1", "k": "값"},
		Notification: &messaging.Notification{Title: "제목", Body: "본문", ImageURL: "https://example.com/i.png"},
		FCMOptions:   &messaging.FCMOptions{AnalyticsLabel: "l"},
		Android: &messaging.AndroidConfig{
			Priority: "high", TTL: &ttl, CollapseKey: "c", RestrictedPackageName: "com.example", DirectBootOK: true,
			FCMOptions: &messaging.AndroidFCMOptions{AnalyticsLabel: "l"},
			Notification: &messaging.AndroidNotification{
				Tag: "id-1", BodyLocKey: "k", BodyLocArgs: []string{"a"}, EventTimestamp: &at, Priority: messaging.PriorityHigh,
				Visibility: messaging.VisibilityPublic, VibrateTimingMillis: []int64{100}, NotificationCount: &count,
				LightSettings: &messaging.LightSettings{Color: "#aabbcc", LightOnDurationMillis: 1, LightOffDurationMillis: 1},
			},
		},
		Webpush: &messaging.WebpushConfig{
			Headers:      map[string]string{"TTL": "1"},
			Notification: &messaging.WebpushNotification{Title: "t", CustomData: map[string]any{"x": 1}},
			FCMOptions:   &messaging.WebpushFCMOptions{Link: "https://example.com/"},
		},
		APNS: &messaging.APNSConfig{
			Headers:    map[string]string{"apns-collapse-id": strings.Repeat("x", 64)},
			Payload:    &messaging.APNSPayload{Aps: &messaging.Aps{Alert: &messaging.ApsAlert{Title: "t"}}, CustomData: map[string]any{"k": []int{1}}},
			FCMOptions: &messaging.APNSFCMOptions{ImageURL: "https://example.com/i.png"},
		},
	}
	name, err := b.sdk(t).Send(t.Context(), msg)
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	if !strings.HasPrefix(name, "projects/p/messages/0:") {
		t.Errorf("name = %q", name)
	}
	got, ok := b.sim.Message("id-1")
	if !ok || got.Accepted != 1 || got.Attempts != 1 {
		t.Fatalf("message = %+v, %v", got, ok)
	}
	var body struct{ Message messaging.Message }
	if err := json.Unmarshal(got.Body, &body); err != nil {
		t.Fatalf("kept body: %v", err)
	}
	if body.Message.Data["k"] != "값" || *body.Message.Android.TTL != ttl {
		t.Errorf("kept body = %s", got.Body)
	}
	if kept := b.sim.Messages(-1); len(kept) != 1 || kept[0].Name != name || kept[0].MsgID != "id-1" {
		t.Errorf("kept = %+v, want one with the name %q", kept, name)
	}
}

func TestSDKDryRunSendsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	client := b.sdk(t)
	msg := &messaging.Message{Token: "t", Data: map[string]string{"msg_id": "id-1"}}
	name, err := client.SendDryRun(t.Context(), msg)
	if err != nil || name != "projects/p/messages/fake_message_id" {
		t.Errorf("dry run = %q, %v", name, err)
	}
	msg.Token = "t-unregistered"
	if _, err := client.SendDryRun(t.Context(), msg); !messaging.IsUnregistered(err) {
		t.Errorf("dry run to a dead token = %v", err)
	}
	if s := b.sim.Stats(); s.Accepted != 0 || s.IDs != 0 || s.Validated != 1 || s.Requests != 2 {
		t.Errorf("stats = %+v", s)
	}
}

func TestSDKKnowsFates(t *testing.T) {
	t.Parallel()
	for token, is := range map[string]func(error) bool{
		"t-unregistered": messaging.IsUnregistered,
		"t-mismatch":     messaging.IsSenderIDMismatch,
		"t-invalid":      messaging.IsInvalidArgument,
		"t-apns":         messaging.IsThirdPartyAuthError,
		"t-quota":        messaging.IsQuotaExceeded,
	} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			b := setup(t, fcmsim.Config{})
			_, err := b.sdk(t).Send(t.Context(), &messaging.Message{Token: token, Data: map[string]string{"msg_id": "id"}})
			if err == nil || !is(err) {
				t.Errorf("error = %v", err)
			}
			if s := b.sim.Stats(); s.Requests != 1 || s.Accepted != 0 {
				t.Errorf("stats = %+v", s)
			}
		})
	}
}

func TestSDKKnowsFaults(t *testing.T) {
	t.Parallel()
	for fault, is := range map[string]func(error) bool{
		fcmsim.Unregistered:     messaging.IsUnregistered,
		fcmsim.SenderIDMismatch: messaging.IsSenderIDMismatch,
		fcmsim.InvalidArgument:  messaging.IsInvalidArgument,
		fcmsim.QuotaExceeded:    messaging.IsQuotaExceeded,
		fcmsim.Internal:         messaging.IsInternal,
		fcmsim.ThirdPartyAuth:   messaging.IsThirdPartyAuthError,
		fcmsim.Unauthenticated: func(err error) bool {
			return errorutils.IsUnauthenticated(err) && !messaging.IsThirdPartyAuthError(err)
		},
		fcmsim.PermissionDenied: func(err error) bool {
			return errorutils.IsPermissionDenied(err) && !messaging.IsSenderIDMismatch(err)
		},
		fcmsim.NotFound: func(err error) bool { return errorutils.IsNotFound(err) && !messaging.IsUnregistered(err) },
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			b := setup(t, fcmsim.Config{Faults: map[string]float64{fault: 1}})
			_, err := b.sdk(t).Send(t.Context(), &messaging.Message{Token: "t"})
			if err == nil || !is(err) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

// The SDK's own retry is seen here: it retries a 503 at once.
func TestSDKRetriesFlakyToken(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{})
	if _, err := b.sdk(t).Send(t.Context(), &messaging.Message{Token: "t-flaky", Data: map[string]string{"msg_id": "id"}}); err != nil {
		t.Fatalf("send: %v", err)
	}
	if m, _ := b.sim.Message("id"); m.Attempts != 2 || m.Accepted != 1 {
		t.Errorf("message = %+v", m)
	}
}
