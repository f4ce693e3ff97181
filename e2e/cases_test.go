package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"pushstream/internal/push"
)

// caseFile is a file as people have it, and what is right for it.
type caseFile struct {
	name    string
	args    []string // of the import
	refused string   // what is said when it is refused as a whole, without args
	rows    []caseRow
}

// caseRow is one push of it.
type caseRow struct {
	id     string
	stored map[string]string // some of its record's fields
	faults []string          // fields at fault, in every way in
	inFile []string          // fields at fault in a file only
}

func accepted(id string, stored ...string) caseRow {
	r := caseRow{id: id, stored: map[string]string{}}
	for i := 0; i < len(stored); i += 2 {
		r.stored[stored[i]] = stored[i+1]
	}
	return r
}

func faulty(id string, fields ...string) caseRow { return caseRow{id: id, faults: fields} }

// soon is a day on which times may be reserved, whenever the test runs; the files have
// another.
var soon = time.Now().In(time.FixedZone("KST", 9*3600)).AddDate(0, 0, 30)

// caseFiles are all of testdata/cases.
func caseFiles() []caseFile {
	const title, due, empty = push.FieldMsgTitle, push.FieldSndnRsevHour, ""
	order := []caseRow{
		accepted("c1", title, "매수 체결", push.FieldMsgContents, "삼성전자 10주가 체결되었습니다.", push.FieldCsno, "10023451", push.FieldCustTelno, "010-1234-5678"),
		accepted("c2", title, "장 시작 안내", push.FieldServiceName, "notice"),
	}
	hellos := func(ids ...string) (rows []caseRow) {
		for _, id := range ids {
			rows = append(rows, accepted(id, title, "hello"))
		}
		return rows
	}
	padded := func(id string, more ...string) caseRow {
		return accepted(id, append(more, push.FieldCsno, "10023459", push.FieldDeviceID, "tokenPAD1", push.FieldPushGrpID, "G01", push.FieldCustTelno, "01012345678")...)
	}
	day, next := soon.Format("20060102"), soon.AddDate(0, 0, 1).Format("20060102")
	at := func(id string) caseRow { return accepted(id, due, day+"093000") }
	leap := accepted("rt3")
	if d := time.Until(time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC)).Abs(); d > push.MaxAhead {
		leap = faulty("rt3", due)
	}
	var phones []caseRow
	for i, phone := range []string{"010-1234-5678", "01012345678", "+82-10-1234-5678", "+821012345678", "010 1234 5678", "(010)1234-5678", "010–1234–5678", "010.1234.5678", "010-1234-5678"} {
		phones = append(phones, accepted(fmt.Sprint("ph-", i), push.FieldCustTelno, phone))
	}
	var keys []caseRow
	for i := range 21 {
		id := fmt.Sprint("dk-", i)
		if slices.Contains([]int{0, 1, 5, 8, 9, 17, 18}, i) {
			keys = append(keys, faulty(id, push.FieldData))
		} else {
			keys = append(keys, accepted(id, title, "t"))
		}
	}
	return []caseFile{
		{"01-cp949.csv", []string{"--encoding=cp949"}, "--encoding cp949", order},
		{"02-cp949-lookalike.csv", []string{"--encoding=cp949"}, "--encoding cp949", []caseRow{accepted("moji-1", title, "철회"), accepted("moji-2", title, "환호"), accepted("moji-3", title, "체결")}},
		{"03-utf16le-bom-tab.txt", nil, "", order},
		{"03b-utf16le-bom-comma.csv", nil, "", order},
		{"04-trailing-empty-columns.csv", nil, "", hellos("t1", "t2")},
		{"06-cr-only.csv", nil, "", hellos("r1", "r2")},
		{"06b-cr-only.ndjson", nil, "", []caseRow{accepted("rn1", title, "a"), accepted("rn2", title, "b")}},
		{"06c-cr-only-bom.csv", nil, "", hellos("r3", "r4")},
		{"07-sep-line.csv", nil, "", hellos("s1")},
		{"07b-semicolon.csv", nil, "", hellos("sc1")},
		{"07c-tab.csv", nil, "", hellos("tb1")},
		{"08-concatenated-bom.csv", nil, "", hellos("b1", "b2")},
		{"08b-concatenated-bom.ndjson", nil, "", []caseRow{accepted("bn1", title, "a"), accepted("bn2", title, "b")}},
		{"09-excel-mangled-values.csv", nil, "", []caseRow{
			{id: "x1", inFile: []string{push.FieldCsno}}, {id: "x2", inFile: []string{push.FieldCustTelno}}, faulty("x3", due),
			{id: "x4", inFile: []string{push.FieldCsno, push.FieldCustTelno}}, {id: "x5", inFile: []string{title}}, {id: "x6", inFile: []string{title}},
		}},
		{"10-char-padded.csv", nil, "", []caseRow{
			padded("p1"), padded("p2"), padded("p3", push.FieldPriority, "urgent"), padded("p4", push.FieldTTL, "600"), padded("p5", due, day+"093000"),
			padded("p6"), padded("p7"), padded("p8"), padded("p9"),
		}},
		{"11-reserved-times.csv", nil, "", []caseRow{
			accepted("rt0", due, next+"000000"), accepted("rt1", due, next+"000000"), faulty("rt2", due), leap, faulty("rt4", due),
			at("rt5"), at("rt6"), at("rt7"), at("rt8"), faulty("rt9", due), at("rt10"), accepted("rt11", due, empty), accepted("rt12", due, empty),
			faulty("rt13", due), faulty("rt14", due), at("rt15"), accepted("rt16", due, next+"000000"), at("rt17"), at("rt18"), at("rt19"),
		}},
		{"12-blank-rows.csv", nil, "", hellos("bl1")},
		{"13-quotes.csv", nil, "", []caseRow{
			{inFile: []string{empty}}, {inFile: []string{empty}}, accepted("q3", title, "ok"), accepted("q4", title, `a"b`),
			accepted("q5", title, "“스마트”"), {inFile: []string{empty}},
		}},
		{"14-nfd.ndjson", nil, "", []caseRow{
			accepted("nfd-1", title, "매수 체결", push.FieldMsgContents, "삼성전자"), accepted("nfc-1", title, "매수 체결", push.FieldMsgContents, "삼성전자"),
		}},
		{"15-phones.ndjson", nil, "", phones},
		{"16-lone-surrogate.ndjson", nil, "", []caseRow{
			faulty("sg-1", title, push.FieldMsgContents), accepted("sg-2", title, "ok 😀"), faulty("sg-3", title, push.FieldData), faulty("sg-4", push.FieldMsgContents),
		}},
		{"17-data-keys.ndjson", nil, "", keys},
		{"18-excel-export.ndjson", nil, "", []caseRow{
			accepted("20261122", push.FieldCsno, "00012345", push.FieldDeviceID, "-tokenDash", title, "=1+1 제목", push.FieldMsgContents, "줄1\n줄2",
				push.FieldPushGrpID, "3-1", push.FieldServiceName, "MAR1", push.FieldUUIDID, "1E5"),
			accepted("1e10", push.FieldCsno, "10023451100234511002345", title, "-5% 할인", push.FieldServiceName, "TRUE", push.FieldUUIDID, "0x1F"),
		}},
	}
}

// bytes reads the file; its reserved times are made ones of soon.
func (f caseFile) bytes(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "cases", f.name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(f.name, "10-") && !strings.HasPrefix(f.name, "11-") {
		return text
	}
	for old, layout := range map[string]string{
		"20261122": "20060102", "20261231": "20060102", "20991122": "20060102", "2026-11-22": "2006-01-02", "2026/11/22": "2006/01/02", "2026. 11. 22.": "2006. 1. 2.",
	} {
		text = bytes.ReplaceAll(text, []byte(old), []byte(soon.Format(layout)))
	}
	return text
}

// given are the pushes that a program would hand in which has the same rows: JSON
// objects. A row that is no row of a table is nil.
func (f caseFile) given(t *testing.T) (jobs []json.RawMessage) {
	t.Helper()
	text := f.bytes(t)
	var err error
	switch {
	case strings.Contains(f.name, "cp949"):
		text, err = korean.EUCKR.NewDecoder().Bytes(text)
	case strings.Contains(f.name, "utf16le"):
		text, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	var header []string
	for _, line := range strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimPrefix(line, "\ufeff")
		if line[0] == '{' {
			jobs = append(jobs, json.RawMessage(line))
			continue
		}
		r := csv.NewReader(strings.NewReader(line))
		for _, comma := range ";\t" {
			if strings.ContainsRune(line, comma) && !strings.Contains(line, "오전") {
				r.Comma = comma
			}
		}
		values, err := r.Read()
		switch {
		case strings.HasPrefix(line, "sep="), strings.Trim(line, ",\"\x1a") == "":
		case err != nil:
			jobs = append(jobs, nil)
		case slices.Contains(values, push.FieldDeviceID):
			header = values
		default:
			job := map[string]string{}
			for i, name := range header {
				if name != "" {
					job[name] = values[i]
				}
			}
			b, err := json.Marshal(job)
			if err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, b)
		}
	}
	if len(jobs) != len(f.rows) {
		t.Fatalf("%s has %d rows, and %d are known", f.name, len(jobs), len(f.rows))
	}
	return jobs
}

// checkStored wants the record of a row to hold what is right, and none of one at fault.
func (s *system) checkStored(t *testing.T, way, file, id string, row caseRow) {
	t.Helper()
	got, err := s.rdb.HGetAll(t.Context(), s.keys.Of(id).Record(id)).Result()
	if err != nil || len(got) == 0 {
		t.Errorf("%s by %s: there is no push %s: %v", file, way, id, err)
	}
	for name, want := range row.stored {
		if got[name] != want {
			t.Errorf("%s by %s: %s of %s is %q, it should be %q", file, way, name, id, got[name], want)
		}
	}
}

// fieldsOf are the fields at fault, each once.
func fieldsOf(faults push.Faults) []string {
	fields := []string{}
	for _, f := range faults {
		if !slices.Contains(fields, f.Field) {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

// TestCaseFiles hands in every file of testdata/cases with producer load.
func TestCaseFiles(t *testing.T) {
	s := setup(t, options{})
	known, err := os.ReadDir(filepath.Join("testdata", "cases"))
	if err != nil || len(known) != len(caseFiles()) {
		t.Errorf("%d files, %d are known: %v", len(known), len(caseFiles()), err)
	}
	for _, f := range caseFiles() {
		s.rdb.FlushDB(t.Context())
		text := f.bytes(t)
		path := filepath.Join(s.dir, f.name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		rejects := path + ".rejected"
		if f.refused != "" {
			load := s.begin(nil, "producer", "load", path)
			if code := load.end(); code != 2 || !strings.Contains(load.stderr.String(), f.refused) || s.rdb.Exists(t.Context(), s.keys.Of("x").Index()).Val() != 0 {
				t.Errorf("%s: exit code %d, something was accepted, or no word of %q: %s", f.name, code, f.refused, load.stderr.String())
			}
		}
		load := s.begin(nil, "producer", append([]string{"load", path, "--rejects", rejects}, f.args...)...)
		if code := load.end(); code != 0 {
			t.Errorf("%s: exit code %d: %s", f.name, code, load.stderr.String())
			continue
		}
		var want []caseRow
		for _, row := range f.rows {
			if fields := append(slices.Clone(row.faults), row.inFile...); fields != nil {
				want = append(want, faulty(row.id, fields...))
				continue
			}
			s.checkStored(t, "file", f.name, row.id, row)
		}
		if in := parseImport(t, load.stdout.String()); in.Lines != len(f.rows) || in.Rejected != len(want) || in.Accepted != len(f.rows)-len(want) {
			t.Errorf("%s: %+v", f.name, in)
		}
		reasons, _ := os.ReadFile(rejects + ".reasons.ndjson") // none if nothing was rejected
		for n, line := range slices.Collect(strings.Lines(string(reasons))) {
			var r struct {
				ID     string
				Faults push.Faults
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil || n >= len(want) || r.ID != want[n].id || !slices.Equal(fieldsOf(r.Faults), want[n].faults) {
				t.Errorf("%s: rejected is %s; %+v should be", f.name, line, want)
			}
		}
		// What was rejected is there byte for byte.
		rejected, _ := os.ReadFile(rejects)
		for line := range bytes.Lines(rejected) {
			if !bytes.Contains(text, bytes.TrimSuffix(line, []byte("\n"))) {
				t.Errorf("%s: the reject file has %q, which the file has not", f.name, line)
			}
		}
	}
}

// post hands in pushes one by one, and wants of each what is right.
func (s *system) post(t *testing.T, way, url, key string) {
	for _, f := range caseFiles() {
		for i, job := range f.given(t) {
			row, prefix := f.rows[i], way+"-"+strings.TrimRight(f.name[:3], "-")+"-"
			if job == nil {
				continue
			}
			body := strings.Replace(string(job), `"id":"`, `"id":"`+prefix, 1)
			status, text, err := request(http.MethodPost, url, key, "application/json", body)
			if err != nil {
				t.Fatal(err)
			}
			if row.faults == nil {
				if status != http.StatusAccepted {
					t.Errorf("%s by %s: %s: %d %s", f.name, way, row.id, status, text)
				}
				s.checkStored(t, way, f.name, prefix+row.id, row)
				continue
			}
			var p struct {
				Faults []struct{ Faults push.Faults }
			}
			if err := json.Unmarshal(text, &p); err != nil || status != http.StatusUnprocessableEntity || len(p.Faults) != 1 || !slices.Equal(fieldsOf(p.Faults[0].Faults), row.faults) {
				t.Errorf("%s by %s: %s should be refused for %q: %d %s", f.name, way, row.id, row.faults, status, text)
			}
		}
	}
}

// TestCasesOverHTTP hands in the same at the producer, one by one, and with the admin's
// test send; and the files' bytes as they are, which the producer refuses or reads.
func TestCasesOverHTTP(t *testing.T) {
	s := setup(t, options{})
	producer, admin := s.producer(), s.admin()
	url, key := "http://"+producer.addr("requests")+"/v1/pushes", strings.TrimSpace(s.run("admin", "apitoken", "add", "cases", "--scope=submit"))
	s.post(t, "http", url, key)
	s.post(t, "send", "http://"+admin.addr("requests")+"/api/v1/pushes", s.token())

	for _, f := range caseFiles() {
		text, lines := f.bytes(t), strings.HasSuffix(f.name, ".ndjson")
		charset := map[bool]string{true: "; charset=euc-kr"}[strings.Contains(f.name, "cp949")]
		contentType, want := "text/csv"+charset, http.StatusUnsupportedMediaType
		if lines {
			contentType, want = "application/x-ndjson", http.StatusAccepted
			if slices.ContainsFunc(f.rows, func(r caseRow) bool { return r.faults != nil }) {
				want = http.StatusUnprocessableEntity
			}
		}
		status, answer, err := request(http.MethodPost, url, key, contentType, string(text))
		if err != nil || status != want {
			t.Errorf("%s as it is: %d %s %v; it should be %d", f.name, status, answer, err, want)
		}
		if !lines { // no header helps
			status, answer, err = request(http.MethodPost, url, key, "application/x-ndjson"+charset, string(text))
			if err != nil || status < 400 || status >= 500 {
				t.Errorf("%s as NDJSON: %d %s %v", f.name, status, answer, err)
			}
		}
	}
}

// TestCasesByHand adds the same to the stream, as any client may.
func TestCasesByHand(t *testing.T) {
	s := setup(t, options{})
	s.consumer("consumer")
	stream := lanes["normal"]
	type added struct {
		file, id string
		row      caseRow
	}
	var all []added
	for _, f := range caseFiles() {
		for i, job := range f.given(t) {
			if job == nil {
				continue
			}
			var members map[string]json.RawMessage
			if err := json.Unmarshal(job, &members); err != nil {
				t.Fatal(err)
			}
			prefix := "hand-" + strings.TrimRight(f.name[:3], "-") + "-"
			var values []string
			for _, name := range slices.Sorted(maps.Keys(members)) {
				value := string(members[name])
				if name != push.FieldData {
					if err := json.Unmarshal(members[name], &value); err != nil {
						t.Fatal(err)
					}
					// What JSON can only escape, other clients write as bytes.
					value = strings.ReplaceAll(value, "\ufffd", "\xed\xa0\xbd")
				}
				if name == push.FieldID {
					value = prefix + value
				}
				values = append(values, name, value)
			}
			entry := s.xadd(stream, values...)
			id := prefix + f.rows[i].id
			if f.rows[i].faults != nil {
				id = uuid.NewSHA1(uuid.NameSpaceURL, []byte(stream+" "+entry+" 0")).String()
			}
			all = append(all, added{f.name, id, f.rows[i]})
		}
	}
	eventually(t, patience, "all entries to be read", func() error {
		n, err := s.rdb.ZCard(t.Context(), s.keys.Of("x").Index()).Result()
		if err == nil && n != int64(len(all)) {
			err = fmt.Errorf("%d of %d", n, len(all))
		}
		return err
	})
	for _, a := range all {
		if a.row.faults == nil {
			s.checkStored(t, "hand", a.file, a.id, a.row)
			continue
		}
		r := s.reaches(a.id, push.Failed)
		if r.ErrorCode != push.CodeInvalidJob || len(r.Raw) == 0 {
			t.Errorf("%s by hand: %s is %s with %q", a.file, a.row.id, r.ErrorCode, r.Raw)
		}
		for _, field := range a.row.faults {
			if !strings.Contains(r.Result, field) {
				t.Errorf("%s by hand: %s failed for %q, it should name %s", a.file, a.row.id, r.Result, field)
			}
		}
	}
}
