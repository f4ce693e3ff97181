package jobfile

import (
	"regexp"
	"strings"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// labels are the heads of an export of the log for Excel, without blanks and in small
// letters.
var labels = map[string]string{
	"푸시id": push.FieldID, "pushid": push.FieldID,
	"발송예약시각": push.FieldSndnRsevHour, "scheduledat": push.FieldSndnRsevHour,
	"고객번호": push.FieldCsno, "customerno.": push.FieldCsno,
	"uuid": push.FieldUUIDID,
	"기기토큰": push.FieldDeviceID, "devicetoken": push.FieldDeviceID,
	"제목": push.FieldMsgTitle, "title": push.FieldMsgTitle,
	"내용": push.FieldMsgContents, "body": push.FieldMsgContents,
	"서비스명": push.FieldServiceName, "service": push.FieldServiceName,
	"푸시그룹": push.FieldPushGrpID, "pushgroup": push.FieldPushGrpID,
	"전화번호": push.FieldCustTelno, "phone": push.FieldCustTelno,

	"상태":   pushlog.FieldStatus,
	"수신시각": pushlog.FieldAcceptedAt, "receivedat": pushlog.FieldAcceptedAt,
	"전송여부": pushlog.FieldFCMSendYN, "sent": pushlog.FieldFCMSendYN,
	"fcm전송시각": pushlog.FieldFCMSendTime, "fcmsentat": pushlog.FieldFCMSendTime,
	"결과":   pushlog.FieldResult,
	"오류코드": pushlog.FieldErrorCode, "errorcode": pushlog.FieldErrorCode,
	"시도횟수": pushlog.FieldAttempts, "tries": pushlog.FieldAttempts,
}

// labelled is the column that a label means; empty if there is none.
func labelled(name string) string {
	return labels[strings.ToLower(strings.Join(strings.Fields(name), ""))]
}

var (
	textCell = regexp.MustCompile(`^=(?:"(?:[^"]|"")*"|CHAR\(10\))(?:&(?:"(?:[^"]|"")*"|CHAR\(10\)))*$`)
	textPart = regexp.MustCompile(`"((?:[^"]|"")*)"|CHAR\(10\)`)
)

// plainCell is the text of a cell that is written as a formula, ="00123456", so that
// Excel leaves it as it is. An export for Excel has its texts so.
func plainCell(value string) string {
	if !textCell.MatchString(value) {
		return value
	}
	var text strings.Builder
	for _, part := range textPart.FindAllStringSubmatch(value, -1) {
		if part[0] == "CHAR(10)" {
			text.WriteByte('\n')
		}
		text.WriteString(strings.ReplaceAll(part[1], `""`, `"`))
	}
	return text.String()
}
