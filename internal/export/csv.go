package export

import (
	"strings"

	"pushstream/internal/pushlog"
)

// A CSV is UTF-8 with a byte order mark, without which Excel takes Korean for something
// else; fields quoted as RFC 4180 has it, lines ended by CR LF.
//
// That of the log is for programs: each cell is the value itself, and what was exported can
// be handed in again and is the same push. So a spreadsheet that opens it takes some for
// numbers or dates, and =1+1 for a formula: people get the other one, see Excel.
const (
	bom     = "\ufeff"
	lineEnd = "\r\n"
)

// Columns returns the heads of a CSV: see pushlog.Columns.
func Columns() (names []string) {
	columns := pushlog.Columns()
	for i := range columns {
		names = append(names, columns[i].Name)
	}
	return names
}

// cells are the texts of a record, in the order of Columns.
func cells(r *pushlog.Record) []string {
	columns := pushlog.Columns()
	all := make([]string, len(columns))
	for i := range columns {
		all[i] = columns[i].Cell(r)
	}
	return all
}

func appendHead(b []byte, columns []string) []byte {
	return append(append(append(b, bom...), strings.Join(columns, ",")...), lineEnd...)
}

func appendRow(b []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendCell(b, strings.ToValidUTF8(cell, "\ufffd"))
	}
	return append(b, lineEnd...)
}

// appendCell quotes a text where it must be. encoding/csv would change the line
// ends in it.
func appendCell(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}

// defuse puts a ' before what a spreadsheet would take for a formula: what begins
// with one of the characters that OWASP names, or their full-width forms.
// https://owasp.org/www-community/attacks/CSV_Injection
func defuse(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r\n") {
		return "'" + s
	}
	for _, wide := range []string{"＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, wide) {
			return "'" + s
		}
	}
	return s
}
