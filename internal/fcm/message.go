package fcm

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strconv"
	"time"

	"firebase.google.com/go/v4/messaging"

	"pushstream/internal/push"
)

// maxCollapseID is how many bytes Apple takes for an apns-collapse-id.
// https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
const maxCollapseID = 64

// build turns j into the SDK's message, without touching j. The message may
// be shown until expiresAt; zero means j's own ttl from now.
//
// The id goes along three times, so that a phone shows a message once, even
// if FCM got it twice: as the data key msg_id for the app, as the tag by which
// Android replaces a notification, and as Apple's collapse id.
//
// sound is what Apple's payload says of the sound; nil: nothing.
func build(j *push.Job, expiresAt, now time.Time, sound *messaging.APNSPayload) *messaging.Message {
	if expiresAt.IsZero() {
		expiresAt = now.Add(time.Duration(j.TTL) * time.Second)
	}
	ttl := lifetime(expiresAt.Sub(now))
	return &messaging.Message{
		Token:        j.DeviceID,
		Data:         data(j),
		Notification: notification(j),
		Android:      android(j, ttl),
		APNS:         apns(j, ttl, now, sound),
	}
}

// lifetime rounds d up to whole seconds, within what FCM takes: 0 to 28 days.
// https://firebase.google.com/docs/cloud-messaging/concept-options#ttl
func lifetime(d time.Duration) time.Duration {
	d = min(max(d, 0), push.MaxTTL*time.Second)
	return (d + time.Second - 1).Truncate(time.Second)
}

func data(j *push.Job) map[string]string {
	m := make(map[string]string, len(j.Data)+1)
	maps.Copy(m, j.Data)
	if j.ID != "" {
		m[push.DataMsgID] = j.ID
	}
	return m
}

func notification(j *push.Job) *messaging.Notification {
	if j.MsgTitle == "" && j.MsgContents == "" {
		return nil
	}
	return &messaging.Notification{Title: j.MsgTitle, Body: j.MsgContents}
}

// android always sets a priority: FCM's default is normal, which a sleeping
// phone delays.
func android(j *push.Job, ttl time.Duration) *messaging.AndroidConfig {
	c := &messaging.AndroidConfig{Priority: "normal", TTL: &ttl}
	if j.Priority == push.Urgent {
		c.Priority = "high"
	}
	if j.ID != "" {
		c.Notification = &messaging.AndroidNotification{Tag: j.ID}
	}
	return c
}

// apns sets Apple's headers: priority 10 is at once, 5 considers the battery;
// the expiration is a Unix time, 0 is "try once and don't keep it". An iPhone is silent
// unless aps.sound names a sound; FCM fills in the rest of aps from the notification.
// https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification
func apns(j *push.Job, ttl time.Duration, now time.Time, sound *messaging.APNSPayload) *messaging.APNSConfig {
	h := make(map[string]string, 3)
	h["apns-priority"] = "5"
	if j.Priority == push.Urgent {
		h["apns-priority"] = "10"
	}
	h["apns-expiration"] = "0"
	if ttl > 0 {
		h["apns-expiration"] = strconv.FormatInt(now.Add(ttl).Unix(), 10)
	}
	if j.ID != "" {
		h["apns-collapse-id"] = collapseID(j.ID)
	}
	if j.MsgTitle == "" && j.MsgContents == "" {
		sound = nil // nothing is shown
	}
	return &messaging.APNSConfig{Headers: h, Payload: sound}
}

// soundOf is the part of Apple's payload that plays a sound; nil for NoSound.
func soundOf(name string) *messaging.APNSPayload {
	if name == NoSound {
		return nil
	}
	return &messaging.APNSPayload{Aps: &messaging.Aps{Sound: name}}
}

// collapseID is id itself, or its SHA-256 in 64 hex digits if Apple would not
// take it at its length.
func collapseID(id string) string {
	if len(id) <= maxCollapseID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}
