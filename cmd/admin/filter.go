package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"pushstream/internal/admin"
	"pushstream/internal/audit"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// filterFlags are a filter. A flag that is given and empty is not absent: a script's unset
// variable must not select everything.
type filterFlags struct {
	Status      *string `help:"Select pushes in these states, separated by commas."`
	Since       *string `placeholder:"TIME" help:"Select pushes accepted at or after this time, RFC 3339, such as 2026-11-24T09:30:00+09:00."`
	Until       *string `placeholder:"TIME" help:"Select pushes accepted before this time."`
	Csno        *string `help:"Select pushes of this customer number."`
	PushGrpID   *string `placeholder:"GROUP" help:"Select pushes of this push group."`
	DeviceID    *string `placeholder:"TOKEN" help:"Select pushes to this device token."`
	ServiceName *string `name:"d-servicename" placeholder:"SERVICE" help:"Select pushes of this service."`
	ErrorCode   *string `placeholder:"CODE" help:"Select pushes with this error code, such as UNREGISTERED."`
	Column      *string `help:"Column for --contains or --equals: csno, uuid_id, device_id, msg_title, msg_contents, D_servicename, push_grp_id, cust_telno, result, sndn_rsev_hour, fcm_send_yn or fcm_send_time."`
	Contains    *string `placeholder:"WORD" help:"Select pushes whose column contains this text: A to Z in either case, phones by their digits, times as 2026-11-30 09:30:00 in --zone."`
	Equals      *string `placeholder:"WORD" help:"Select pushes whose column is exactly this text; phones and times as in --contains."`
	FCMSendYN   *string `name:"fcm-send-yn" placeholder:"Y|N" help:"Select pushes that FCM accepted (Y), or that ended otherwise (N)."`
	timeFlags
}

// timeFlags are ranges of times beside that of when pushes were accepted.
type timeFlags struct {
	FCMSendSince  *string `name:"fcm-send-since" placeholder:"TIME" help:"Select pushes with fcm_send_time at or after this time."`
	FCMSendUntil  *string `name:"fcm-send-until" placeholder:"TIME" help:"Select pushes with fcm_send_time before this time."`
	SndnRsevSince *string `name:"sndn-rsev-since" placeholder:"TIME" help:"Select pushes reserved for this time or later; a push without sndn_rsev_hour never matches."`
	SndnRsevUntil *string `name:"sndn-rsev-until" placeholder:"TIME" help:"Select pushes reserved for a time before this one."`
	Zone          string  `env:"PUSH_ZONE" default:"Asia/Seoul" help:"Read and search reserved times in this time zone."`
}

// given are those of the flags that were given, and others.
func (f *timeFlags) given(others map[string]*string) admin.Given {
	maps.Copy(others, map[string]*string{
		admin.FieldFCMSendSince: f.FCMSendSince, admin.FieldFCMSendUntil: f.FCMSendUntil,
		admin.FieldSndnRsevSince: f.SndnRsevSince, admin.FieldSndnRsevUntil: f.SndnRsevUntil,
	})
	return givenFlags(others)
}

// given are the flags that were given, by the names of the API.
func (f *filterFlags) given() admin.Given {
	given := f.timeFlags.given(map[string]*string{
		admin.FieldStatus: f.Status, admin.FieldSince: f.Since, admin.FieldUntil: f.Until, admin.FieldErrorCode: f.ErrorCode,
		push.FieldCsno: f.Csno, push.FieldPushGrpID: f.PushGrpID, push.FieldDeviceID: f.DeviceID, push.FieldServiceName: f.ServiceName,
		admin.FieldColumn: f.Column, admin.FieldContains: f.Contains, admin.FieldEquals: f.Equals,
		pushlog.FieldFCMSendYN: f.FCMSendYN,
	})
	if f.Status != nil {
		given[admin.FieldStatus] = strings.Split(*f.Status, ",")
	}
	return given
}

// givenFlags are the flags that were given.
func givenFlags(flags map[string]*string) admin.Given {
	given := admin.Given{}
	for name, value := range flags {
		if value != nil {
			given[name] = []string{*value}
		}
	}
	given.Normalize()
	return given
}

// selected is an entry on pushes: their ids, or a filter.
func selected(action audit.Action, ids []string, given admin.Given) audit.Entry {
	if len(ids) > 0 {
		return audit.Entry{Action: action, Subject: strings.Join(ids, " "), Details: map[string]string{"ids": strconv.Itoa(len(ids))}}
	}
	given = maps.Clone(given)
	e := audit.Entry{Action: action}
	if customer := given[push.FieldCsno]; len(customer) > 0 {
		e.Customer = customer[0]
		delete(given, push.FieldCsno)
	}
	if token := given[push.FieldDeviceID]; len(token) > 0 { // a secret of its owner
		given[push.FieldDeviceID] = []string{pushlog.TokenHash(token[0])}
	}
	hideWord(&e, given)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		parts = append(parts, name+"="+strings.Join(given[name], ","))
	}
	if e.Subject = strings.Join(parts, " "); e.Subject == "" && e.Customer == "" {
		e.Subject = "everything"
	}
	return e
}

// hideWord does the same with what a column must be: the customer's number goes where it
// belongs, of a token there is the hash. Of a part of one there is nothing.
func hideWord(e *audit.Entry, given admin.Given) {
	column, equals := given[admin.FieldColumn], given[admin.FieldEquals]
	switch {
	case len(column) == 0:
	case column[0] == push.FieldDeviceID && len(equals) > 0:
		given[admin.FieldEquals] = []string{pushlog.TokenHash(equals[0])}
	case column[0] == push.FieldDeviceID:
		given[admin.FieldContains] = []string{"***"}
	case column[0] == push.FieldCsno && len(equals) > 0 && e.Customer == "":
		e.Customer = equals[0]
		delete(given, admin.FieldColumn)
		delete(given, admin.FieldEquals)
	}
}
