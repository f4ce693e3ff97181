package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/alecthomas/kong"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

type send struct {
	kong.Plugins                   // a flag for each column that has one: see newSend
	Data         map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Data for the app. May be given several times."`
	Urgent       bool              `help:"Send before normal pushes, with FCM priority high."`
	TTL          string            `name:"ttl" placeholder:"SECONDS" help:"Lifetime in seconds, 1 to 2419200. Empty: 3600."`
}

// flagged are the columns that have a flag.
func flagged() (fields []push.Field) {
	for _, f := range push.Columns() {
		if f.FlagName() != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// newSend returns the command with a flag, a text, for each of them.
func newSend() send {
	var flags []reflect.StructField
	for i, f := range flagged() {
		tag := fmt.Sprintf("name:%q help:%q", f.FlagName(), f.Help)
		if f.Required() {
			tag += ` required:""`
		}
		if f.Search == push.SearchTime {
			tag += ` placeholder:"TIME"`
		}
		flags = append(flags, reflect.StructField{Name: fmt.Sprint("Column", i), Type: reflect.TypeFor[string](), Tag: reflect.StructTag(tag)})
	}
	return send{Plugins: kong.Plugins{reflect.New(reflect.StructOf(flags)).Interface()}}
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
	job := push.Job{Data: f.Data}
	values := reflect.ValueOf(f.Plugins[0]).Elem()
	for i, column := range flagged() {
		*column.Text(&job) = values.Field(i).String()
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
