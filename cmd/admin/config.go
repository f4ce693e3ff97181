package main

import (
	"io"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/telemetry"
)

// cli is every knob of the admin.
type cli struct {
	setting.Common
	Serve serveFlags `cmd:"" help:"Serve the push log: GET /api/v1/pushes, GET /api/v1/pushes/{id}."`
	Key   struct {
		Add    keyFlags `cmd:"" help:"Make an API key for a producer, and print it once."`
		List   struct{} `cmd:"" help:"List the keys by name."`
		Remove keyFlags `cmd:"" help:"Take a key away; it stops working at once."`
	} `cmd:"" help:"API keys of the back ends that hand in pushes."`
}

type serveFlags struct {
	ListenAddr string `env:"LISTEN_ADDR" default:"127.0.0.1:8080" help:"Address of the API; loopback only."`
	OpsAddr    string `env:"OPS_ADDR" help:"Address of /healthz, /readyz and /metrics; beside the API if empty."`
}

type keyFlags struct {
	Name string `arg:"" help:"Name of the key: 1 to 64 characters of A-Z a-z 0-9 . _ -"`
}

// app is what the commands share.
type app struct {
	rdb  redis.UniversalClient
	keys pushlog.Keys
	log  *zap.Logger
}

// newApp checks every knob of the command and connects nothing yet.
func newApp(c *cli, command string, stderr io.Writer) (*app, error) {
	var check setting.Checker
	a := &app{keys: c.Keys(&check), log: telemetry.NewLogger(stderr, c.Level(&check)).Named("admin")}
	if command == "serve" {
		c.Serve.check(&check)
	}
	rdb, err := redisconn.Open(c.RedisURL)
	if err != nil {
		check.Fault("REDIS_URL", err.Error())
	}
	if err := check.Err(); err != nil {
		if rdb != nil {
			_ = rdb.Close() // it never connected
		}
		return nil, err
	}
	a.rdb = rdb
	return a, nil
}

func (a *app) close() { _ = a.rdb.Close() }

func (f *serveFlags) check(check *setting.Checker) {
	if addr := check.Addr("LISTEN_ADDR", f.ListenAddr); addr != "" && !setting.Loopback(addr) {
		check.Fault("LISTEN_ADDR", "must be on loopback (127.0.0.1, ::1 or localhost): the API has no login yet, "+
			"and would show customers' data to whoever reaches it")
	}
	if f.OpsAddr != "" {
		check.Addr("OPS_ADDR", f.OpsAddr)
	}
}
