package stream

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
	"pushstream/internal/redisscript"
)

// Reason says why all sending is held. It is a closed set, shared by Redis, the
// metric's label and the API.
type Reason string

// The reasons.
const (
	HoldQuota        Reason = "quota"        // FCM's 429: ends when FCM said
	HoldOutage       Reason = "outage"       // FCM does not answer, or with 5xx only
	HoldCredential   Reason = "credential"   // FCM, or the token endpoint, refuses the service account
	HoldPermission   Reason = "permission"   // API disabled, right missing, wrong project
	HoldMismatch     Reason = "mismatch"     // FCM says of one token after the other that it is another project's
	HoldUnregistered Reason = "unregistered" // FCM says of nearly every token that it is invalid
)

// Reasons returns every reason, so that metrics can start each at zero.
func Reasons() []Reason {
	return []Reason{HoldQuota, HoldOutage, HoldCredential, HoldPermission, HoldMismatch, HoldUnregistered}
}

// answers reports whether FCM answers, and only an acceptance shows that the trouble is
// over.
func (r Reason) answers() bool { return r == HoldMismatch || r == HoldUnregistered }

// Mend says in words what ends the trouble.
func (r Reason) Mend() string {
	switch r {
	case HoldQuota:
		return "it ends when FCM said; lower FCM_RATE, or ask Google for more quota, if it comes back"
	case HoldOutage:
		return "it ends when FCM answers again; look at FCM's status page, at the network and the proxy"
	case HoldCredential:
		return "mend the service account, or give all consumers a valid one (GOOGLE_APPLICATION_CREDENTIALS) and restart them"
	case HoldPermission:
		return "enable the Firebase Cloud Messaging API (V1), give the service account the right to send, and check FCM_PROJECT_ID; " +
			"look at the proxy if it, and not FCM, refuses"
	case HoldMismatch:
		return "check FCM_PROJECT_ID and GOOGLE_APPLICATION_CREDENTIALS: the device tokens are of another project; " +
			"it ends when FCM accepts a push, or by hand if the device tokens are wrong"
	case HoldUnregistered:
		return "check FCM_PROJECT_ID and FCM's status page; it ends when FCM accepts a push; " +
			"end it by hand if the device tokens are really invalid: then UNREGISTERED is believed for 10 minutes"
	}
	return ""
}

// Hold is why and until when nothing is sent to an FCM project, by any consumer.
type Hold struct {
	Project string    `json:"project"`
	Reason  Reason    `json:"reason"`
	Code    push.Code `json:"code"`             // of the answer that began it, or of the newest probe
	Detail  string    `json:"detail,omitempty"` // of the same answer
	Mend    string    `json:"mend"`
	By      string    `json:"by"` // consumer whose answer that was
	Since   string    `json:"since"`
	Until   string    `json:"until,omitempty"`    // quota: it ends then
	ProbeAt string    `json:"probe_at,omitempty"` // else: a single push tries then whether it is over

	// The evidence: which consumers failed, with how many device tokens, since when.
	Workers      []string `json:"workers"`
	Tokens       int      `json:"tokens"`
	FailingSince string   `json:"failing_since,omitempty"`
}

// Error words the hold for /readyz.
func (h *Hold) Error() string {
	text := fmt.Sprintf("sending is held since %s: %s, %s %s", h.Since, h.Reason, h.Code, h.Detail)
	if h.Until != "" {
		text += ", until " + h.Until
	} else {
		text += ", next probe at " + h.ProbeAt
	}
	return text + "; " + h.Mend
}

// onEvidence reports whether it ends with the first answer, not by its time.
func (h *Hold) onEvidence() bool { return h.Until == "" }

// parseHold reads a hold's hash; nil if there is none, or if it has run out by now,
// Redis's time, and no permit was asked for since.
func parseHold(project string, h map[string]string, now time.Time) *Hold {
	reason := Reason(h["reason"])
	until, err := strconv.ParseInt(h["until_ms"], 10, 64)
	if reason == "" || err == nil && until < now.UnixMilli() {
		return nil
	}
	tokens, _ := strconv.Atoi(h["tokens"]) // it is for showing only
	return &Hold{
		Project: project, Reason: reason, Code: push.Code(h["code"]), Detail: h["detail"], Mend: reason.Mend(),
		By: h["by"], Since: h["since"], Until: h["until"], ProbeAt: h["probe_at"],
		Workers: append([]string{}, strings.Fields(h["workers"])...), Tokens: tokens, FailingSince: h["failing_since"],
	}
}

// readHold returns the hold of a project, nil if there is none.
func readHold(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, project string) (*Hold, error) {
	h, err := rdb.HGetAll(ctx, holdKey(keys, project)).Result()
	if err != nil {
		return nil, fmt.Errorf("read hold: %w", err)
	}
	if len(h) == 0 {
		return nil, nil
	}
	now, err := redisclock.Time(ctx, rdb, holdKey(keys, project))
	if err != nil {
		return nil, err
	}
	return parseHold(project, h, now), nil
}

// What endHold is to do.
const (
	oneHold = "hold"
	noHold  = "none"
)

var endHoldScript = library.Load("end_hold", redisscript.Writes, redisscript.Names{Keys: "hold rate evidence", Args: "ramp_up_ms what"})

// endHold ends the hold of a project, or none, and has sending begin slowly. It reports
// whether it ended one.
func endHold(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, project string, rampUp time.Duration, what string) (bool, error) {
	ended, err := endHoldScript.Run(ctx, rdb, []string{holdKey(keys, project), rateKey(keys, project), evidenceKey(keys, project)},
		rampUp.Milliseconds(), what)
	if err != nil {
		return false, fmt.Errorf("end hold: %w", err)
	}
	return ended == int64(1), nil
}

// sign is what an answer says of the way to FCM.
type sign int

const (
	neutral  sign = iota
	alive         // FCM answers, be it with a refusal
	absent        // no answer, or 5xx
	refusing      // refused, but not by FCM itself: reasonOf says why
)

// signOf says what an outcome tells of the way to FCM.
func signOf(code push.Code) sign {
	switch code {
	case push.CodeCredential, push.CodePermission:
		return refusing
	case push.CodeUnavailable, push.CodeInternal, push.CodeNotSent, push.CodeNoAnswer, push.CodeBadAnswer:
		return absent
	case push.CodeStopped:
		return neutral
	}
	return alive
}

func reasonOf(code push.Code) Reason {
	switch code {
	case push.CodeCredential:
		return HoldCredential
	case push.CodePermission:
		return HoldPermission
	}
	return HoldOutage
}

// quotaWait is how long a 429 holds: Retry-After, else a minute (FCM's
// documentation).
func quotaWait(o push.Outcome) time.Duration { return cmp.Or(o.RetryAfter, quotaDelay) }
