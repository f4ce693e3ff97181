package fcmsim_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"pushstream/internal/fcm/fcmsim"
)

func TestDuplicates(t *testing.T) {
	t.Parallel()
	ok, after, before := fcmsim.Answer{Fault: "ok"}, fcmsim.Answer{Fault: fcmsim.ResetAfter}, fcmsim.Answer{Fault: fcmsim.ResetBefore}
	half, late := fcmsim.Answer{Fault: fcmsim.Truncated}, fcmsim.Answer{Fault: fcmsim.UnavailableAfter}
	for name, tc := range map[string]struct {
		script            []fcmsim.Answer
		accepted          int64
		unavoidable, ours int64
	}{
		"once":                              {[]fcmsim.Answer{ok}, 1, 0, 0},
		"again for nothing":                 {[]fcmsim.Answer{ok, ok}, 2, 0, 1},
		"after a reset":                     {[]fcmsim.Answer{after, ok}, 2, 1, 0},
		"after a truncated 200":             {[]fcmsim.Answer{half, ok}, 2, 1, 0},
		"after a late 503":                  {[]fcmsim.Answer{late, ok}, 2, 1, 0},
		"after a reset before accept":       {[]fcmsim.Answer{before, ok}, 1, 0, 0},
		"after a reset and an error":        {[]fcmsim.Answer{after, {Code: "UNAVAILABLE"}, ok}, 2, 1, 0},
		"one reset excuses one duplicate":   {[]fcmsim.Answer{after, ok, ok}, 3, 1, 1},
		"each reset excuses its own":        {[]fcmsim.Answer{after, half, late, ok}, 4, 3, 0},
		"a reset does not excuse backwards": {[]fcmsim.Answer{ok, after}, 2, 0, 1},
		"a reset at the end excuses none":   {[]fcmsim.Answer{after, ok, after}, 3, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, fcmsim.Config{Scripts: map[string][]fcmsim.Answer{"t": tc.script}})
			for range tc.script {
				b.send(t, "t", "id")
			}
			s := b.sim.Stats()
			if s.Accepted != tc.accepted || s.AcceptedIDs != 1 || s.Duplicates != tc.unavoidable+tc.ours ||
				s.DuplicatesUnavoidable != tc.unavoidable || s.DuplicatesOurs != tc.ours {
				t.Errorf("stats = %+v", s)
			}
		})
	}
}

// An answer that comes when the client is gone excuses the duplicate, also if
// the simulator learns of it after the duplicate.
func TestClientGoneBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, fcmsim.Config{SlowFor: time.Minute, Fates: map[string]string{"fast": "ok"}})
	for name, client := range map[string]*http.Client{"h1": h1, "h2": h2c(t)} {
		b.sim.Reset()
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() {
			r, _ := http.NewRequestWithContext(ctx, http.MethodPost, b.srv.URL()+"/v1/projects/p/messages:send",
				strings.NewReader(push("t-slow", "id")))
			_, err := client.Do(r)
			gone <- err
		}()
		await(t, func() bool { return b.sim.Stats().Accepted == 1 })
		b.send(t, "fast", "id")
		if s := b.sim.Stats(); s.DuplicatesOurs != 1 {
			t.Errorf("%s: before the client left: %+v", name, s)
		}
		leave()
		if err := <-gone; err == nil {
			t.Fatalf("%s: the answer came", name)
		}
		await(t, func() bool { return b.sim.Stats().AnswersBroken == 1 })
		await(t, func() bool { return b.sim.Stats().DuplicatesUnavoidable == 1 })
		if s := b.sim.Stats(); s.DuplicatesOurs != 0 || s.Duplicates != 1 {
			t.Errorf("%s: after the client left: %+v", name, s)
		}
	}
}

func TestEarlyRetries(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config fcmsim.Config
		token  string
		form   func(header string) bool
		early  int64
	}{
		"none":    {fcmsim.Config{}, "t-unavailable", func(h string) bool { return h == "" }, 0},
		"seconds": {fcmsim.Config{RetryAfter: "seconds", RetryAfterSeconds: 60}, "t-unavailable", func(h string) bool { return h == "60" }, 1},
		"zero":    {fcmsim.Config{RetryAfter: "seconds"}, "t-unavailable", func(h string) bool { return h == "0" }, 0},
		"date": {fcmsim.Config{RetryAfter: "date", RetryAfterSeconds: 60}, "t-unavailable", func(h string) bool {
			at, err := http.ParseTime(h)
			return err == nil && time.Until(at) > 0
		}, 1},
		"own form wins": {fcmsim.Config{RetryAfter: "date", Scripts: map[string][]fcmsim.Answer{"t": {{Code: "UNAVAILABLE", RetryAfter: "99"}}}},
			"t", func(h string) bool { return h == "99" }, 1},
		"of the script": {fcmsim.Config{Scripts: map[string][]fcmsim.Answer{"t": {{Status: 500, RetryAfter: "99"}}}}, "t", func(h string) bool { return h == "99" }, 1},
		"nonsense":      {fcmsim.Config{Scripts: map[string][]fcmsim.Answer{"t": {{Status: 500, RetryAfter: "soon"}}}}, "t", func(h string) bool { return h == "soon" }, 0},
		"not on 404":    {fcmsim.Config{RetryAfter: "seconds", RetryAfterSeconds: 60}, "t-unregistered", func(h string) bool { return h == "" }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, tc.config)
			if got := b.send(t, tc.token, "id").header.Get("Retry-After"); !tc.form(got) {
				t.Errorf("Retry-After = %q", got)
			}
			b.send(t, "other", "another id") // nobody told it to wait
			b.send(t, tc.token, "id")
			if s := b.sim.Stats(); s.EarlyRetries != tc.early {
				t.Errorf("early retries = %d, want %d", s.EarlyRetries, tc.early)
			}
		})
	}
}
