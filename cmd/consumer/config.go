package main

import (
	"context"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap/zapcore"

	"pushstream/internal/fcm"
	"pushstream/internal/logkeep"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

// cli is every knob of the consumer.
type cli struct {
	setting.Common
	Zone          string `env:"PUSH_ZONE" default:"Asia/Seoul" help:"Read reserved times of entries added by hand in this time zone."`
	ProjectID     string `env:"FCM_PROJECT_ID" help:"Send to this Firebase project; empty: the project of the credentials."`
	Credentials   string `env:"GOOGLE_APPLICATION_CREDENTIALS" placeholder:"FILE" help:"Use this service account file, which needs the permission to send. Required unless FCM_ENDPOINT is set."`
	Endpoint      string `env:"FCM_ENDPOINT" placeholder:"URL" help:"Send to a simulator at this http or https address instead of FCM. The credentials are then not used."`
	Concurrency   string `env:"CONSUMER_CONCURRENCY" default:"256" help:"Keep at most this many pushes in flight, 1 to 10000. The highest rate is this number divided by the latency of FCM."`
	Name          string `env:"CONSUMER_NAME" help:"Name this consumer, to pause it by: 1 to 64 characters of A-Z a-z 0-9 . _ -. The same after a restart, another for each running consumer. Empty: made of host, process id and a random part."`
	Lease         string `env:"CONSUMER_LEASE" default:"10s" help:"Reclaim the in-flight pushes of a consumer that has not renewed its lease for this long, 1s to 10m. The same for all consumers."`
	Rate          string `env:"FCM_RATE" default:"600000" help:"Send at most this many pushes a minute, all consumers together: the quota of the project at FCM. The same for all consumers; 0: no limit."`
	RampUp        string `env:"FCM_RAMP_UP" default:"60s" help:"Raise the rate from a hundredth to FCM_RATE over this time after a hold or after a pause of all consumers, up to 1h. FCM asks for at least 60s; 0s: at once."`
	Sound         string `name:"apns-sound" env:"APNS_SOUND" default:"default" help:"Set the sound of pushes with a title or text on iPhones (aps.sound): default, the name of a sound file in the app, or none. The same for all processes."`
	RetryMinDelay string `env:"RETRY_MIN_DELAY" default:"10s" help:"Wait this long after the first failed attempt, and before the first probe of a hold; the wait doubles each time. FCM asks for at least 10s."`
	LogMaxAge     string `env:"LOG_MAX_AGE" default:"720h" help:"Remove ended pushes from the log at this age since acceptance, up to 9600h; 0: keep them. A removed id is unknown: handed in again, it is sent again. The same for all consumers."`
	LogMaxRows    string `env:"LOG_MAX_ROWS" default:"5000000" help:"Remove the oldest ended pushes when the log has more rows than this, all partitions together; 0: no limit. The same for all consumers."`
	LogPackAfter  string `env:"LOG_PACK_AFTER" default:"24h" help:"Pack the records of sent pushes at this age, 1m to 9600h. redis-cli HGETALL shows a record until then, admin push show always. An unpacked record takes about 800 bytes more of Redis memory. The same for all consumers."`
	OpsAddr       string `env:"OPS_ADDR" default:"127.0.0.1:0" help:"Serve /healthz, /readyz and /metrics at this address. Port 0 takes a free port and logs it."`
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
	logkeep    logkeep.Options
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
			Version:       telemetry.Version(),
		},
		logkeep: logkeep.Options{
			MaxAge:    check.Duration("LOG_MAX_AGE", c.LogMaxAge, 0, 9600*time.Hour),
			MaxRows:   check.Int("LOG_MAX_ROWS", c.LogMaxRows, 0, 2_000_000_000),
			PackAfter: check.Duration("LOG_PACK_AFTER", c.LogPackAfter, time.Minute, 9600*time.Hour),
		},
	}
	cfg.logkeep.Owner = cfg.stream.Name
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
