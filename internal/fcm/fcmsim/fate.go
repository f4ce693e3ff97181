package fcmsim

import "strings"

// fates is what each fate makes of a try; first is the first of a msg_id.
var fates = map[string]func(first bool) *answer{
	answerOK:       always(okAnswer),
	"unregistered": always(faults[Unregistered]),
	"mismatch":     always(faults[SenderIDMismatch]),
	"invalid":      always(badToken),
	"apns":         always(faults[ThirdPartyAuth]),
	"unavailable":  always(faults[Unavailable]),
	"flaky":        once(faults[Unavailable]),
	"quota":        once(quotaHit("1")),
	"limited":      always(faults[QuotaDevice]),
	"blocked":      always(faults[Blocked]),
	"slow":         always(&answer{tally: "OK", status: okAnswer.status, accepts: true, slow: true}),
	"ghost":        once(faults[ResetAfter]),
}

func always(a *answer) func(bool) *answer {
	return func(bool) *answer { return a }
}

func once(a *answer) func(bool) *answer {
	return func(first bool) *answer {
		if first {
			return a
		}
		return okAnswer
	}
}

// quotaHit is FCM's 429 for a device, with a Retry-After.
func quotaHit(retryAfter string) *answer { return limitHit(limitDevice, retryAfter) }

// fateOf returns what happens to a try for token: by its setting, else by its
// ending.
func fateOf(token string, set map[string]string, first bool) *answer {
	name, ok := set[token]
	if !ok {
		name = token[strings.LastIndexByte(token, '-')+1:]
		if len(name) == len(token) {
			return okAnswer
		}
	}
	if fate, ok := fates[name]; ok {
		return fate(first)
	}
	return okAnswer
}
