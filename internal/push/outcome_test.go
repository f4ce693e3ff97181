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
		CodeQuotaExceeded:    VerdictHold,
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
	for _, code := range []Code{CodeInvalidJob, CodeSuppressed, CodePoison} {
		if code.Verdict() != VerdictFail || slices.Contains(Codes(), code) {
			t.Errorf("%s is tried", code)
		}
	}
	if Code("ADDED_LATER").Verdict() != VerdictRetry || Code("").Verdict() != VerdictRetry {
		t.Error("a job is lost to an unknown code")
	}
}

func TestDeadToken(t *testing.T) {
	t.Parallel()
	for _, o := range []Outcome{
		{Code: CodeUnregistered}, {Code: CodeInvalidArgument, Detail: "message.token: not a token"},
	} {
		if !o.DeadToken() {
			t.Errorf("%+v: the token is not dead", o)
		}
	}
	for _, o := range []Outcome{
		{Code: CodeAccepted}, {Code: CodeInvalidArgument, Detail: "message.data: too long"}, {Code: CodeThirdPartyAuth},
		{Code: CodePermission}, {Code: CodeUnavailable}, {Code: CodeNoAnswer}, {Code: CodeSenderIDMismatch},
	} {
		if o.DeadToken() {
			t.Errorf("%+v: the token is dead", o)
		}
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
