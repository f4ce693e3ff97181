package push

import (
	"fmt"
	"time"
)

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
	SndnRsevHour string            `json:"sndn_rsev_hour,omitempty"` // see NormalDue; DueAt says what it means
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
	TTL          int               `json:"ttl,omitempty"`     // seconds from acceptance, or from DueAt
	DueAt        time.Time         `json:"-"`                 // zero: now
	APIKey       string            `json:"api_key,omitempty"` // name of the API key that it came with: said by the door, never by a client
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

// Validate gives every field of j its normal form, completes j with the defaults,
// resolves its reserved time in zone, and returns everything that is wrong with it, or
// nil.
func (j *Job) Validate(zone *time.Location) Faults { return j.validate(zone, time.Now()) }

func (j *Job) validate(zone *time.Location, now time.Time) Faults {
	var faults Faults
	add := func(field, message string) {
		if message != "" {
			faults = append(faults, Fault{field, message})
		}
	}
	j.normalize()
	for i := range fields {
		f := &fields[i]
		switch text := f.Text(j); {
		case f.Name == FieldSndnRsevHour:
			add(f.Name, j.resolve(zone, now))
		case f.Name == FieldMsgContents && j.MsgTitle == "" && j.MsgContents == "":
			add(f.Name, noText)
		case f.Name == FieldData:
			add(f.Name, checkData(j.Data))
			if n := j.PayloadSize(); n > MaxPayload {
				add(FieldMsgContents, fmt.Sprintf("msg_title, msg_contents and data together are %d bytes with msg_id, FCM takes %d", n, MaxPayload))
			}
		case f.Name == FieldTTL:
			if j.TTL == 0 {
				j.TTL = DefaultTTL
			} else if j.TTL < 1 || j.TTL > MaxTTL {
				add(f.Name, fmt.Sprintf("must be 1 to %d seconds", MaxTTL))
			}
		case *text == "" && f.Default != "":
			*text = f.Default
		default:
			add(f.Name, f.fault(*text))
		}
	}
	return faults
}

// normalize gives every text its normal form. A title or contents that show nothing are
// absent.
func (j *Job) normalize() {
	for i := range fields {
		f := &fields[i]
		text := f.Text(j)
		if text == nil || f.Internal {
			continue
		}
		if *text = f.Normal(*text); f.Long && showsNothing(*text) {
			*text = ""
		}
	}
}

// resolve reads the reserved time, and says what is wrong with it.
func (j *Job) resolve(zone *time.Location, now time.Time) (fault string) {
	if j.SndnRsevHour == "" {
		return ""
	}
	due, fault := ParseDue(j.SndnRsevHour, zone)
	if fault == "" {
		fault = checkDue(due, now)
	}
	if fault != "" {
		j.DueAt = time.Time{}
		return fault
	}
	j.DueAt, j.SndnRsevHour = due, NormalDue(j.SndnRsevHour, due, zone)
	return ""
}

const noText = "msg_title or msg_contents is required, with something that can be seen"

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
