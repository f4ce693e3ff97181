package jobfile

import (
	"bytes"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/export"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// Every column that a record has and a job has not is read over.
func TestRecordColumnsAreKnown(t *testing.T) {
	t.Parallel()
	names := export.Columns()
	record := reflect.TypeFor[pushlog.Record]()
	for i := range record.NumField() {
		if name, _, _ := strings.Cut(record.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if !slices.Contains(push.Fields(), name) && !recordOnly(name) {
			t.Errorf("%s is in an export, and a file that has it can't be handed in", name)
		}
	}
}

// What was exported can be handed in again, and is the same push.
func TestExportIsReadAgain(t *testing.T) {
	t.Parallel()
	records := []pushlog.Record{
		{Job: push.Job{ID: "20261122", Csno: "00012345", DeviceID: "tokenDash", MsgTitle: "1+1 제목", MsgContents: "줄1\n줄2, \"x\"", PushGrpID: "3-1",
			ServiceName: "MAR1", CustTelno: "01012345678", UUIDID: "1E5", Priority: push.Normal, TTL: 3600}},
		{Job: push.Job{ID: "1e10", Csno: "10023451100234511002345", DeviceID: "tokenX1", MsgTitle: "5% 할인", PushGrpID: "1/2", ServiceName: "TRUE",
			CustTelno: "+82-10-1234-5678", UUIDID: "0x1F", Priority: push.Urgent, TTL: 60, Data: map[string]string{"order": "=1,\"2\""}}},
	}
	for i := range records {
		records[i].Status, records[i].AcceptedAt, records[i].Result = push.Sent, "2026-11-22T00:30:01.123Z", "projects/x/messages/0:1"
		records[i].Tries, records[i].Attempts, records[i].FCMSendYN = []string{"a try"}, 1, "Y"
	}
	for _, format := range export.Formats() {
		var file bytes.Buffer
		all := func(do func([]pushlog.Record) error) error { return do(records) }
		if _, err := export.Write(&file, format, all, nil); err != nil {
			t.Fatal(err)
		}
		form, err := Inspect(bytes.NewReader(file.Bytes()), Auto)
		if err != nil {
			t.Fatal(err)
		}
		r, err := New(bytes.NewReader(file.Bytes()), Options{Form: form, Format: "auto", Zone: time.UTC})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range records {
			l, err := r.Next()
			if err != nil || l.Err != nil || !reflect.DeepEqual(l.Job, want.Job) {
				t.Errorf("%s: %v %v\n%+v, want\n%+v", format, err, l.Err, l.Job, want.Job)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Error(err)
		}
		if format == export.CSV && !slices.Contains(r.Ignored, "status") {
			t.Errorf("nobody is told that columns are ignored: %q", r.Ignored)
		}
	}

	masked := `{"id":"a","device_id":"demo-t****","msg_title":"매수****","status":"sent"}`
	r, err := open(strings.NewReader(masked), "auto")
	if err != nil {
		t.Fatal(err)
	}
	if l, err := r.Next(); err != nil || l.Err == nil || !strings.Contains(l.Err.Error(), "device_id: is masked") {
		t.Errorf("what is masked is taken: %v %v", err, l.Err)
	}
}
