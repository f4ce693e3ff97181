package fcmsim

import (
	"maps"
	"net/http"
	"slices"
)

// The names of the faults, for Config.Faults and Answer.Fault. doc.go says
// what each does.
const (
	Unregistered     = "unregistered"
	SenderIDMismatch = "sender_id_mismatch"
	InvalidArgument  = "invalid_argument"
	QuotaExceeded    = "quota_exceeded"
	QuotaDevice      = "quota_device"
	QuotaTopic       = "quota_topic"
	QuotaProject     = "quota_project"
	Blocked          = "blocked"
	Unavailable      = "unavailable"
	Internal         = "internal"
	ThirdPartyAuth   = "third_party_auth"
	Unspecified      = "unspecified"
	Unauthenticated  = "unauthenticated"
	PermissionDenied = "permission_denied"
	NotFound         = "not_found"
	HTML502          = "html502"
	Redirect         = "redirect"
	Redirect300      = "redirect300"
	ResetBefore      = "reset_before"
	ResetAfter       = "reset_after"
	UnavailableAfter = "unavailable_after"
	Truncated        = "truncated"
	Garbage          = "garbage"
	GoAway           = "goaway"
	Hang             = "hang"
)

// answerOK is "no fault": for Answer.Fault, and a fate of its own.
const answerOK = "ok"

// FCM's error codes (FcmError.errorCode), with the HTTP status, the
// google.rpc status and the message that come with them.
// https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
var codes = map[string]*answer{
	"UNREGISTERED": {status: http.StatusNotFound, state: "NOT_FOUND",
		message: "Requested entity was not found."},
	"SENDER_ID_MISMATCH": {status: http.StatusForbidden, state: "PERMISSION_DENIED",
		message: "SenderId mismatch"},
	"INVALID_ARGUMENT": {status: http.StatusBadRequest, state: "INVALID_ARGUMENT",
		message: "Request contains an invalid argument."},
	"QUOTA_EXCEEDED": {status: http.StatusTooManyRequests, state: "RESOURCE_EXHAUSTED",
		message: "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute'."},
	"UNAVAILABLE": {status: http.StatusServiceUnavailable, state: "UNAVAILABLE",
		message: "The service is currently unavailable."},
	"INTERNAL": {status: http.StatusInternalServerError, state: "INTERNAL",
		message: "Internal error encountered."},
	"THIRD_PARTY_AUTH_ERROR": {status: http.StatusUnauthorized, state: "UNAUTHENTICATED",
		message: "Auth error from APNS or Web Push Service"},
	"UNSPECIFIED_ERROR": {status: http.StatusInternalServerError, state: "UNKNOWN",
		message: "Unknown error."},
}

// coded is the answer of one of FCM's error codes.
func coded(code string) *answer {
	a := *codes[code]
	a.code, a.tally = code, code
	return &a
}

// accepting is the answer that accepts, and is delivered as how says.
func accepting(tally string, how delivery) *answer {
	return &answer{tally: tally, status: http.StatusOK, how: how, accepts: true}
}

// faults is the closed set of what can go wrong by chance or by script.
var faults = map[string]*answer{
	Unregistered:     coded("UNREGISTERED"),
	SenderIDMismatch: coded("SENDER_ID_MISMATCH"),
	InvalidArgument:  coded("INVALID_ARGUMENT"),
	QuotaExceeded:    coded("QUOTA_EXCEEDED"),
	QuotaDevice:      limitHit(limitDevice, ""),
	QuotaTopic:       limitHit(limitTopic, ""),
	QuotaProject:     limitHit(limitProject, ""),
	Blocked:          {tally: "BLOCKED", status: http.StatusForbidden, how: page},
	Unavailable:      coded("UNAVAILABLE"),
	Internal:         coded("INTERNAL"),
	ThirdPartyAuth:   coded("THIRD_PARTY_AUTH_ERROR"),
	Unspecified:      coded("UNSPECIFIED_ERROR"),
	Unauthenticated: {tally: "UNAUTHENTICATED", status: http.StatusUnauthorized, state: "UNAUTHENTICATED",
		message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."},
	PermissionDenied: {tally: "PERMISSION_DENIED", status: http.StatusForbidden, state: "PERMISSION_DENIED",
		message: "Firebase Cloud Messaging API has not been used in this project before or it is disabled."},
	NotFound: {tally: "NOT_FOUND", status: http.StatusNotFound, state: "NOT_FOUND",
		message: "Project not found or deleted."},
	HTML502:     {tally: "HTML_502", status: http.StatusBadGateway, how: page},
	Redirect:    {tally: "REDIRECT_302", status: http.StatusFound, how: redirect},
	Redirect300: {tally: "REDIRECT_300", status: http.StatusMultipleChoices, how: page},
	ResetBefore: {tally: "RESET", how: reset},
	Hang:        {tally: "HANG", how: hang},
	Garbage:     {tally: "GARBAGE", status: http.StatusOK, how: page},
	ResetAfter:  accepting("RESET", reset),
	UnavailableAfter: func() *answer {
		a := coded("UNAVAILABLE")
		a.accepts = true
		return a
	}(),
	Truncated: accepting("TRUNCATED", truncate),
	GoAway:    accepting("OK", goAway),
}

// faultAnswers are the same answers, marked as made by a fault.
var faultAnswers = func() map[string]*answer {
	marked := make(map[string]*answer, len(faults))
	for name, shared := range faults {
		a := *shared
		a.fault = name
		marked[name] = &a
	}
	return marked
}()

// okAnswer accepts and says so.
var okAnswer = accepting("OK", reply)

// Faults returns the names of all faults, sorted.
func Faults() []string { return slices.Sorted(maps.Keys(faults)) }

// odds is a list of names with their rates, added up, for one draw.
type odds []struct {
	name string
	upTo float64
}

func newOdds(rates map[string]float64) odds {
	var list odds
	var sum float64
	for _, name := range slices.Sorted(maps.Keys(rates)) {
		sum += rates[name]
		list = append(list, struct {
			name string
			upTo float64
		}{name, sum})
	}
	return list
}

// pick returns the name that u, in [0, 1), falls on, or "".
func (o odds) pick(u float64) string {
	for _, one := range o {
		if u < one.upTo {
			return one.name
		}
	}
	return ""
}
