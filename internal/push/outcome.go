package push

import (
	"strings"
	"time"
)

// Code says how one try ended. It is a closed set, shared by the retry
// decision, the metrics' labels, the record's field error_code and the API.
// Names that FCM gives are FCM's (FcmError.errorCode in its v1 API).
type Code string

// The codes.
const (
	CodeAccepted Code = "ACCEPTED" // FCM answered 200

	// FCM's own.
	CodeUnregistered     Code = "UNREGISTERED"           // 404: the token is dead
	CodeSenderIDMismatch Code = "SENDER_ID_MISMATCH"     // 403: the token is of another project
	CodeInvalidArgument  Code = "INVALID_ARGUMENT"       // 400: the message or the token is wrong
	CodeThirdPartyAuth   Code = "THIRD_PARTY_AUTH_ERROR" // 401: the project's APNs or web push key is bad
	CodeQuotaExceeded    Code = "QUOTA_EXCEEDED"         // 429
	CodeUnavailable      Code = "UNAVAILABLE"            // 503, and any other 5xx that is not INTERNAL
	CodeInternal         Code = "INTERNAL"               // 500
	CodeUnspecified      Code = "UNSPECIFIED_ERROR"      // any: FCM gives no more detail

	// What FCM's table has no name for.
	CodeCredential Code = "CREDENTIAL"  // 401 without FcmError, or no OAuth token: the service account
	CodePermission Code = "PERMISSION"  // 403 or 404 without FcmError: API disabled, missing right, wrong project
	CodeNotSent    Code = "NOT_SENT"    // the request was surely not written
	CodeNoAnswer   Code = "NO_ANSWER"   // written, but no answer came: FCM may have accepted it
	CodeBadAnswer  Code = "BAD_ANSWER"  // an answer that is not FCM's: a redirect, a 200 without a message id
	CodeStopped    Code = "INTERRUPTED" // we stopped it ourselves before it was written
	CodeInvalidJob Code = "INVALID_JOB" // never tried: the stream entry could not be read as a job, or its id is that of another push
	CodeSuppressed Code = "SUPPRESSED"  // not tried: FCM has called the token dead before
	CodePoison     Code = "POISON"      // handed to consumer after consumer, and none of them answered for it
)

// Codes returns every code that a try can end with, so that metrics can start
// each at zero.
func Codes() []Code {
	return []Code{
		CodeAccepted, CodeUnregistered, CodeSenderIDMismatch, CodeInvalidArgument, CodeThirdPartyAuth,
		CodeQuotaExceeded, CodeUnavailable, CodeInternal, CodeUnspecified, CodeCredential, CodePermission,
		CodeNotSent, CodeNoAnswer, CodeBadAnswer, CodeStopped,
	}
}

// UntriedCodes returns every code that a push can fail with without a try.
func UntriedCodes() []Code { return []Code{CodeInvalidJob, CodeSuppressed, CodePoison} }

// Verdict says what a code means for the job.
type Verdict int

// The verdicts.
const (
	VerdictSent  Verdict = iota // done
	VerdictFail                 // never again
	VerdictRetry                // again later; the try counts
	VerdictHold                 // not the job's fault: again later, and the try does not count
)

// Verdict returns what c means for the job. An unknown code is retried, since
// a job must not be lost to a code that was added and forgotten here.
func (c Code) Verdict() Verdict {
	switch c {
	case CodeAccepted:
		return VerdictSent
	case CodeUnregistered, CodeSenderIDMismatch, CodeInvalidArgument, CodeThirdPartyAuth, CodeInvalidJob, CodeSuppressed, CodePoison:
		return VerdictFail
	case CodeQuotaExceeded, CodeCredential, CodePermission, CodeStopped:
		return VerdictHold
	}
	return VerdictRetry
}

// Scope says whose limit a 429 is about.
type Scope string

// The scopes.
const (
	ScopeUnknown Scope = ""
	ScopeDevice  Scope = "device" // one device token
	ScopeTopic   Scope = "topic"
	ScopeProject Scope = "project"
)

// Outcome is what became of one try to send a job.
type Outcome struct {
	Code       Code
	HTTPStatus int           // of FCM's answer; 0 if there was none
	MessageID  string        // FCM's name of the message, if it accepted it
	Detail     string        // a short reason in words, without tokens or secrets
	RetryAfter time.Duration // what FCM asked for; 0 if it did not ask
	Scope      Scope         // of CodeQuotaExceeded: whose limit is reached, as far as FCM says
	Took       time.Duration // from the start of the request to its answer
}

// BlamesToken is what the Detail of an INVALID_ARGUMENT begins with if the token
// is to blame.
const BlamesToken = "message.token: "

// DeadToken reports whether FCM says that the token itself is dead for this project:
// https://firebase.google.com/docs/cloud-messaging/manage-tokens
//
// SENDER_ID_MISMATCH does not say so: nearly always the project or the account of the
// sender is wrong, and the token is good.
func (o Outcome) DeadToken() bool {
	switch o.Code {
	case CodeUnregistered:
		return true
	case CodeInvalidArgument:
		return strings.HasPrefix(o.Detail, BlamesToken)
	}
	return false
}
