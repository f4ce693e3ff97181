package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/korean"

	"pushstream/internal/setting"
)

func utf16le(text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func cp949(t *testing.T, text string) string {
	t.Helper()
	s, err := korean.EUCKR.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A file in another encoding than UTF-8 is never taken for UTF-8: nothing of it is
// accepted unless it says, or is told, what it is.
func TestLoadEncodings(t *testing.T) {
	t.Parallel()
	const rows = "id,device_id,msg_title\r\na,t,똠방각하 체결\r\nb,t,둘\r\n"
	tests := []struct {
		name, content string
		args          []string
		code          int
		hint          string
		titles        []string // of a, b …
		rejected      int
	}{
		{"CP949, told", cp949(t, rows), []string{"--encoding=cp949"}, 0, "", []string{"똠방각하 체결", "둘"}, 0},
		{"CP949 by other names", cp949(t, rows), []string{"--encoding=EUC-KR"}, 0, "", []string{"똠방각하 체결", "둘"}, 0},
		{"CP949, not told", cp949(t, rows), nil, setting.ExitUsage, "line 2 is not valid UTF-8", nil, 0},
		{"one line in CP949", rows + cp949(t, "c,t,셋\r\n"), nil, setting.ExitUsage, "line 4 is not valid UTF-8", nil, 0},
		{"one line in CP949, the others are ASCII", strings.Repeat("x,t,x\n", 30_000) + "c,t," + cp949(t, "셋"), nil, setting.ExitUsage, "line 30001 is not valid UTF-8", nil, 0},
		{"one line in CP949, UTF-8 is told", rows + cp949(t, "c,t,셋\r\n"), []string{"--encoding=utf-8"}, 0, "", []string{"똠방각하 체결", "둘"}, 1},
		{"words that are UTF-8, too", cp949(t, "id,device_id,msg_title\na,t,철회\n"), nil, setting.ExitUsage, "as UTF-8 and as CP949", nil, 0},
		{"one of them", cp949(t, "id,device_id,msg_title\na,t,환\n"), nil, setting.ExitUsage, "as UTF-8 and as CP949", nil, 0},
		{"words that are UTF-8, too, told", cp949(t, "id,device_id,msg_title\na,t,철회\n"), []string{"--encoding=cp949"}, 0, "", []string{"철회"}, 0},
		{"letters of Latin, told", "id,device_id,msg_title\na,t,Café\n", []string{"--encoding=utf-8"}, 0, "", []string{"Café"}, 0},
		{"letters of Latin among Korean", "id,device_id,msg_title\na,t,Café 체결\n", nil, 0, "", []string{"Café 체결"}, 0},
		{"signs that Korean texts have", "id,device_id,msg_title\na,t,20 °C · 2 × 3\n", nil, 0, "", []string{"20 °C · 2 × 3"}, 0},
		{"UTF-8, told to be CP949", rows, []string{"--encoding=cp949"}, setting.ExitUsage, "the file is UTF-8", nil, 0},
		{"UTF-8 with a mark, told to be CP949", "\ufeff" + rows, []string{"--encoding=cp949"}, setting.ExitUsage, "byte order mark of utf-8", nil, 0},
		{"UTF-8 with a mark, and a line that is not", "\ufeff" + rows + "\xff", nil, setting.ExitUsage, "begins with the mark of UTF-8", nil, 0},
		{"a line that is no CP949", cp949(t, rows) + "c,t,\xff\xff\r\n", []string{"--encoding=cp949"}, 0, "", []string{"똠방각하 체결", "둘"}, 1},
		{"UTF-16", utf16le("\ufeff" + rows), nil, 0, "", []string{"똠방각하 체결", "둘"}, 0},
		{"UTF-16, told", utf16le(rows), []string{"--encoding=utf-16le"}, 0, "", []string{"똠방각하 체결", "둘"}, 0},
		{"UTF-16 without a mark", utf16le(rows), nil, setting.ExitUsage, "--encoding utf-16le", nil, 0},
		{"UTF-16 of the other order without a mark", utf16le("x" + rows)[1:], nil, setting.ExitUsage, "--encoding utf-16be", nil, 0},
		{"UTF-16, told to be UTF-8", utf16le("\ufeff" + rows), []string{"--encoding=utf-8"}, setting.ExitUsage, "byte order mark of utf-16le", nil, 0},
		{"UTF-16 with half a character", utf16le("\ufeff"+rows) + "c\x00,\x00t\x00,\x00\x3d\xd8\r\x00\n\x00", nil, 0, "", []string{"똠방각하 체결", "둘"}, 1},
		{"UTF-16 with an emoji and a CR alone", strings.ReplaceAll(utf16le("\ufeffid,device_id,msg_title\ra,t,😀\rb,t,둘"), "\n", ""), nil, 0, "", []string{"😀", "둘"}, 0},
		{"UTF-16 that ends within a character", utf16le("\ufeff"+rows+"c,t,x") + "\x00", nil, 0, "", []string{"똠방각하 체결", "둘"}, 1},
		{"packed", packed(t, rows), nil, 0, "", []string{"똠방각하 체결", "둘"}, 0},
		{"two packed files, put together", packed(t, rows[:40]) + packed(t, rows[40:]), nil, 0, "", []string{"똠방각하 체결", "둘"}, 0},
		{"packed CP949", packed(t, cp949(t, rows)), nil, setting.ExitUsage, "line 2 is not valid UTF-8", nil, 0},
		{"half of a packed file", packed(t, rows)[:40], nil, setting.ExitUsage, "it ends before its gzip data do", nil, 0},
		{"a packed file with a wrong sum", strings.ReplaceAll(packed(t, "abc"), packed(t, "abc")[17:21], "xxxx"), nil, setting.ExitUsage, "gzip can't unpack it", nil, 0},
		{"a packed file with something behind it", packed(t, rows) + "xxxxxxxxxxxxxxxx", nil, setting.ExitUsage, "gzip can't unpack it", nil, 0},
		{"a workbook", "PK\x03\x04\x14\x00", nil, setting.ExitUsage, "workbook (.xlsx)", nil, 0},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", nil, setting.ExitUsage, "workbook (.xls)", nil, 0},
		{"UTF-32", "\xff\xfe\x00\x00i\x00\x00\x00", nil, setting.ExitUsage, "UTF-32", nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, way := range []string{"file", "pipe"} {
				path, stdin := b.file(t, "jobs.csv", tt.content), strings.NewReader("")
				if way == "pipe" {
					if len(tt.args) > 0 && tt.code != 0 {
						continue // what is told is believed of a pipe
					}
					path, stdin = "-", strings.NewReader(tt.content)
				}
				b.rdb.FlushDB(t.Context())
				rejects := filepath.Join(b.dir, "r")
				p := b.start(t, stdin, append([]string{"load", path, "--batch=b", "--rejects", rejects}, tt.args...)...)
				if code := p.wait(t); code != tt.code || !strings.Contains(p.stderr.String(), tt.hint) {
					t.Fatalf("%s: exit code %d, no word of %q: %s", way, code, tt.hint, p.stderr.String())
				}
				records := b.records(t)
				if len(records) != len(tt.titles) {
					t.Errorf("%s: %d records", way, len(records))
				}
				for i, title := range tt.titles {
					if got := records[string('a'+rune(i))].MsgTitle; got != title {
						t.Errorf("%s: title %q, want %q", way, got, title)
					}
				}
				if tt.code == 0 && p.summary(t).Rejected != tt.rejected {
					t.Errorf("%s: %+v: %s", way, p.summary(t), p.stderr.String())
				}
				if tt.rejected == 0 {
					checkNoFile(t, rejects, rejects+reasonsMark)
				}
			}
		})
	}
}

// Half a packed pipe: what came before is in, and told; the end is no success.
func TestLoadOfAPipeThatBreaks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	text := packed(t, lines(2000))
	p := b.start(t, strings.NewReader(text[:len(text)-9]), "load", "-", "--batch=b", "--encoding=utf-8", "--rejects", filepath.Join(b.dir, "r"))
	if code := p.wait(t); code == 0 || !strings.Contains(p.stderr.String(), "it ends before its gzip data do") {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	if s := p.summary(t); s.Accepted == 0 || s.Accepted != len(b.records(t)) {
		t.Errorf("%+v, %d records", s, len(b.records(t)))
	}
}

// Rejected lines keep their bytes, below their header, in their encoding, and can be
// mended there and handed in again.
func TestLoadRejectFile(t *testing.T) {
	t.Parallel()
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	same := func(t *testing.T, s string) string { return s }
	wide := func(t *testing.T, s string) string { return utf16le(s) }
	const good = "a,t,하나\n"
	tests := []struct {
		name, file string
		bytes      func(t *testing.T, s string) string
		args       []string
		head, bad  string
		kind       string
	}{
		{"UTF-8", "jobs.csv", same, nil, "id,device_id,msg_title\n", "b,,\"둘\n줄 \"\"x\"\"\",,\n", ".csv"},
		{"UTF-8 with a mark and a separator", "jobs.csv", same, nil, "\ufeffsep=;\nid;device_id;msg_title;;\n", "b;;\"둘;줄\"\n", ".csv"},
		{"CP949", "jobs.csv", cp949, []string{"--encoding=cp949"}, "id,device_id,msg_title\n", "b,,둘\n", ".csv"},
		{"UTF-16 by tabs", "jobs.txt", wide, nil, "\ufeffid\tdevice_id\tmsg_title\n", "b\t\t둘\n", ".txt"},
		{"open quotes", "jobs", same, nil, "id,device_id,msg_title\n", "b,t,\"둘\n", ".csv"},
		{"NDJSON", "jobs.ndjson", same, nil, "", `{"id":"b","device_id":"","msg_title":"둘 <&>` + strings.Repeat("x", 9000) + "\"}\n", ".ndjson"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			ok := good
			switch {
			case tt.head == "":
				ok = job("a") + "\n"
			case strings.Contains(tt.head, ";"):
				ok = strings.ReplaceAll(good, ",", ";")
			case strings.Contains(tt.head, "\t"):
				ok = strings.ReplaceAll(good, ",", "\t")
			}
			path := b.file(t, tt.file, tt.bytes(t, crlf(tt.head+ok+tt.bad+strings.Replace(ok, "a", "c", 1))))
			p := b.run(t, append([]string{"load", path}, tt.args...)...)
			p.counts(t, 3, 2, 0, 1)
			rejects := path + ".rejected" + tt.kind
			checkFile(t, rejects, tt.bytes(t, crlf(tt.head+tt.bad)))
			for _, path := range []string{rejects, rejects + reasonsMark} {
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%v %v", info.Mode(), err) // it repeats customers' data
				}
				if !strings.Contains(p.stderr.String(), path) {
					t.Errorf("nobody is told of %s: %s", path, p.stderr.String())
				}
			}
			if got := b.rejected(t, rejects); len(got) != 1 || len(got[0].Faults) == 0 || strings.Contains(p.stderr.String(), "둘") {
				t.Errorf("%+v %s", got, p.stderr.String())
			}
			// The command that is printed hands it in: still rejected, and nothing is lost.
			p = b.run(t, append([]string{"load", rejects}, tt.args...)...)
			p.counts(t, 1, 0, 0, 1)
			checkFile(t, rejects, tt.bytes(t, crlf(tt.head+tt.bad)))
			checkFile(t, rejects+".rejected"+tt.kind, tt.bytes(t, crlf(tt.head+tt.bad)))

			text, err := os.ReadFile(rejects)
			if err != nil {
				t.Fatal(err)
			}
			mended := bytes.ReplaceAll(text, []byte(tt.bytes(t, crlf(tt.bad))), []byte(tt.bytes(t, crlf(strings.Replace(ok, "a", "b", 1)))))
			b.file(t, filepath.Base(rejects), string(mended))
			b.run(t, append([]string{"load", rejects}, tt.args...)...).counts(t, 1, 1, 0, 0)
			checkNoFile(t, rejects+".rejected"+tt.kind, rejects+".rejected"+tt.kind+reasonsMark)
			b.checkIDs(t, "a", "b", "c")
		})
	}
}

// Rows without ids keep theirs on the way through the reject file.
func TestLoadMendedRowsWithoutIDs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const head = "device_id,msg_title\n"
	path := b.file(t, "jobs.csv", head+"t1,x\n,y\nt3,x\n")
	b.run(t, "load", path).counts(t, 3, 2, 0, 1)
	rejects := b.file(t, "jobs.csv.rejected.csv", head+"t2,y\n")
	b.run(t, "load", rejects).counts(t, 1, 1, 0, 0)
	b.run(t, "load", rejects).counts(t, 1, 0, 1, 0)
	b.run(t, "load", b.file(t, "jobs.csv", head+"t1,x\nt2,y\nt3,x\n")).counts(t, 3, 0, 3, 0)
	b.run(t, "load", b.file(t, "jobs.csv", head+"t3,x\nt2,y\n")).counts(t, 2, 0, 2, 0)
	if got := len(b.onStream(t)); got != 3 {
		t.Errorf("%d pushes", got)
	}
}

// What was mended in a reject file is not thrown away by another run of the import.
func TestLoadKeepsAMendedRejectFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := b.file(t, "jobs.ndjson", job("a")+"\n{\n")
	rejects := path + ".rejected.ndjson"
	b.run(t, "load", path).counts(t, 2, 1, 0, 1)
	b.run(t, "load", path).counts(t, 2, 0, 1, 1) // nobody mended it
	b.file(t, filepath.Base(rejects), job("mended"))
	if err := age(rejects + reasonsMark); err != nil {
		t.Fatal(err)
	}
	if p := b.run(t, "load", path); p.code != setting.ExitUsage || !strings.Contains(p.stderr.String(), "was changed since it was written") {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	checkFile(t, rejects, job("mended"))
	b.run(t, "load", rejects).counts(t, 1, 1, 0, 0)
}

// age sets a file's time an hour back.
func age(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	then := info.ModTime().Add(-3600e9)
	return os.Chtimes(path, then, then)
}

// Nothing is accepted where rejected lines can't be put.
func TestLoadWithoutRoomForRejects(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := b.file(t, "jobs.ndjson", job("a")+"\n{\n")
	folder := filepath.Join(b.dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "jobs.rejected"+reasonsMark), 0o700); err != nil {
		t.Fatal(err)
	}
	p := b.run(t, "load", path, "--rejects", filepath.Join(folder, "jobs.rejected"))
	if p.code != setting.ExitUsage || !strings.Contains(p.stderr.String(), "reject file") {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
	checkNoFile(t, filepath.Join(folder, "jobs.rejected"))
	b.checkIDs(t)
}

// How an import ended is said in its last words, and by its exit code if it is asked.
func TestLoadFailsOnReject(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tt := range []struct {
		content  string
		rejected int
		words    string
	}{
		{job("a") + "\n" + job("b"), 0, ""},
		{job("a") + "\n{\n{", 2, "2 of 3 lines were not accepted"},
		{"{\n{", 2, "none of the 2 lines was accepted"},
	} {
		path := b.file(t, "jobs.ndjson", tt.content)
		for _, strict := range []bool{false, true} {
			args, code := []string{"load", path}, 0
			if strict {
				args = append(args, "--fail-on-reject")
				code = min(tt.rejected, 1)
			}
			p := b.run(t, args...)
			said := strings.Split(strings.TrimSpace(p.stderr.String()), "\n")
			if p.code != code || !strings.Contains(said[len(said)-1], tt.words) || p.summary(t).Rejected != tt.rejected {
				t.Errorf("%q, %v: exit code %d: %s", tt.content, strict, p.code, p.stderr.String())
			}
		}
	}
}
