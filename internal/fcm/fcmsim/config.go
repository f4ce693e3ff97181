package fcmsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Limits and defaults of Config.
const (
	DefaultSlowFor      = 3 * time.Second
	DefaultTokenTTL     = 3599 * time.Second
	DefaultKeepMessages = 1000
	MaxKeepMessages     = 1_000_000
	MaxDelay            = 10 * time.Minute // of HangFor, SlowFor and a drawn latency
)

// The forms of Config.RetryAfter.
const (
	RetryAfterNone    = ""
	RetryAfterSeconds = "seconds" // Retry-After: 7
	RetryAfterDate    = "date"    // Retry-After: Sun, 22 Nov 2026 00:30:01 GMT
)

// Config is everything that can be set. Its zero value answers as a healthy
// FCM does, at once and without a quota. In JSON durations are text ("3s").
type Config struct {
	// Seed of all random draws. The same seed gives the same faults.
	Seed uint64 `json:"seed"`
	// Fates gives tokens a fate by name, whatever their ending is.
	Fates map[string]string `json:"fates,omitempty"`
	// Scripts gives tokens answers that are consumed one per try.
	Scripts map[string][]Answer `json:"scripts,omitempty"`
	// Faults are rates, 0 to 1, by name; together at most 1.
	Faults map[string]float64 `json:"faults,omitempty"`
	// TokenFaults are the same for POST /token.
	TokenFaults map[string]float64 `json:"token_faults,omitempty"`
	// RetryAfter is the form of the Retry-After of 429 and 503 answers that
	// don't bring their own.
	RetryAfter string `json:"retry_after,omitempty"`
	// RetryAfterSeconds is its value.
	RetryAfterSeconds int `json:"retry_after_seconds,omitempty"`
	// Latency of every answer.
	Latency Latency `json:"latency"`
	// HangFor bounds a hang, after which the stream breaks; 0 is MaxDelay.
	// The client usually goes away earlier.
	HangFor time.Duration `json:"-"`
	// SlowFor is how late the fate "slow" answers; 0 is DefaultSlowFor.
	SlowFor time.Duration `json:"-"`
	// QuotaPerMinute is the bucket of each project; 0 is none.
	QuotaPerMinute int `json:"quota_per_minute,omitempty"`
	// DevicePerMinute is the bucket of each token; 0 is none. FCM's is 240.
	DevicePerMinute int `json:"device_per_minute,omitempty"`
	// RequireAuth refuses requests without a bearer token that /token gave.
	RequireAuth bool `json:"require_auth,omitempty"`
	// TokenTTL is how long a bearer token is good; 0 is DefaultTokenTTL.
	TokenTTL time.Duration `json:"-"`
	// KeepMessages bounds the accepted messages that are kept to be read;
	// 0 is DefaultKeepMessages, -1 none.
	KeepMessages int `json:"keep_messages,omitempty"`
}

// plainConfig is Config without its methods, configJSON its JSON form.
type (
	plainConfig Config
	configJSON  struct {
		*plainConfig
		HangFor  durationText `json:"hang_for,omitempty"`
		SlowFor  durationText `json:"slow_for,omitempty"`
		TokenTTL durationText `json:"token_ttl,omitempty"`
	}
	durationText time.Duration
)

// MarshalText writes 90 s as "1m30s".
func (d durationText) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

// UnmarshalText reads what time.ParseDuration reads.
func (d *durationText) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = durationText(parsed)
	return err
}

// MarshalJSON writes durations as text.
func (c Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(configJSON{
		plainConfig: (*plainConfig)(&c),
		HangFor:     durationText(c.HangFor),
		SlowFor:     durationText(c.SlowFor),
		TokenTTL:    durationText(c.TokenTTL),
	})
}

// UnmarshalJSON reads a whole Config; fields it doesn't name are zero, and
// fields that don't exist are refused.
func (c *Config) UnmarshalJSON(data []byte) error {
	fresh := Config{}
	wire := configJSON{plainConfig: (*plainConfig)(&fresh)}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&wire); err != nil {
		return err
	}
	fresh.HangFor = time.Duration(wire.HangFor)
	fresh.SlowFor = time.Duration(wire.SlowFor)
	fresh.TokenTTL = time.Duration(wire.TokenTTL)
	*c = fresh
	return nil
}

// Validate returns everything that is wrong with c, one error per line, or nil.
func (c Config) Validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	for _, token := range slices.Sorted(maps.Keys(c.Fates)) {
		if _, ok := fates[c.Fates[token]]; !ok {
			add("fates: no fate %q (of token %q); there are %s", c.Fates[token], token, names(fates))
		}
	}
	for _, token := range slices.Sorted(maps.Keys(c.Scripts)) {
		for i, one := range c.Scripts[token] {
			if err := one.validate(); err != nil {
				add("scripts: token %q, answer %d: %w", token, i, err)
			}
		}
	}
	errs = append(errs, checkRates("faults", c.Faults, faults)...)
	errs = append(errs, checkRates("token_faults", c.TokenFaults, tokenFaults)...)
	switch c.RetryAfter {
	case RetryAfterNone, RetryAfterSeconds, RetryAfterDate:
	default:
		add("retry_after: must be empty, %q or %q, not %q", RetryAfterSeconds, RetryAfterDate, c.RetryAfter)
	}
	if c.RetryAfterSeconds < 0 {
		add("retry_after_seconds: must not be negative")
	}
	errs = append(errs, c.Latency.validate()...)
	checkDelay := func(name string, d time.Duration) {
		if d < 0 || d > MaxDelay {
			add("%s: must be 0 to %s, not %s", name, MaxDelay, d)
		}
	}
	checkDelay("hang_for", c.HangFor)
	checkDelay("slow_for", c.SlowFor)
	if c.QuotaPerMinute < 0 {
		add("quota_per_minute: must not be negative")
	}
	if c.DevicePerMinute < 0 {
		add("device_per_minute: must not be negative")
	}
	if c.TokenTTL < 0 || c.TokenTTL%time.Second != 0 {
		add("token_ttl: must be whole seconds, not %s", c.TokenTTL)
	}
	if c.KeepMessages < -1 || c.KeepMessages > MaxKeepMessages {
		add("keep_messages: must be -1 to %d, not %d", MaxKeepMessages, c.KeepMessages)
	}
	return errors.Join(errs...)
}

// checkRates refuses names that are not in known, rates outside 0 to 1, and
// rates that are more than 1 together.
func checkRates[V any](field string, rates map[string]float64, known map[string]V) []error {
	var errs []error
	var sum float64
	for _, name := range slices.Sorted(maps.Keys(rates)) {
		rate := rates[name]
		if _, ok := known[name]; !ok {
			errs = append(errs, fmt.Errorf("%s: no fault %q; there are %s", field, name, names(known)))
		}
		if !(rate >= 0 && rate <= 1) { // NaN too
			errs = append(errs, fmt.Errorf("%s: the rate of %q must be 0 to 1, not %v", field, name, rate))
			continue
		}
		sum += rate
	}
	if sum > 1+1e-9 {
		errs = append(errs, fmt.Errorf("%s: the rates are %v together, at most 1 is possible", field, sum))
	}
	return errs
}

func names[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), " ")
}
