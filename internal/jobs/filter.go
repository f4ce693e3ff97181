package jobs

import (
	"bytes"
	"encoding/json"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// Filter is a pushlog.Filter as Redis and the API have it.
type Filter struct {
	Status      []push.Status `json:"status,omitempty"`
	Since       *time.Time    `json:"since,omitempty"`
	Until       *time.Time    `json:"until,omitempty"`
	ErrorCode   push.Code     `json:"error_code,omitempty"`
	Csno        string        `json:"csno,omitempty"`
	PushGrpID   string        `json:"push_grp_id,omitempty"`
	DeviceID    string        `json:"device_id,omitempty"`
	ServiceName string        `json:"D_servicename,omitempty"`
	Column      string        `json:"column,omitempty"`
	Contains    string        `json:"contains,omitempty"`
	Equals      string        `json:"equals,omitempty"`

	FCMSendYN     string     `json:"fcm_send_yn,omitempty"`
	FCMSendSince  *time.Time `json:"fcm_send_since,omitempty"`
	FCMSendUntil  *time.Time `json:"fcm_send_until,omitempty"`
	SndnRsevSince *time.Time `json:"sndn_rsev_since,omitempty"`
	SndnRsevUntil *time.Time `json:"sndn_rsev_until,omitempty"`
	Zone          string     `json:"zone,omitempty"` // of these times, as the user who ordered it sees them
}

func newFilter(f pushlog.Filter) Filter {
	ff := Filter{Status: f.Statuses, ErrorCode: f.ErrorCode, Csno: f.Exact.Csno, PushGrpID: f.Exact.PushGrpID, DeviceID: f.Exact.DeviceID,
		ServiceName: f.Exact.ServiceName}
	switch t := f.Text; {
	case t.Whole:
		ff.Column, ff.Equals = t.Column, t.Word
	case t.Word != "":
		ff.Column, ff.Contains = t.Column, t.Word
	}
	ff.FCMSendYN = f.FCMSendYN
	if f.Zone != nil {
		ff.Zone = f.Zone.String()
	}
	for into, from := range ff.times(&f) {
		if !from.IsZero() {
			*into = from
		}
	}
	return ff
}

// times are the times of a filter, and where each of them belongs in its other form.
func (ff *Filter) times(f *pushlog.Filter) map[**time.Time]*time.Time {
	return map[**time.Time]*time.Time{
		&ff.Since: &f.Since, &ff.Until: &f.Until, &ff.FCMSendSince: &f.FCMSent.Since, &ff.FCMSendUntil: &f.FCMSent.Until,
		&ff.SndnRsevSince: &f.Reserved.Since, &ff.SndnRsevUntil: &f.Reserved.Until,
	}
}

// zoneOf is the zone that a filter names; an error if this process does not know it.
func (ff *Filter) zoneOf() (*time.Location, error) {
	if ff.Zone == "" {
		return nil, nil
	}
	return time.LoadLocation(ff.Zone)
}

func (ff *Filter) filter() pushlog.Filter {
	f := pushlog.Filter{Statuses: ff.Status, ErrorCode: ff.ErrorCode,
		Exact: push.Job{Csno: ff.Csno, PushGrpID: ff.PushGrpID, DeviceID: ff.DeviceID, ServiceName: ff.ServiceName}, Text: pushlog.Text{Column: ff.Column, Word: ff.Contains}}
	if ff.Equals != "" {
		f.Text.Word, f.Text.Whole = ff.Equals, true
	}
	f.FCMSendYN = ff.FCMSendYN
	f.Zone, _ = ff.zoneOf() // it is checked when the filter is read
	for from, into := range ff.times(&f) {
		if *from != nil {
			*into = **from
		}
	}
	return f
}

// parseFilter reads what Redis has. A filter that names what this version does not know
// would be taken for one that selects more: it is an error.
func parseFilter(text string) (f Filter, err error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err = d.Decode(&f); err == nil {
		_, err = f.zoneOf()
	}
	return f, err
}
