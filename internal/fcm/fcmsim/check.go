package fcmsim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FCM's limits on a message.
// https://firebase.google.com/docs/cloud-messaging/concept-options
const (
	maxPayload    = 4096 // bytes of title, body, and data's keys and values
	maxToken      = 4096 // bytes
	maxCollapseID = 64   // bytes of apns-collapse-id
	maxTTL        = 28 * 24 * time.Hour
)

// badToken is what FCM says to a token that isn't one.
var badToken = badArgument(violation{"message.token", "The registration token is not a valid FCM registration token"})

// badArgument is a 400 of FCM itself, with its FcmError.
func badArgument(found ...violation) *answer {
	a := coded("INVALID_ARGUMENT")
	a.message, a.violations = descriptions(found), found
	return a
}

// badJSON is a 400 of the JSON layer before FCM, which knows no FcmError.
func badJSON(found ...violation) *answer {
	return &answer{tally: "INVALID_ARGUMENT", status: http.StatusBadRequest, state: "INVALID_ARGUMENT",
		message: descriptions(found), violations: found}
}

func descriptions(found []violation) string {
	lines := make([]string, len(found))
	for i, one := range found {
		lines[i] = one.Description
	}
	return strings.Join(lines, "\n")
}

// check returns what FCM has against m, or nil.
func (m *message) check() *answer {
	if problem := m.checkTarget(); problem != nil {
		return problem
	}
	var found []violation
	add := func(field, description string) { found = append(found, violation{field, description}) }

	if len(m.Data) > 0 {
		checkKeys(add, "message.data", m.Data)
	}
	if len(m.Android.Data) > 0 {
		checkKeys(add, "message.android.data", m.Android.Data)
	}
	if n := m.payloadSize(); n > maxPayload {
		add("message", fmt.Sprintf("Android message is too big: %d bytes, at most %d", n, maxPayload))
	}
	if p := m.Android.Priority; p != "" && !strings.EqualFold(p, "normal") && !strings.EqualFold(p, "high") {
		add("message.android.priority", fmt.Sprintf("Invalid value at 'message.android.priority' (type.googleapis.com/google.firebase.fcm.v1.AndroidMessagePriority), %q", p))
	}
	checkTTL(add, m.Android.TTL)
	for name, value := range m.APNS.Headers {
		if strings.EqualFold(name, "apns-collapse-id") && len(value) > maxCollapseID {
			add("message.apns.headers", fmt.Sprintf("apns-collapse-id is longer than %d bytes", maxCollapseID))
		}
	}
	if len(found) > 0 {
		return badArgument(found...)
	}
	return nil
}

// checkTarget wants exactly one target of the right form. Two are the JSON
// layer's business, since the targets are a oneof.
func (m *message) checkTarget() *answer {
	var set string
	for _, target := range [...]struct {
		name  string
		value *string
	}{{"token", m.Token}, {"topic", m.Topic}, {"condition", m.Condition}, {"fid", m.Fid}} {
		switch {
		case target.value == nil:
		case set != "":
			return badJSON(violation{"message", "Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set '" + target.name + "'"})
		default:
			set = target.name
		}
	}
	switch {
	case set == "":
		return badArgument(violation{"message", "Recipient of the message is not set."})
	case set == "token" && !validToken(*m.Token):
		return badToken
	case set == "fid" && !validToken(*m.Fid):
		return badArgument(violation{"message.fid", "Invalid installation id"})
	case set == "topic" && !validTopic(*m.Topic):
		return badArgument(violation{"message.topic", "Invalid topic name"})
	case set == "condition" && strings.TrimSpace(*m.Condition) == "":
		return badArgument(violation{"message.condition", "Invalid condition expression provided."})
	}
	return nil
}

// validToken knows the alphabet of a registration token, no more.
func validToken(s string) bool {
	return s != "" && len(s) <= maxToken && strings.IndexFunc(s, func(r rune) bool {
		return !alphanumeric(r) && !strings.ContainsRune("-_:.", r)
	}) < 0
}

func validTopic(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !alphanumeric(r) && !strings.ContainsRune("-_.~%", r)
	}) < 0
}

func alphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// checkKeys refuses the words that FCM's reference reserves, and the other names that
// begin with "gcm.", which its own fields have on the way to the app.
// https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
func checkKeys(add func(field, description string), field string, data map[string]string) {
	var reserved []string
	for key := range data {
		if key == "" || key == "from" || key == "message_type" ||
			strings.HasPrefix(key, "google.") || strings.HasPrefix(key, "gcm.") {
			reserved = append(reserved, key)
		}
	}
	slices.Sort(reserved)
	for _, key := range reserved {
		add(field, "Invalid data payload key: "+key)
	}
}

// payloadSize counts bytes as FCM does. What is set for Android overrides the
// same thing set for all.
func (m *message) payloadSize() int {
	own := &m.Android.Notification
	n := len(cmp.Or(own.Title, m.Notification.Title)) + len(cmp.Or(own.Body, m.Notification.Body))
	data := m.Data
	if m.Android.Data != nil {
		data = m.Android.Data
	}
	for key, value := range data {
		n += len(key) + len(value)
	}
	return n
}

// checkTTL wants proto3's JSON form of a duration, "3600s" or "3.5s".
func checkTTL(add func(field, description string), ttl string) {
	if ttl == "" {
		return
	}
	const field = "message.android.ttl"
	number, ok := strings.CutSuffix(ttl, "s")
	whole, fraction, dotted := strings.Cut(number, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if !ok || err != nil || !digits(strings.TrimPrefix(whole, "-")) ||
		dotted && (!digits(fraction) || len(fraction) > 9) {
		add(field, fmt.Sprintf("Invalid value at '%s' (type.googleapis.com/google.protobuf.Duration), Field 'ttl', Illegal duration format; duration must end with 's': %q", field, ttl))
		return
	}
	limit := int64(maxTTL / time.Second)
	if strings.HasPrefix(number, "-") || seconds > limit || seconds == limit && strings.Trim(fraction, "0") != "" {
		add(field, fmt.Sprintf("Invalid TTL: must be 0 to %d seconds, not %s", limit, ttl))
	}
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
