package push

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

var seoul = mustZone("Asia/Seoul")

// noon is when the jobs of the tests are handed in.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, seoul)

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// valid are the texts of a job without a fault, changed by names and values in
// turn.
func valid(pairs ...string) map[string]string {
	fields := map[string]string{FieldDeviceID: "token-of-a-phone", FieldMsgTitle: "제목"}
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i]] = pairs[i+1]
	}
	return fields
}

// object is the JSON of fields, with data and ttl in their own types.
func object(t *testing.T, fields map[string]string) []byte {
	t.Helper()
	o := map[string]any{}
	for name, value := range fields {
		o[name] = value
		if name == FieldData || name == FieldTTL {
			o[name] = json.RawMessage(value)
		}
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// faultsOf are the faults in err; no other error is allowed.
func faultsOf(t *testing.T, err error) Faults {
	t.Helper()
	var faults Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatalf("error of type %T: %v", err, err)
	}
	return faults
}

func fieldsOf(faults Faults) []string {
	fields := []string{}
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	return fields
}

// checkFaults wants exactly the faults "field: part of the message".
func checkFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	faults := faultsOf(t, err)
	ok := len(faults) == len(want)
	for i := 0; ok && i < len(want); i++ {
		field, message, _ := strings.Cut(want[i], ": ")
		ok = faults[i].Field == field && strings.Contains(faults[i].Message, message)
	}
	if !ok {
		t.Errorf("faults %q\nwant   %q", faults, want)
	}
}

// same compares jobs; no data and empty data are the same.
func same(a, b Job) bool {
	return maps.Equal(a.Data, b.Data) && a.DueAt.Equal(b.DueAt) &&
		slices.Equal(texts(a), texts(b)) && a.TTL == b.TTL
}

func texts(j Job) []string {
	return []string{j.ID, j.SndnRsevHour, j.Csno, j.UUIDID, j.DeviceID, j.MsgTitle, j.MsgContents,
		j.ServiceName, j.PushGrpID, j.CustTelno, string(j.Priority)}
}
