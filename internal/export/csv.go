package export

import (
	"strconv"
	"strings"

	"pushstream/internal/push"
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

// Columns returns the heads of a CSV: the columns that users of the log know, in
// their order, with what tells one push from another before them, and behind them what
// explains it and what else a push is made of.
func Columns() []string {
	return []string{push.FieldID, pushlog.FieldStatus, pushlog.FieldAcceptedAt,
		push.FieldSndnRsevHour, push.FieldCsno, push.FieldUUIDID, push.FieldDeviceID, push.FieldMsgTitle, push.FieldMsgContents,
		push.FieldServiceName, push.FieldPushGrpID, push.FieldCustTelno, pushlog.FieldFCMSendYN, pushlog.FieldFCMSendTime, pushlog.FieldResult,
		pushlog.FieldErrorCode, pushlog.FieldAttempts, push.FieldData, push.FieldPriority, push.FieldTTL}
}

// cells are the texts of a record, in the order of Columns.
func cells(r *pushlog.Record) []string {
	return []string{r.ID, string(r.Status), r.AcceptedAt,
		r.SndnRsevHour, r.Csno, r.UUIDID, r.DeviceID, r.MsgTitle, r.MsgContents,
		r.ServiceName, r.PushGrpID, r.CustTelno, r.FCMSendYN, r.FCMSendTime, r.Result,
		string(r.ErrorCode), strconv.Itoa(r.Attempts), pairs(r.Data), string(r.Priority), strconv.Itoa(r.TTL)}
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
