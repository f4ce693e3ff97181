package push

import (
	"slices"
	"testing"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	want := map[Code]Verdict{
		CodeAccepted:         VerdictSent,
		CodeUnregistered:     VerdictFail,
		CodeSenderIDMismatch: VerdictFail,
		CodeInvalidArgument:  VerdictFail,
		CodeThirdPartyAuth:   VerdictFail,
		CodeQuotaExceeded:    VerdictRetry,
		CodeUnavailable:      VerdictRetry,
		CodeInternal:         VerdictRetry,
		CodeUnspecified:      VerdictRetry,
		CodeCredential:       VerdictHold,
		CodePermission:       VerdictHold,
		CodeNotSent:          VerdictRetry,
		CodeNoAnswer:         VerdictRetry,
		CodeBadAnswer:        VerdictRetry,
		CodeStopped:          VerdictHold,
	}
	for code, verdict := range want {
		if got := code.Verdict(); got != verdict {
			t.Errorf("%s: verdict %d, want %d", code, got, verdict)
		}
		if !slices.Contains(Codes(), code) {
			t.Errorf("Codes lacks %s", code)
		}
	}
	if len(Codes()) != len(want) {
		t.Errorf("Codes has %v, this test %d", Codes(), len(want))
	}
	if CodeInvalidJob.Verdict() != VerdictFail {
		t.Error("a job that can't be read is tried")
	}
	if Code("ADDED_LATER").Verdict() != VerdictRetry || Code("").Verdict() != VerdictRetry {
		t.Error("a job is lost to an unknown code")
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	terminal := []Status{Sent, Failed, Expired, Cancelled}
	if len(Statuses()) != 7 {
		t.Error(Statuses())
	}
	for _, s := range Statuses() {
		if !s.Valid() || s.Terminal() != slices.Contains(terminal, s) {
			t.Errorf("%s: valid %v, terminal %v", s, s.Valid(), s.Terminal())
		}
	}
	for _, s := range []Status{"", "SENT", "in hand", "sent "} {
		if s.Valid() || s.Terminal() {
			t.Errorf("%q is a state", s)
		}
	}
}
