package fcmsim_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
)

func TestConfigNamesEveryMistake(t *testing.T) {
	t.Parallel()
	c := fcmsim.Config{
		Fates:             map[string]string{"a": "doom"},
		Scripts:           map[string][]fcmsim.Answer{"a": {{Fault: "ok"}, {}, {Fault: "nofault"}, {Fault: "hang", Status: 500}, {Code: "NOCODE"}, {Status: 204}}},
		Faults:            map[string]float64{"no_such": 0.1, fcmsim.Hang: -1, fcmsim.Internal: 0.6, fcmsim.NotFound: 0.7, fcmsim.Garbage: math.NaN()},
		TokenFaults:       map[string]float64{fcmsim.TokenHang: 2, fcmsim.Hang + "x": 0},
		RetryAfter:        "hours",
		RetryAfterSeconds: -1,
		Latency:           fcmsim.Latency{FixedMS: 1, MedianMS: -1, Sigma: 9},
		HangFor:           time.Hour,
		SlowFor:           -1,
		DevicePerMinute:   -1, QuotaPerMinute: -1,
		TokenTTL:     time.Millisecond,
		KeepMessages: -2,
	}
	err := c.Validate()
	if err == nil {
		t.Fatal("no mistake found")
	}
	for _, part := range []string{
		`no fate "doom"`, `answer 1: fault, code or status is needed`, `no fault "nofault"`, `answer 3: fault excludes`,
		`no code "NOCODE"`, `status must be 200, or 300 to 599, not 204`, `no fault "no_such"`, `rate of "hang" must be 0 to 1, not -1`,
		`rate of "garbage" must be 0 to 1, not NaN`, `faults: the rates are 1.4`, `token_faults: the rate of "hang"`, `token_faults: no fault "hangx"`,
		`retry_after: must be`, `retry_after_seconds`, `latency.median_ms`, `latency.sigma`, `hang_for`, `slow_for`,
		`quota_per_minute`, `device_per_minute`, `token_ttl`, `keep_messages`,
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("nothing about %q in:\n%v", part, err)
		}
	}
	if strings.Contains(err.Error(), "answer 0") {
		t.Errorf("a good answer is refused:\n%v", err)
	}
}

func TestZeroConfigIsGood(t *testing.T) {
	t.Parallel()
	if err := (fcmsim.Config{}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestConfigSurvivesJSON(t *testing.T) {
	t.Parallel()
	// Every field is set, so that one without a JSON form is noticed.
	c := fcmsim.Config{
		Seed: 1, Fates: map[string]string{"a": "ghost"}, Scripts: map[string][]fcmsim.Answer{"b": {{Fault: "hang", RetryAfter: "1"}}},
		Faults: map[string]float64{"hang": 0.5}, TokenFaults: map[string]float64{"hang": 0.5}, RetryAfter: "date", RetryAfterSeconds: 3,
		Latency: fcmsim.Latency{MedianMS: 2, Sigma: 0.5}, HangFor: 90 * time.Second, SlowFor: time.Second, QuotaPerMinute: 5, DevicePerMinute: 6,
		RequireAuth: true, TokenTTL: time.Minute, KeepMessages: -1,
	}
	for v, i := reflect.ValueOf(c), 0; i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Fatalf("%s isn't set", v.Type().Field(i).Name)
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"hang_for":"1m30s"`) {
		t.Errorf("JSON = %s", text)
	}
	var back fcmsim.Config
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, back) {
		t.Errorf("came back as %+v", back)
	}
}

func TestConfigJSONIsStrict(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"sed":1}`, `{"latency":{"fixed":1}}`, `{"scripts":{"t":[{"falt":"ok"}]}}`, `{"hang_for":3}`, `{"hang_for":"3"}`, `{"seed":1} {}`,
	} {
		var c fcmsim.Config
		if err := json.Unmarshal([]byte(text), &c); err == nil {
			t.Errorf("%s was read as %+v", text, c)
		}
	}
}

func TestNewPanicsOnABadConfig(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("New took a bad config")
		}
	}()
	fcmsim.New(fcmsim.Config{RetryAfter: "never"})
}
