package fcm

import (
	"encoding/json"
	"strings"

	"pushstream/internal/push"
)

// fieldToken is the field of a violation that condemns the token, not the
// message.
const fieldToken = "message.token"

// codes translates FcmError.errorCode, and error.status where a body has no
// FcmError. Statuses that mean one thing with an FcmError and another without
// (NOT_FOUND, PERMISSION_DENIED, UNAUTHENTICATED) are left to the HTTP status.
// https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
// https://cloud.google.com/apis/design/errors
var codes = map[string]push.Code{
	"UNREGISTERED":           push.CodeUnregistered,
	"SENDER_ID_MISMATCH":     push.CodeSenderIDMismatch,
	"INVALID_ARGUMENT":       push.CodeInvalidArgument,
	"THIRD_PARTY_AUTH_ERROR": push.CodeThirdPartyAuth,
	"APNS_AUTH_ERROR":        push.CodeThirdPartyAuth, // its name until 2019
	"QUOTA_EXCEEDED":         push.CodeQuotaExceeded,
	"RESOURCE_EXHAUSTED":     push.CodeQuotaExceeded,
	"UNAVAILABLE":            push.CodeUnavailable,
	"INTERNAL":               push.CodeInternal,
	"UNSPECIFIED_ERROR":      push.CodeUnspecified,
}

// apiError is the part of an error body that matters to us.
type apiError struct {
	fcmError  bool   // there was an FcmError
	errorCode string // its errorCode
	status    string // error.status
	message   string
	field     string // the field that was violated; message.token if that is among them
}

// parseError reads an error body. What isn't JSON, or of another shape, gives
// an empty apiError.
func parseError(body []byte) apiError {
	var b struct {
		Error struct {
			Message string        `json:"message"`
			Status  string        `json:"status"`
			Details []errorDetail `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &b) != nil {
		return apiError{}
	}
	e := apiError{status: b.Error.Status, message: b.Error.Message}
	for _, d := range b.Error.Details {
		if strings.HasSuffix(d.Type, "google.firebase.fcm.v1.FcmError") {
			e.fcmError = true
			e.errorCode = d.ErrorCode
		}
		for _, v := range d.FieldViolations {
			if e.field == "" || v.Field == fieldToken {
				e.field = v.Field
			}
		}
	}
	return e
}

type errorDetail struct {
	Type            string `json:"@type"`
	ErrorCode       string `json:"errorCode"`
	FieldViolations []struct {
		Field string `json:"field"`
	} `json:"fieldViolations"`
}

// code is the code that the body names, or "".
func (e apiError) code() push.Code {
	if e.fcmError {
		return codes[e.errorCode]
	}
	return codes[e.status]
}
