package main

import (
	"context"
	"regexp"
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
	Name          string `env:"CONSUMER_NAME" help:"Name to pause it by, the same after a restart and another for each that runs: 1 to 64 characters of A-Z a-z 0-9 . _ - ; host, process id and chance if empty."`
	Lease         string `env:"CONSUMER_LEASE" default:"10s" help:"How long a consumer may be silent until others take over what it has in hand; the same for all."`
	Rate          string `env:"FCM_RATE" default:"600000" help:"Pushes a minute to the project, by all consumers together: its quota at FCM. The same for all; 0 is no limit."`
	RampUp        string `env:"FCM_RAMP_UP" default:"60s" help:"Time from almost nothing to FCM_RATE after a hold, or a pause of all. FCM asks for at least 60s; 0s is none."`
	Sound         string `name:"apns-sound" env:"APNS_SOUND" default:"default" help:"Sound of a push with a title or text on iPhones (aps.sound): default, the name of a sound file in the app, or none."`
	RetryMinDelay string `env:"RETRY_MIN_DELAY" default:"10s" help:"Wait after the first failed try; doubles with each. FCM asks for at least 10s."`
	LogMaxAge     string `env:"LOG_MAX_AGE" default:"720h" help:"Age, since its acceptance, at which a push that has ended leaves the log, up to 9600h; 0 is none. Its id is unknown from then on: handed in again, it is sent again. The same for all."`
	LogMaxRows    string `env:"LOG_MAX_ROWS" default:"5000000" help:"Pushes in the log, over all partitions, above which the oldest that have ended leave it; 0 is no limit. The same for all."`
	OpsAddr       string `env:"OPS_ADDR" default:"127.0.0.1:0" help:"Address of /healthz, /readyz and /metrics; port 0 takes a free one and logs it."`
}

// validName is what CONSUMER_NAME may be.
var validName = regexp.MustCompile(`^[A-Za-z0-9._-]{0,64}$`)

// config is the checked configuration.
type config struct {
	redisURL   string
	withoutAOF bool
	keys       pushlog.Keys
	level      zapcore.Level
	opsAddr    string
	registry   *prometheus.Registry
	sender     *fcm.Sender
	stream     stream.ConsumerOptions
}

// check turns the texts into values and names every mistake. It connects
// nothing yet.
func (c *cli) check(ctx context.Context) (*config, error) {
	var check setting.Checker
	concurrency := check.Int("CONSUMER_CONCURRENCY", c.Concurrency, 1, 10_000)
	lease := stream.NewLease(check.Duration("CONSUMER_LEASE", c.Lease, time.Second, 10*time.Minute))
	if !validName.MatchString(c.Name) {
		check.Fault("CONSUMER_NAME", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -")
	}
	cfg := &config{
		redisURL:   c.RedisURL,
		withoutAOF: c.AllowNoAOF,
		keys:       c.Keys(&check),
		level:      c.Level(&check),
		opsAddr:    check.Addr("OPS_ADDR", c.OpsAddr),
		registry:   telemetry.NewRegistry(),
		stream: stream.ConsumerOptions{
			Instance:      c.Name,
			Name:          stream.NewName(c.Name),
			Lease:         lease,
			Concurrency:   concurrency,
			Rate:          check.Int("FCM_RATE", c.Rate, 0, 1_000_000_000),
			RampUp:        check.Duration("FCM_RAMP_UP", c.RampUp, 0, time.Hour),
			RetryMinDelay: check.Duration("RETRY_MIN_DELAY", c.RetryMinDelay, time.Millisecond, time.Hour),
			Zone:          check.Zone("PUSH_ZONE", c.Zone),
			LogMaxAge:     check.Duration("LOG_MAX_AGE", c.LogMaxAge, 0, 9600*time.Hour),
			LogMaxRows:    check.Int("LOG_MAX_ROWS", c.LogMaxRows, 0, 2_000_000_000),
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
		Concurrency: max(concurrency, 1), Sound: c.Sound, Fence: lease.Valid, Registerer: cfg.registry,
	})
	if err != nil {
		check.Add(err)
	} else {
		cfg.sender, cfg.stream.Project, cfg.stream.Simulator = sender, sender.Project(), c.Endpoint != ""
	}
	return cfg, check.Err()
}
