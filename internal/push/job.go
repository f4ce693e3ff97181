package push

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The wire names of a job's fields.
const (
	FieldID           = "id"
	FieldCsno         = "csno"
	FieldUUIDID       = "uuid_id"
	FieldServiceName  = "D_servicename"
	FieldPushGrpID    = "push_grp_id"
	FieldCustTelno    = "cust_telno"
	FieldDeviceID     = "device_id"
	FieldMsgTitle     = "msg_title"
	FieldMsgContents  = "msg_contents"
	FieldData         = "data"
	FieldSndnRsevHour = "sndn_rsev_hour"
	FieldPriority     = "priority"
	FieldTTL          = "ttl"
)

// Fields returns the wire names of a job's fields, in the order of the log's
// columns where it has one.
func Fields() []string { return slices.Clone(fieldNames) }

var fieldNames = []string{
	FieldID, FieldSndnRsevHour, FieldCsno, FieldUUIDID, FieldDeviceID, FieldMsgTitle, FieldMsgContents,
	FieldServiceName, FieldPushGrpID, FieldCustTelno, FieldData, FieldPriority, FieldTTL,
}

// Limits of a job.
const (
	MaxID      = 128            // characters
	MaxText    = 128            // characters of csno, uuid_id, D_servicename, push_grp_id, cust_telno
	MaxToken   = 4096           // bytes of device_id
	MaxPayload = 4096           // bytes, FCM's limit: see Job.PayloadSize
	MaxTTL     = 28 * 24 * 3600 // seconds, FCM's limit
	DefaultTTL = 3600           // seconds
	DataMsgID  = "msg_id"       // the data key that carries a push's id to the phone
	lenNewID   = len("01234567-0123-7123-8123-0123456789ab")
	timeLayout = "20060102150405" // sndn_rsev_hour: yyyyMMddHHmmss
)

// Priority is urgent or normal. Urgent jobs overtake normal ones, and are
// FCM's priority "high".
type Priority string

// The priorities.
const (
	Normal Priority = "normal"
	Urgent Priority = "urgent"
)

// Job is one push, as it is handed in. The JSON names are the wire's.
type Job struct {
	ID           string            `json:"id,omitempty"`             // unique key and idempotency key
	SndnRsevHour string            `json:"sndn_rsev_hour,omitempty"` // as it was given; DueAt says what it means
	Csno         string            `json:"csno,omitempty"`
	UUIDID       string            `json:"uuid_id,omitempty"`
	DeviceID     string            `json:"device_id"` // FCM registration token
	MsgTitle     string            `json:"msg_title,omitempty"`
	MsgContents  string            `json:"msg_contents,omitempty"`
	ServiceName  string            `json:"D_servicename,omitempty"`
	PushGrpID    string            `json:"push_grp_id,omitempty"`
	CustTelno    string            `json:"cust_telno,omitempty"`
	Data         map[string]string `json:"data,omitempty"`
	Priority     Priority          `json:"priority,omitempty"`
	TTL          int               `json:"ttl,omitempty"` // seconds from acceptance, or from DueAt
	DueAt        time.Time         `json:"-"`             // zero: now
}

// PayloadSize is the size of the message in bytes, as FCM counts it against
// its limit of 4,096: title, body, and the keys and values of data, with the
// msg_id that pushstream adds.
// https://firebase.google.com/docs/cloud-messaging/concept-options
func (j *Job) PayloadSize() int {
	n := len(j.MsgTitle) + len(j.MsgContents) + len(DataMsgID) + len(j.ID)
	if j.ID == "" {
		n += lenNewID
	}
	for k, v := range j.Data {
		n += len(k) + len(v)
	}
	return n
}

// Validate completes j with the defaults, resolves its reserved time in zone,
// and returns everything that is wrong with it, or nil.
func (j *Job) Validate(zone *time.Location) Faults {
	var faults Faults
	add := func(field, message string) { faults = append(faults, Fault{field, message}) }

	if j.ID != "" && !ValidID(j.ID) {
		add(FieldID, fmt.Sprintf("must be 1 to %d characters of A-Z a-z 0-9 . _ : -", MaxID))
	}
	if j.SndnRsevHour != "" {
		due, fault := ParseDue(j.SndnRsevHour, zone)
		if fault != "" {
			add(FieldSndnRsevHour, fault)
		}
		j.DueAt = due
	}
	text := func(field, value string) {
		if message := checkText(value); message != "" {
			add(field, message)
		}
	}
	text(FieldCsno, j.Csno)
	text(FieldUUIDID, j.UUIDID)
	if message := checkToken(j.DeviceID); message != "" {
		add(FieldDeviceID, message)
	}
	if !utf8.ValidString(j.MsgTitle) {
		add(FieldMsgTitle, "is not valid UTF-8")
	}
	switch {
	case j.MsgTitle == "" && j.MsgContents == "":
		add(FieldMsgContents, noText)
	case !utf8.ValidString(j.MsgContents):
		add(FieldMsgContents, "is not valid UTF-8")
	}
	text(FieldServiceName, j.ServiceName)
	text(FieldPushGrpID, j.PushGrpID)
	text(FieldCustTelno, j.CustTelno)
	if message := checkData(j.Data); message != "" {
		add(FieldData, message)
	}
	if n := j.PayloadSize(); n > MaxPayload {
		add(FieldMsgContents, fmt.Sprintf("msg_title, msg_contents and data together are %d bytes with msg_id, FCM takes %d", n, MaxPayload))
	}
	switch j.Priority {
	case "":
		j.Priority = Normal
	case Normal, Urgent:
	default:
		add(FieldPriority, "must be urgent or normal")
	}
	if j.TTL == 0 {
		j.TTL = DefaultTTL
	} else if j.TTL < 1 || j.TTL > MaxTTL {
		add(FieldTTL, fmt.Sprintf("must be 1 to %d seconds", MaxTTL))
	}
	return faults
}

const noText = "msg_title or msg_contents is required"

// ValidID reports whether id may be a push's id.
func ValidID(id string) bool {
	if id == "" || len(id) > MaxID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '_', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}

// ParseDue reads a reserved time: yyyyMMddHHmmss in zone, or RFC 3339; or says what is
// wrong with it. A time that the zone skips or repeats (daylight saving) is taken as
// time.Date does.
func ParseDue(s string, zone *time.Location) (due time.Time, fault string) {
	if len(s) == len(timeLayout) && strings.Trim(s, "0123456789") == "" {
		if due, err := time.ParseInLocation(timeLayout, s, zone); err == nil {
			return due, ""
		}
		return time.Time{}, "no such date or time"
	}
	due, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, "must be a date and time as yyyyMMddHHmmss, or RFC 3339"
	}
	if y := due.UTC().Year(); y < 1 || y > 9999 {
		return time.Time{}, "no such date or time"
	}
	return due, ""
}

func checkText(s string) string {
	switch {
	case s == "":
		return ""
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case len(s) > MaxText && utf8.RuneCountInString(s) > MaxText:
		return fmt.Sprintf("is longer than %d characters", MaxText)
	case strings.ContainsFunc(s, unicode.IsControl):
		return "has a control character"
	}
	return ""
}

func checkToken(s string) string {
	switch {
	case s == "":
		return "is required"
	case len(s) > MaxToken:
		return fmt.Sprintf("is longer than %d bytes", MaxToken)
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return "has a space or a control character"
	}
	return ""
}

// checkData refuses the keys that FCM reserves, and pushstream's own.
// https://firebase.google.com/docs/cloud-messaging/concept-options#data_messages
func checkData(data map[string]string) string {
	var bad []string
	for _, k := range sortedKeys(data) {
		switch {
		case k == "":
			bad = append(bad, "has an empty key")
		case !utf8.ValidString(k) || !utf8.ValidString(data[k]):
			bad = append(bad, "is not valid UTF-8")
		case k == "from", k == "message_type", strings.HasPrefix(k, "google"), strings.HasPrefix(k, "gcm"):
			bad = append(bad, fmt.Sprintf("key %q is reserved by FCM", clip(k)))
		case k == DataMsgID:
			bad = append(bad, fmt.Sprintf("key %q is set by pushstream", k))
		}
	}
	return strings.Join(bad, ", ")
}
