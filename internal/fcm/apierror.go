package fcm

import (
	"encoding/json"
	"slices"
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
	limits    string // what QuotaFailure and ErrorInfo say of the limit that is reached, in small letters
}

// parseError reads an error body. What isn't JSON, or of another shape, gives
// an empty apiError.
func parseError(body []byte) apiError {
	var b struct {
		Error struct {
			Message string            `json:"message"`
			Status  string            `json:"status"`
			Details []json.RawMessage `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &b) != nil {
		return apiError{}
	}
	e := apiError{status: b.Error.Status, message: b.Error.Message}
	var limits []string
	for _, raw := range b.Error.Details {
		var d errorDetail
		if json.Unmarshal(raw, &d) != nil {
			continue // of a kind that is of no use here
		}
		for _, v := range d.Violations {
			subject, _, _ := strings.Cut(v.Subject, ":") // what follows is a name
			limits = append(limits, subject+":", v.Description, v.QuotaID, v.QuotaMetric)
		}
		limits = append(limits, d.Metadata.QuotaLimit, d.Metadata.QuotaMetric)
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
	e.limits = strings.TrimSpace(strings.ToLower(strings.Join(limits, " ")))
	return e
}

// scope says whose limit a 429 is about. FCM has one for the project, for each device and
// for each topic, and the same code for all three; google.rpc.QuotaFailure and ErrorInfo
// tell them apart.
// https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
// https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
func (e apiError) scope() push.Scope {
	says := func(text string, words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	message := strings.ToLower(e.message)
	switch {
	case says(e.limits, "device", "registration token"), says(message, "device message rate"):
		return push.ScopeDevice
	case says(e.limits, "topic"), says(message, "topic message rate", "topic quota"):
		return push.ScopeTopic
	case says(e.limits, "perproject", "per project", "project:", "message rate exceeded"):
		return push.ScopeProject
	}
	return push.ScopeUnknown
}

type errorDetail struct {
	Type            string `json:"@type"`
	ErrorCode       string `json:"errorCode"`
	FieldViolations []struct {
		Field string `json:"field"`
	} `json:"fieldViolations"`

	// google.rpc.QuotaFailure
	Violations []struct {
		Subject     string `json:"subject"`
		Description string `json:"description"`
		QuotaID     string `json:"quotaId"`
		QuotaMetric string `json:"quotaMetric"`
	} `json:"violations"`

	// google.rpc.ErrorInfo; its consumer is the project whatever the limit is
	Metadata struct {
		QuotaLimit  string `json:"quota_limit"`
		QuotaMetric string `json:"quota_metric"`
	} `json:"metadata"`
}

// code is the code that the body names, or "".
func (e apiError) code() push.Code {
	if e.fcmError {
		return codes[e.errorCode]
	}
	return codes[e.status]
}
