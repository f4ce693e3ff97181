package export

import (
	"bytes"
	"encoding/csv"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// part is one of what a formula of ours is put together of.
var part = regexp.MustCompile(`^(?:"((?:[^"]|"")*)"|CHAR\(10\))(&|$)`)

// shownBy is what Excel shows of a cell that it must show as a text; false if it would
// make something else of it, or take what it holds for a formula of somebody.
func shownBy(cell string) (string, bool) {
	if !strings.HasPrefix(cell, "=") {
		changed := strings.ContainsAny(cell, "0123456789０１２３４５６７８９") || strings.TrimSpace(cell) != cell
		for _, sign := range "=+-@#＝＋－＠" {
			changed = changed || strings.HasPrefix(cell, string(sign))
		}
		changed = changed || strings.EqualFold(cell, "true") || strings.EqualFold(cell, "false")
		return cell, cell == "" || !changed
	}
	text, rest := "", cell[1:]
	for {
		m := part.FindStringSubmatch(rest)
		if m == nil || len(utf16.Encode([]rune(m[1]))) > 255 {
			return "", false
		}
		if strings.HasPrefix(m[0], "CHAR") {
			text += "\n"
		}
		text += strings.ReplaceAll(m[1], `""`, `"`)
		if rest = rest[len(m[0]):]; m[2] == "" {
			return text, rest == "" && len(utf16.Encode([]rune(cell))) <= 8192
		}
	}
}

// excelRow is the cells of one record.
func excelRow(t *testing.T, x Excel, r pushlog.Record) []string {
	t.Helper()
	var b bytes.Buffer
	if n, err := x.Write(&b, of(nil, r), nil); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), bom))).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[1]) != 18 || !strings.HasPrefix(b.String(), bom) || strings.Count(b.String(), "\r\n") != 2 {
		t.Fatalf("%v %q", err, b.String())
	}
	return rows[1]
}

// Excel shows every value as it is, and reckons nothing of it.
func TestExcelShowsValuesAsTheyAre(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("=가\"1,\n", 120)
	for _, text := range []string{"00123456", "01012345678", "007", "1E5", "1e10", "1/2", "3-1", "MAR1", "TRUE", "false", "참", "0x1F", "20261130213459",
		"10023451100234511002345", "=1+1 제목", "=1+1", `=HYPERLINK("http://evil","x")`, `"&HYPERLINK("http://evil")&"`, `=cmd|' /C calc'!A0`, "-5% 할인", "+82-10-1234-5678",
		"@SUM(A1)", "＝1", "－", "#N/A", "오전 9:30", "3월 1일", "９", " 007", "007 ", "\t=1+1", "줄1\n줄2", "줄1\r\n=2\r3", "\n=1", "'007", "가나다", "plain", "\"", "a\"b", "",
		long, strings.Repeat("😀1", 400), strings.Repeat("\"", 300) + "1", strings.Repeat("1", 255), strings.Repeat("1", 4096), "₩1,000", "50%", "Infinity", "9:30"} {
		r := record("20261122")
		r.MsgTitle, r.Csno, r.Result = text, text, text
		row := excelRow(t, Excel{}, r)
		lines := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
		for i, want := range map[int]string{0: "20261122", 4: lines, 7: lines, 14: lines} {
			if got, ok := shownBy(row[i]); !ok || got != want {
				t.Errorf("%.60q is %.60q, which is shown as %.60q", want, row[i], got)
			}
		}
	}
	r := record("a")
	r.MsgContents = strings.Repeat(`"`, 4090) + "1"
	if row := excelRow(t, Excel{}, r); row[8] != "'"+r.MsgContents {
		t.Errorf("longer than a formula may be: %.40q", row[8])
	}
}

func TestExcelNeverLetsATextOut(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	letters := []rune("=+-@\"'&()1,\t\n\r가😀＝ aE")
	for range 3000 {
		var text []rune
		for range r.IntN(400) {
			text = append(text, letters[r.IntN(len(letters))])
		}
		one := record("a")
		one.MsgTitle = string(text)
		want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(one.MsgTitle)
		if got, ok := shownBy(excelRow(t, Excel{}, one)[7]); !ok || got != want {
			t.Fatalf("%q is shown as %q", want, got)
		}
	}
}

// Times are in the firm's zone, as dates of Excel; heads and states in the reader's
// language.
func TestExcelTimesAndHeads(t *testing.T) {
	t.Parallel()
	seoul := time.FixedZone("Asia/Seoul", 9*3600)
	r := pushlog.Record{Job: push.Job{ID: "a", SndnRsevHour: "2026-11-30T13:00:05Z"}, Status: push.Sent, AcceptedAt: "2026-11-30T12:59:23.873Z",
		FCMSendYN: "Y", FCMSendTime: "2026-11-30T15:00:00.001Z", Attempts: 2}
	row := excelRow(t, Excel{Zone: seoul}, r)
	if row[1] != "FCM접수" || row[2] != "2026-11-30 21:59:23" || row[3] != "2026-11-30 22:00:05" || row[12] != "Y" || row[13] != "2026-12-01 00:00:00" || row[16] != "2" {
		t.Errorf("%q", row)
	}
	r.SndnRsevHour, r.Status = "20261130220005", push.Failed
	if row := excelRow(t, Excel{Zone: seoul, Language: English}, r); row[1] != "Failed" || row[3] != "2026-11-30 22:00:05" {
		t.Errorf("%q", row)
	}
	r.SndnRsevHour = "9999"
	if row := excelRow(t, Excel{}, r); row[3] != `="9999"` || row[2] != "2026-11-30 12:59:23" {
		t.Errorf("%q", row)
	}
	for language, head := range map[Language]string{"": "푸시 ID,상태,수신 시각,발송 예약 시각,고객번호", English: "Push id,Status,Received at,Scheduled at,Customer no."} {
		var b bytes.Buffer
		if _, err := (Excel{Language: language}).Write(&b, of(nil), nil); err != nil || !strings.HasPrefix(b.String(), bom+head+",") {
			t.Errorf("%v %q", err, b.String())
		}
	}
	if got := (Excel{Zone: seoul}).FileName(time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)); got != "pushes-20261201-000000.csv" {
		t.Error(got)
	}
	for _, s := range push.Statuses() {
		for _, language := range Languages() {
			if word := (Excel{Language: language}).state(s); word == string(s) {
				t.Errorf("%s has no word in %s", s, language)
			}
		}
	}
}
