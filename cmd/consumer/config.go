package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap/zapcore"

	"pushstream/internal/fcm"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

// cli is every knob of the consumer.
type cli struct {
	setting.Common
	Zone          string `env:"PUSH_ZONE" default:"Asia/Seoul" help:"Time zone of reserved times in entries added by hand."`
	ProjectID     string `env:"FCM_PROJECT_ID" help:"Firebase project; that of the credentials if empty."`
	Credentials   string `env:"GOOGLE_APPLICATION_CREDENTIALS" placeholder:"FILE" help:"Service account file with the right to send. Needed unless FCM_ENDPOINT is set."`
	Endpoint      string `env:"FCM_ENDPOINT" placeholder:"URL" help:"A simulator instead of FCM, http or https; no credentials then."`
	Concurrency   string `env:"CONSUMER_CONCURRENCY" default:"256" help:"Pushes in flight at the same time: rate at FCM = this / FCM's latency."`
	RetryMinDelay string `env:"RETRY_MIN_DELAY" default:"10s" help:"Wait after the first failed try; doubles with each. FCM asks for at least 10s."`
	OpsAddr       string `env:"OPS_ADDR" default:"127.0.0.1:0" help:"Address of /healthz, /readyz and /metrics; port 0 takes a free one and logs it."`
}

// config is the checked configuration.
type config struct {
	redisURL string
	keys     pushlog.Keys
	level    zapcore.Level
	opsAddr  string
	registry *prometheus.Registry
	sender   *fcm.Sender
	stream   stream.ConsumerOptions
}

// check turns the texts into values and names every mistake. It connects
// nothing yet.
func (c *cli) check(ctx context.Context) (*config, error) {
	var check setting.Checker
	concurrency := check.Int("CONSUMER_CONCURRENCY", c.Concurrency, 1, 10_000)
	cfg := &config{
		redisURL: c.RedisURL,
		keys:     c.Keys(&check),
		level:    c.Level(&check),
		opsAddr:  check.Addr("OPS_ADDR", c.OpsAddr),
		registry: telemetry.NewRegistry(),
		stream: stream.ConsumerOptions{
			Concurrency:   concurrency,
			RetryMinDelay: check.Duration("RETRY_MIN_DELAY", c.RetryMinDelay, time.Millisecond, time.Hour),
			Zone:          check.Zone("PUSH_ZONE", c.Zone),
			Version:       telemetry.Version(),
		},
	}
	if client, err := redisconn.Open(c.RedisURL); err != nil {
		check.Fault("REDIS_URL", err.Error())
	} else {
		_ = client.Close() // it never connected
	}
	credentials := c.Credentials
	if c.Endpoint != "" {
		credentials = "" // a real token must not go to a simulator
	}
	sender, err := fcm.New(ctx, fcm.Options{
		ProjectID: c.ProjectID, CredentialsFile: credentials, Endpoint: c.Endpoint,
		Concurrency: max(concurrency, 1), Registerer: cfg.registry,
	})
	if err != nil {
		check.Add(err)
	}
	cfg.sender = sender
	return cfg, check.Err()
}
