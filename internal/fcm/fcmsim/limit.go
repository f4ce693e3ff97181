package fcmsim

// limit is one of FCM's limits, as its 429 names it.
// https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
type limit struct{ subject, description, quotaID string }

// The limits. FCM's code is the same for all of them.
var (
	limitDevice  = limit{"device", "Device message rate exceeded", "SendsPerMinutePerDevice"}
	limitTopic   = limit{"topic", "Topic message rate exceeded", "SendsPerMinutePerTopic"}
	limitProject = limit{"project:demo", "Message rate exceeded", "SendsPerMinutePerProject"}
)

// The details of a 429.
type (
	quotaFailure struct {
		Type       string           `json:"@type"`
		Violations []quotaViolation `json:"violations"`
	}
	quotaViolation struct {
		Subject     string `json:"subject"`
		Description string `json:"description"`
	}
	errorInfo struct {
		Type     string            `json:"@type"`
		Reason   string            `json:"reason"`
		Domain   string            `json:"domain"`
		Metadata map[string]string `json:"metadata"`
	}
)

// limitHit is FCM's 429 for a limit; without a Retry-After, Config.RetryAfter has its say.
func limitHit(l limit, retryAfter string) *answer {
	a := coded("QUOTA_EXCEEDED")
	a.retryAfter = retryAfter
	a.details = []any{
		quotaFailure{"type.googleapis.com/google.rpc.QuotaFailure", []quotaViolation{{l.subject, l.description}}},
		errorInfo{"type.googleapis.com/google.rpc.ErrorInfo", "RATE_LIMIT_EXCEEDED", "googleapis.com", map[string]string{
			"service": "fcm.googleapis.com", "consumer": "projects/1029384756", "quota_limit": l.quotaID, "quota_location": "global",
		}},
	}
	return a
}
