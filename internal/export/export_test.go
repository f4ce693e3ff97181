package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// of hands out records, two at a time, and then fails with err, if that is not nil.
func of(err error, records ...pushlog.Record) Each {
	return func(do func([]pushlog.Record) error) error {
		for some := range slices.Chunk(records, 2) {
			if err := do(some); err != nil {
				return err
			}
		}
		return err
	}
}

func record(id string) pushlog.Record {
	return pushlog.Record{Job: push.Job{ID: id, DeviceID: "token"}, Status: push.Sent, AcceptedAt: "2026-11-24T00:00:00.000Z"}
}

const head = "\ufeffid,status,accepted_at,sndn_rsev_hour,csno,uuid_id,device_id,msg_title,msg_contents,D_servicename,push_grp_id,cust_telno," +
	"fcm_send_yn,fcm_send_time,result,error_code,attempts,data,priority,ttl,api_key\r\n"

func TestCSV(t *testing.T) {
	t.Parallel()
	full := pushlog.Record{
		Job: push.Job{ID: "order-1", SndnRsevHour: "20261124093000", Csno: "10023451", UUIDID: "u-1", DeviceID: "tok:en", MsgTitle: "매수, 체결",
			MsgContents: "삼성전자 \"10주\"\n감사합니다", ServiceName: "trade", PushGrpID: "G17", CustTelno: "010-1234-5678", Data: map[string]string{"order": "1"}, Priority: push.Urgent, TTL: 60, APIKey: "orders"},
		Status: push.Failed, AcceptedAt: "2026-11-24T00:30:00.123Z", FCMSendYN: "N", FCMSendTime: "2026-11-24T00:30:01.000Z",
		Result: "UNREGISTERED: gone", ErrorCode: push.CodeUnregistered, Attempts: 2,
	}
	var b bytes.Buffer
	n, err := Write(&b, CSV, of(nil, full, record("b")), nil)
	want := head + "order-1,failed,2026-11-24T00:30:00.123Z,20261124093000,10023451,u-1,tok:en,\"매수, 체결\",\"삼성전자 \"\"10주\"\"\n감사합니다\"," +
		"trade,G17,010-1234-5678,N,2026-11-24T00:30:01.000Z,UNREGISTERED: gone,UNREGISTERED,2,\"{\"\"order\"\":\"\"1\"\"}\",urgent,60,orders\r\n" +
		"b,sent,2026-11-24T00:00:00.000Z,,,,token,,,,,,,,,,0,,,0,\r\n"
	if err != nil || n != 2 || b.String() != want {
		t.Errorf("%d %v\n%q\n%q", n, err, b.String(), want)
	}
	b.Reset()
	if n, err := Write(&b, CSV, of(nil), nil); n != 0 || err != nil || b.String() != head {
		t.Errorf("of nothing: %d %v %q", n, err, b.String())
	}
}

// Whatever a text holds, it comes back as it was, byte for byte.
func TestNastyTextsInCSV(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, cell string }{
		{"", ""},
		{"plain", "plain"},
		{" spaces ", " spaces "},
		{`"`, `"`},
		{`a"b,c`, `a"b,c`},
		{"line\nline", "line\nline"},
		{"line\rline", "line\rline"},
		{"line\r\nline\r\n", "line\r\nline\r\n"},
		{"a\x00b\tc", "a\x00b\tc"},
		{"가=나", "가=나"},
		{"not \xff UTF-8", "not \ufffd UTF-8"},
		{"=1+1", "=1+1"},
		{`=HYPERLINK("http://evil","x")`, `=HYPERLINK("http://evil","x")`},
		{"+82 10", "+82 10"},
		{"-1", "-1"},
		{"@SUM(A1)", "@SUM(A1)"},
		{"\t=1", "\t=1"},
		{"\r=1", "\r=1"},
		{"\n=1", "\n=1"},
		{"＝1", "＝1"},
		{"＋1", "＋1"},
		{"－1", "－1"},
		{"＠A", "＠A"},
		{"'=1", "'=1"},
		{"😀", "😀"},
	}
	for _, tt := range tests {
		r := record("id")
		r.MsgTitle, r.Result = tt.text, tt.text
		var b bytes.Buffer
		if _, err := Write(&b, CSV, of(nil, r), nil); err != nil {
			t.Fatal(err)
		}
		row, ok := strings.CutPrefix(b.String(), head)
		if !ok || !strings.HasSuffix(row, "\r\n") {
			t.Fatalf("%q", b.String())
		}
		// encoding/csv reads CR LF in a cell as LF.
		cells, err := csv.NewReader(strings.NewReader(row)).Read()
		want := strings.ReplaceAll(tt.cell, "\r\n", "\n")
		if err != nil || len(cells) != len(Columns()) || cells[7] != want || cells[14] != want {
			t.Errorf("%q: %v %q", tt.text, err, row)
		}
		if quoted := `"` + strings.ReplaceAll(tt.cell, `"`, `""`) + `"`; !strings.Contains(row, ","+tt.cell+",") && !strings.Contains(row, ","+quoted+",") {
			t.Errorf("%q: %q", tt.text, row)
		}
	}
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	a := record("a")
	a.MsgTitle, a.MsgContents = "=1+1", "two\nlines\u2028three <b>"
	var b bytes.Buffer
	n, err := Write(&b, NDJSON, of(nil, a, record("b"), record("c")), nil)
	lines := strings.SplitAfter(b.String(), "\n")
	if err != nil || n != 3 || len(lines) != 4 || lines[3] != "" {
		t.Fatalf("%d %v %q", n, err, b.String())
	}
	var back pushlog.Record
	if err := json.Unmarshal([]byte(lines[0]), &back); err != nil || back.MsgTitle != a.MsgTitle || back.MsgContents != a.MsgContents || back.ID != "a" {
		t.Errorf("%v %+v", err, back)
	}
	b.Reset()
	if n, err := Write(&b, NDJSON, of(nil), nil); n != 0 || err != nil || b.Len() != 0 {
		t.Errorf("of nothing: %d %v %q", n, err, b.String())
	}
}

// If it fails before there is much to write, nothing is written; later, what is
// written ends where it failed.
func TestFailures(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	for _, f := range Formats() {
		var b bytes.Buffer
		if _, err := Write(&b, f, of(away, record("a"), record("b")), nil); !errors.Is(err, away) || b.Len() != 0 {
			t.Errorf("%s: %v %q", f, err, b.String())
		}
		var many []pushlog.Record
		for i := range 5000 {
			many = append(many, record(fmt.Sprint(i)))
		}
		if _, err := Write(&b, f, of(away, many...), nil); !errors.Is(err, away) || b.Len() == 0 {
			t.Errorf("%s: %v %d bytes", f, err, b.Len())
		}
		if _, err := Write(full{}, f, of(nil, record("a")), nil); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", f, err)
		}
		read := 0
		_, err := Write(full{}, f, func(do func([]pushlog.Record) error) error {
			for {
				read++
				if err := do(many[:100]); err != nil {
					return err
				}
			}
		}, nil)
		if !errors.Is(err, errFull) || read > 10 {
			t.Errorf("%s: it went on for %d steps: %v", f, read, err)
		}
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestTell(t *testing.T) {
	t.Parallel()
	var told []int
	_, err := Write(&bytes.Buffer{}, CSV, of(nil, record("a"), record("b"), record("c")), func(n int) { told = append(told, n) })
	if err != nil || !slices.Equal(told, []int{2, 3}) {
		t.Errorf("%v %v", told, err)
	}
}

// meter counts bytes, and looks now and then at how much memory is in use.
type meter struct {
	bytes, looks int
	peak         uint64
}

func (m *meter) Write(b []byte) (int, error) {
	m.bytes += len(b)
	if m.looks++; m.looks%200 == 0 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		m.peak = max(m.peak, s.HeapAlloc)
	}
	return len(b), nil
}

// The file may be larger than memory: what is held does not grow with it.
func TestConstantMemory(t *testing.T) {
	some := make([]pushlog.Record, 200)
	for i := range some {
		some[i] = record(fmt.Sprint(i))
		some[i].MsgContents = strings.Repeat("가나다 ", 80)
	}
	for _, f := range Formats() {
		var m meter
		n, err := Write(&m, f, func(do func([]pushlog.Record) error) error {
			for range 500 {
				if err := do(some); err != nil {
					return err
				}
			}
			return nil
		}, nil)
		if err != nil || n != 100_000 || m.bytes < 80<<20 || m.looks < 1000 {
			t.Fatalf("%s: %d %v, %d bytes in %d writes", f, n, err, m.bytes, m.looks)
		}
		if m.peak > 24<<20 {
			t.Errorf("%s: %d MiB in use for a file of %d MiB", f, m.peak>>20, m.bytes>>20)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 9, 30, 0, 0, time.FixedZone("KST", 9*3600))
	for f, want := range map[Format][2]string{
		CSV:    {"pushes-20261124T003000Z.csv", "text/csv; charset=utf-8"},
		NDJSON: {"pushes-20261124T003000Z.ndjson", "application/x-ndjson"},
	} {
		if f.FileName(at) != want[0] || f.ContentType() != want[1] {
			t.Errorf("%s: %q %q", f, f.FileName(at), f.ContentType())
		}
	}
}
