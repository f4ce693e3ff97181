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
		{Job: push.Job{ID: "20261122", Csno: "00012345", DeviceID: "-tokenDash", MsgTitle: "=1+1 제목", MsgContents: "줄1\n줄2, \"x\"", PushGrpID: "3-1",
			ServiceName: "MAR1", CustTelno: "01012345678", UUIDID: "1E5", Priority: push.Normal, TTL: 3600}},
		{Job: push.Job{ID: "1e10", Csno: "10023451100234511002345", DeviceID: "tokenX1", MsgTitle: "-5% 할인", MsgContents: strings.Repeat(`긴 "글" `, 100) + "끝", PushGrpID: "1/2", ServiceName: "TRUE",
			CustTelno: "+82-10-1234-5678", UUIDID: "0x1F", Priority: push.Urgent, TTL: 60, Data: map[string]string{"order": "=1,\"2\""}}},
	}
	for i := range records {
		records[i].Status, records[i].AcceptedAt, records[i].Result = push.Sent, "2026-11-22T00:30:01.123Z", "projects/x/messages/0:1"
		records[i].Tries, records[i].Attempts, records[i].FCMSendYN = []string{"a try"}, 1, "Y"
		records[i].APIKey = "orders" // the second time it comes another way
	}
	all := func(do func([]pushlog.Record) error) error { return do(records) }
	files := map[string]string{}
	for _, format := range export.Formats() {
		var file bytes.Buffer
		if _, err := export.Write(&file, format, all, nil); err != nil {
			t.Fatal(err)
		}
		files[string(format)] = file.String()
	}
	for _, language := range export.Languages() {
		var file bytes.Buffer
		if _, err := (export.Excel{Language: language}).Write(&file, all, nil); err != nil {
			t.Fatal(err)
		}
		files["for Excel, "+string(language)] = file.String()
	}
	// Saved again by Excel, it has texts instead of formulas.
	files["for Excel, saved again"] = "\ufeff푸시 ID;상태;수신 시각;기기 토큰;제목\r\n1e10;FCM접수;2026-11-22 9:30;tokenX1;-5% 할인\r\n"
	for name, file := range files {
		form, err := Inspect(strings.NewReader(file), Auto)
		if err != nil {
			t.Fatal(err)
		}
		r, err := New(strings.NewReader(file), Options{Form: form, Format: "auto", Zone: time.UTC})
		if err != nil {
			t.Fatal(name, err)
		}
		want := records
		if strings.Contains(name, "saved") {
			want = []pushlog.Record{{Job: push.Job{ID: "1e10", DeviceID: "tokenX1", MsgTitle: "-5% 할인", Priority: push.Normal, TTL: 3600}}}
		}
		for _, want := range want {
			want.APIKey = ""
			if strings.HasPrefix(name, "for Excel") { // it shows neither
				want.Data, want.Priority, want.TTL = nil, push.Normal, push.DefaultTTL
			}
			l, err := r.Next()
			if err != nil || l.Err != nil || !reflect.DeepEqual(l.Job, want.Job) {
				t.Errorf("%s: %v %v\n%+v, want\n%+v", name, err, l.Err, l.Job, want.Job)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Error(err)
		}
		if name != string(export.NDJSON) && !slices.Contains(r.Ignored, "status") {
			t.Errorf("%s: nobody is told that columns are ignored: %q", name, r.Ignored)
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
