package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pushstream/internal/audit"
)

func entry() audit.Entry {
	return audit.Entry{ID: "1795366156159-0", At: time.UnixMilli(1795366156159).UTC(), Kind: audit.User, Actor: "kim", Role: "admin", Address: "192.0.2.7",
		RequestID: "r1", Action: audit.Reveal, Subject: "=HYPERLINK(\"http://x\")", Customer: "10023451", Reason: "고객, \"문의\"",
		Details: map[string]string{"fields": "csno"}, Outcome: audit.Done, EndedAt: time.UnixMilli(1795366156200).UTC()}
}

func eachAudit(err error, entries ...audit.Entry) EachAudit {
	return func(do func([]audit.Entry) error) error { return errors.Join(do(entries), err) }
}

func TestAuditCSV(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	n, err := WriteAudit(&b, CSV, eachAudit(nil, entry(), audit.Entry{Kind: audit.CLI, Actor: "@cmd", Reason: "-1+2", Outcome: audit.Unknown}), nil)
	if n != 2 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), bom))).ReadAll()
	want := [][]string{AuditColumns(),
		{"1795366156159-0", "2026-11-22T16:49:16.159Z", "user", "kim", "admin", "192.0.2.7", "r1", "reveal", "'=HYPERLINK(\"http://x\")", "10023451",
			"고객, \"문의\"", `{"fields":"csno"}`, "done", "2026-11-22T16:49:16.200Z", ""},
		{"", "", "cli", "'@cmd", "", "", "", "", "", "", "'-1+2", "", "unknown", "", ""}}
	if err != nil || !reflect.DeepEqual(rows, want) || !strings.HasPrefix(b.String(), bom) {
		t.Errorf("%v %q", err, rows)
	}
}

func TestAuditNDJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	away := errors.New("away")
	if n, err := WriteAudit(&b, NDJSON, eachAudit(nil, entry()), nil); n != 1 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	var got audit.Entry
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || !reflect.DeepEqual(got, entry()) || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("%v %q", err, b.String())
	}
	if _, err := WriteAudit(&b, NDJSON, eachAudit(away), nil); !errors.Is(err, away) {
		t.Error(err)
	}
}
