package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

type send struct {
	ID          string            `help:"Unique id and idempotency key of the push. Empty: generated."`
	DeviceID    string            `required:"" help:"Device token (FCM registration token)."`
	Title       string            `help:"Title. A title or contents is required."`
	Contents    string            `help:"Body."`
	Data        map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Data for the app. May be given several times."`
	Csno        string            `help:"Customer number."`
	UUIDID      string            `name:"uuid-id" help:"UUID of the app."`
	Servicename string            `help:"Service (D_servicename)."`
	PushGrpID   string            `help:"Push group."`
	CustTelno   string            `help:"Phone number of the customer."`
	At          string            `placeholder:"TIME" help:"Send at this time, within 366 days: yyyyMMddHHmmss or 2026-11-22 09:30 in PUSH_ZONE, or RFC 3339. Empty: now."`
	Urgent      bool              `help:"Send before normal pushes, with FCM priority high."`
	TTL         string            `name:"ttl" placeholder:"SECONDS" help:"Lifetime in seconds, 1 to 2419200. Empty: 3600."`
}

// receipt is what a caller is told about one accepted job.
type receipt struct {
	ID       string `json:"id"`
	Status   string `json:"status,omitempty"` // queued, scheduled, expired, conflict, refused, unusable or unknown; absent if it was repeated: ask for the record
	Repeated bool   `json:"repeated"`         // the same was accepted before: nothing was changed
}

func receiptOf(id string, a stream.Answer) receipt {
	if a == stream.Repeated {
		return receipt{ID: id, Repeated: true}
	}
	return receipt{ID: id, Status: a.String()}
}

// job is the job that the flags mean. What a flag holds is never taken for its absence:
// --ttl 0 is a fault, not the default.
func (f *send) job(zone *time.Location) (push.Job, error) {
	job := push.Job{
		ID: f.ID, SndnRsevHour: f.At, Csno: f.Csno, UUIDID: f.UUIDID, DeviceID: f.DeviceID,
		MsgTitle: f.Title, MsgContents: f.Contents, ServiceName: f.Servicename, PushGrpID: f.PushGrpID,
		CustTelno: f.CustTelno, Data: f.Data,
	}
	if f.Urgent {
		job.Priority = push.Urgent
	}
	ttl, fault := push.ParseTTL(f.TTL)
	job.TTL = ttl
	faults := job.Validate(zone)
	if fault != "" {
		faults = append(faults, push.Fault{Field: push.FieldTTL, Message: fault})
	}
	if len(faults) > 0 {
		return job, faults
	}
	return job, nil
}

// Run hands in one job and prints its receipt.
func (f *send) Run(ctx context.Context, a *app) error {
	job, err := f.job(a.zone)
	if err != nil {
		return err
	}
	if err := a.ready(ctx); err != nil {
		return err
	}
	jobs := []push.Job{job}
	answers, err := a.producer.Accept(ctx, jobs)
	if err != nil {
		return fmt.Errorf("not known whether it was accepted; hand it in again with --id %s: %w", jobs[0].ID, err)
	}
	switch answers[0] {
	case stream.Unusable:
		return errors.New(jobs[0].ID + ": " + notUsable)
	case stream.Conflict:
		return errors.New(jobs[0].ID + ": conflict: " + inConflict)
	}
	if answers[0].Refused() {
		_, why := a.producer.Refusal(ctx, answers)
		return errors.New("refused: " + why)
	}
	return json.NewEncoder(a.stdout).Encode(receiptOf(jobs[0].ID, answers[0]))
}
