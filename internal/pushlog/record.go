package pushlog

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"pushstream/internal/push"
)

// The names of a record's fields beside those of its job.
const (
	FieldStatus      = "status"
	FieldAcceptedAt  = "accepted_at" // RFC 3339, UTC, like all times of a record
	FieldExpiresAt   = "expires_at"  // nobody tries after it
	FieldAttempts    = "attempts"    // tries at FCM
	FieldDeliveries  = "deliveries"  // times handed to a consumer
	FieldFCMSendYN   = "fcm_send_yn"
	FieldFCMSendTime = "fcm_send_time"
	FieldResult      = "result"
	FieldErrorCode   = "error_code"
	FieldConsumer    = "consumer" // who had it in hand last
	FieldRetryUntil  = "retry_until"
	FieldFingerprint = "fingerprint" // push.Job.Fingerprint of what was accepted; nothing changes it
	FieldRaw         = "raw"         // JSON of the fields of an entry that could not be read
	PrefixTry        = "try."
	PrefixLate       = "late."
	PrefixDelivery   = "delivery." // deliveries that were lost: taken over from a silent consumer
	PrefixRedrive    = "redrive."  // what the push was before it was redriven
	PrefixMove       = "move."     // when it would have been due before it was moved
)

// TimeFormat is how a record writes times: RFC 3339 in UTC with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// Record is what the log knows of one push.
type Record struct {
	push.Job
	Status      push.Status     `json:"status"`
	AcceptedAt  string          `json:"accepted_at"`
	ExpiresAt   string          `json:"expires_at,omitempty"`
	Attempts    int             `json:"attempts"`
	Deliveries  int             `json:"deliveries"`
	FCMSendYN   string          `json:"fcm_send_yn,omitempty"`
	FCMSendTime string          `json:"fcm_send_time,omitempty"`
	Result      string          `json:"result,omitempty"`
	ErrorCode   push.Code       `json:"error_code,omitempty"`
	Consumer    string          `json:"consumer,omitempty"`
	Tries       []string        `json:"tries,omitempty"`     // oldest first; of very many, some in the middle are dropped
	Late        []string        `json:"late,omitempty"`      // answers of consumers that had lost the push
	Takeovers   []string        `json:"takeovers,omitempty"` // oldest first: who was silent, and who took over
	Redrives    []string        `json:"redrives,omitempty"`  // oldest first: what it was before
	Moves       []string        `json:"moves,omitempty"`     // oldest first: when it would have been due; the last 20
	Raw         json.RawMessage `json:"raw,omitempty"`
}

// What is shown of a field that is longer than any that pushstream writes, such as one
// that was written by hand, or by a version that did not bound it; in bytes.
const (
	maxShown    = 32 << 10 // data of 4 KiB may be written as 24
	maxShownRaw = 512 << 10
	maxLines    = 1000 // of each kind
)

// bounded is a value of a record, cut if it is too long.
func bounded(s string) string {
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}

// boundedAll is the hash of a record in which every value has a bound.
func boundedAll(h map[string]string) map[string]string {
	for name, value := range h {
		if name != FieldRaw && len(value) > maxShown {
			h[name] = bounded(value)
		}
	}
	if len(h[FieldRaw]) > maxShownRaw {
		h[FieldRaw] = `{"…":"` + strconv.Itoa(len(h[FieldRaw])) + ` bytes, too many to show"}`
	}
	return h
}

// parseRecord reads the hash of one push. A field that was written by hand and
// can't be read stays empty: a record must always be showable.
func parseRecord(id string, h map[string]string) Record {
	h = boundedAll(h)
	r := Record{
		Status:      push.Status(h[FieldStatus]),
		AcceptedAt:  h[FieldAcceptedAt],
		ExpiresAt:   h[FieldExpiresAt],
		FCMSendYN:   h[FieldFCMSendYN],
		FCMSendTime: h[FieldFCMSendTime],
		Result:      h[FieldResult],
		ErrorCode:   push.Code(h[FieldErrorCode]),
		Consumer:    h[FieldConsumer],
	}
	fields := push.Columns()
	for i := range fields {
		fields[i].Set(&r.Job, h[fields[i].Name])
	}
	r.ID = id
	r.Attempts, _ = strconv.Atoi(h[FieldAttempts])
	r.Deliveries, _ = strconv.Atoi(h[FieldDeliveries])
	if raw := h[FieldRaw]; json.Valid([]byte(raw)) {
		r.Raw = json.RawMessage(raw)
	}
	r.addLines(h)
	return r
}

// addLines adds the values of prefix1, prefix2, … in the order of their numbers, and
// the late ones in that of their times. It looks at each name once: a page has many.
func (r *Record) addLines(h map[string]string) {
	kinds := [...]struct {
		prefix  string
		lines   *[]string
		numbers []int
	}{{PrefixTry, &r.Tries, nil}, {PrefixDelivery, &r.Takeovers, nil}, {PrefixRedrive, &r.Redrives, nil}, {PrefixMove, &r.Moves, nil}}
	for name, line := range h {
		dot := strings.IndexByte(name, '.')
		if dot < 0 {
			continue
		}
		prefix, number := name[:dot+1], name[dot+1:]
		if prefix == PrefixLate {
			r.Late = append(r.Late, line)
			continue
		}
		for k := range kinds {
			if n, err := strconv.Atoi(number); prefix == kinds[k].prefix && err == nil && n > 0 && strconv.Itoa(n) == number {
				kinds[k].numbers = append(kinds[k].numbers, n)
			}
		}
	}
	slices.Sort(r.Late)
	r.Late = r.Late[max(0, len(r.Late)-maxLines):]
	for _, kind := range kinds {
		slices.Sort(kind.numbers)
		kind.numbers = kind.numbers[max(0, len(kind.numbers)-maxLines):]
		for _, n := range kind.numbers {
			*kind.lines = append(*kind.lines, h[kind.prefix+strconv.Itoa(n)])
		}
	}
}
