package pushlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pushstream/internal/corpus"
	"pushstream/internal/push"
)

func TestGet(t *testing.T) {
	t.Parallel()
	for _, partitions := range []int{1, 3} {
		b := setup(t, partitions)
		b.seed(t, "a", 1_795_307_401_123, push.Retrying,
			"csno", "10023451", "uuid_id", "u-1", "device_id", "token", "msg_title", "제목", "msg_contents", "내용", "D_servicename", "trade",
			"push_grp_id", "G01", "cust_telno", "010", "data", `{"k":"v"}`, "priority", "urgent", "ttl", "60", "sndn_rsev_hour", "20261122093001",
			"expires_at", "2026-11-22T01:30:01.123Z", "attempts", "11", "deliveries", "12", "fcm_send_yn", "N", "fcm_send_time", "2026-11-22T00:30:02.000Z",
			"result", "UNAVAILABLE: later", "error_code", "UNAVAILABLE", "consumer", "consumer-a", "retry_until", "2026-11-22T01:30:01.123Z",
			"try.10", "tenth", "try.2", "second", "try.1", "first", "late.consumer-c", "late 2", "late.consumer-b", "late 1",
			"delivery.2", "lost again", "delivery.1", "lost", "redrive.1", "was failed", "redrives", "1", "move.10", "once more", "move.9", "moved", "moves", "10", "lapses", "2", "raw", `{"x":"y"}`)
		got, err := b.Get(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		want := Record{
			Job: push.Job{
				ID: "a", SndnRsevHour: "20261122093001", Csno: "10023451", UUIDID: "u-1", DeviceID: "token", MsgTitle: "제목", MsgContents: "내용",
				ServiceName: "trade", PushGrpID: "G01", CustTelno: "010", Data: map[string]string{"k": "v"}, Priority: push.Urgent, TTL: 60,
			},
			Status: push.Retrying, AcceptedAt: "2026-11-22T00:30:01.123Z", ExpiresAt: "2026-11-22T01:30:01.123Z", Attempts: 11, Deliveries: 12,
			FCMSendYN: "N", FCMSendTime: "2026-11-22T00:30:02.000Z", Result: "UNAVAILABLE: later", ErrorCode: push.CodeUnavailable,
			Consumer: "consumer-a", Tries: []string{"first", "second", "tenth"}, Late: []string{"late 1", "late 2"},
			Takeovers: []string{"lost", "lost again"}, Redrives: []string{"was failed"}, Moves: []string{"moved", "once more"}, Raw: json.RawMessage(`{"x":"y"}`),
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if listed := b.list(t, Query{Page: 1, Size: 1}).Records; !reflect.DeepEqual(listed, []Record{want}) {
			t.Errorf("the page has another: %+v", listed)
		}
	}
}

func TestGetUnknown(t *testing.T) {
	t.Parallel()
	if _, err := setup(t, 3).Get(t.Context(), "nobody"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// written are the fields and values that accept writes of a job.
func written(j *push.Job) (pairs []string) {
	for i, value := range j.KeptValues() {
		if value != "" {
			pairs = append(pairs, push.KeptFields()[i], value)
		}
	}
	return pairs
}

// What accept writes of a job is read back as the same job.
func TestJobValuesAreReadBack(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	jobs := []push.Job{
		{ID: "least", DeviceID: "t", MsgContents: "a", Priority: push.Normal, TTL: push.DefaultTTL},
		{ID: "ttl", DeviceID: "t", MsgTitle: "\xf0\x9f\x98\x80\n", SndnRsevHour: "2026-11-22T00:30:01Z", Priority: push.Urgent, TTL: 1, Data: map[string]string{"<": "&\"\u2028", "": ""}},
	}
	for n := range 50 {
		jobs = append(jobs, corpus.Job("c", n))
	}
	for i, job := range jobs {
		b.seed(t, job.ID, int64(i), push.Queued, written(&job)...)
		r, err := b.Get(t.Context(), job.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(r.Job, job) {
			t.Errorf("wrote %+v\nread  %+v", job, r.Job)
		}
	}
}

// A record holds only what was given, in the order of the log's columns.
func TestJobValues(t *testing.T) {
	t.Parallel()
	job := push.Job{
		ID: "a", SndnRsevHour: "1", Csno: "2", UUIDID: "3", DeviceID: "4", MsgTitle: "5", MsgContents: "6", ServiceName: "7",
		PushGrpID: "8", CustTelno: "9", Data: map[string]string{"k": "v"}, Priority: push.Urgent, TTL: 60,
	}
	got := written(&job)
	want := []string{
		"sndn_rsev_hour", "1", "csno", "2", "uuid_id", "3", "device_id", "4", "msg_title", "5", "msg_contents", "6", "D_servicename", "7",
		"push_grp_id", "8", "cust_telno", "9", "data", `{"k":"v"}`, "priority", "urgent", "ttl", "60",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := written(&push.Job{ID: "a", DeviceID: "t", Priority: push.Normal, TTL: push.DefaultTTL}); !slices.Equal(got, []string{"device_id", "t"}) {
		t.Errorf("defaults are written: %q", got)
	}
}

// Records can be written by hand: whatever is in one, it can be shown, and so
// can the page that it is on.
func TestGarbageInARecord(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	garbage := []string{"", "x", "-", "{", `{"a":1}`, "null", "[]", "1e9", "99999999999999999999", "\x00\xff", "가"}
	names := append(push.Fields(), FieldStatus, FieldAcceptedAt, FieldExpiresAt, FieldAttempts, FieldDeliveries, FieldFCMSendYN, FieldFCMSendTime,
		FieldResult, FieldErrorCode, FieldConsumer, FieldRetryUntil, FieldRaw, "try.", "try.x", "try.-1", "try.01", "try.99999999999999999999", "late.", "late.x", "", "other")
	ids := []string{}
	for i, value := range garbage {
		fields := []string{}
		for _, name := range names {
			fields = append(fields, name, value)
		}
		id := fmt.Sprint("garbage-", i)
		b.seed(t, id, int64(i), push.Failed, fields...)
		ids = append(ids, id)
	}
	records := b.list(t, Query{Page: 1, Size: 100, Oldest: true}).Records
	if got := idsOf(records); !slices.Equal(got, ids) {
		t.Fatalf("the page has %q", got)
	}
	for i, r := range records {
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%q: %v", garbage[i], err)
		}
		if r.Attempts < 0 || r.TTL != 3600 {
			t.Errorf("%q: %d attempts, ttl %d", garbage[i], r.Attempts, r.TTL)
		}
		if len(r.Tries) != 0 {
			t.Errorf("%q: tries %q", garbage[i], r.Tries)
		}
	}
}

// A key of another type in a record's place is no record, and spoils no page.
func TestKeyOfAnotherType(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.seed(t, "a", 1, push.Sent)
	b.seed(t, "b", 2, push.Sent)
	record := b.keys.Of("b").Record("b")
	b.rdb.Del(t.Context(), record)
	b.rdb.Set(t.Context(), record, "oops", 0)
	if got := idsOf(b.list(t, Query{Page: 1, Size: 10}).Records); !slices.Equal(got, []string{"a"}) {
		t.Errorf("%q", got)
	}
}
