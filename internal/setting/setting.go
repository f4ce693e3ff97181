package setting

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
	_ "time/tzdata" // zones on machines that have none

	"go.uber.org/zap/zapcore"

	"pushstream/internal/pushlog"
)

// Common are the knobs that every binary has.
type Common struct {
	RedisURL   string `env:"REDIS_URL" default:"redis://127.0.0.1:6379/0" help:"Connect to this Redis or Valkey: redis://, rediss://, unix:///path, redis+sentinel://host:26379?master_name=NAME, redis+cluster://host:6379?addr=host2:6379."`
	Prefix     string `env:"PUSH_PREFIX" default:"push" help:"Begin every key with this."`
	AllowNoAOF bool   `name:"redis-allow-no-aof" env:"REDIS_ALLOW_NO_AOF" help:"Be ready although Redis has no AOF. A restart of Redis then loses accepted pushes."`
	Partitions string `env:"PUSH_PARTITIONS" default:"1" help:"Split the keys into this many partitions, 1 to 1024, for Redis Cluster. The same for all processes; never change it once pushes were accepted."`
	LogLevel   string `env:"LOG_LEVEL" default:"info" help:"Log from this level on: debug (one line a push), info, warn or error."`
}

// Keys checks prefix and partitions.
func (c Common) Keys(check *Checker) pushlog.Keys {
	keys := pushlog.Keys{Prefix: c.Prefix, Partitions: check.Int("PUSH_PARTITIONS", c.Partitions, 1, 1024)}
	if err := (pushlog.Keys{Prefix: c.Prefix, Partitions: 1}).Validate(); err != nil {
		check.Fault("PUSH_PREFIX", err.Error())
	}
	return keys
}

// Level checks the log level.
func (c Common) Level(check *Checker) zapcore.Level {
	level, err := zapcore.ParseLevel(c.LogLevel)
	if err != nil {
		check.Fault("LOG_LEVEL", "must be debug, info, warn or error")
	}
	return level
}

// Checker gathers faults. Names are those of the environment variables.
type Checker struct {
	faults []error
}

// Fault adds a fault; message must not repeat a secret value.
func (c *Checker) Fault(name, message string) {
	c.faults = append(c.faults, fmt.Errorf("%s: %s", name, message))
}

// Add adds a fault that names its variable itself.
func (c *Checker) Add(err error) { c.faults = append(c.faults, err) }

// Err returns all faults as one error with a line each, or nil.
func (c *Checker) Err() error { return errors.Join(c.faults...) }

// Int reads a whole number within bounds.
func (c *Checker) Int(name, value string, least, most int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		c.Fault(name, fmt.Sprintf("%q must be a whole number, %d to %d", value, least, most))
	}
	return n
}

// Duration reads a time span with a unit ("10s", "1m30s") within bounds.
func (c *Checker) Duration(name, value string, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil || d < least || d > most {
		c.Fault(name, fmt.Sprintf("%q must be a duration such as 10s, %v to %v", value, least, most))
	}
	return d
}

// Zone reads the name of a time zone ("Asia/Seoul").
func (c *Checker) Zone(name, value string) *time.Location {
	zone, err := time.LoadLocation(value)
	if err != nil || value == "" {
		c.Fault(name, fmt.Sprintf("%q must be a time zone such as Asia/Seoul", value))
		return time.UTC
	}
	return zone
}

// Addr reads host:port; port 0 takes a free one.
func (c *Checker) Addr(name, value string) string {
	host, port, err := net.SplitHostPort(value)
	if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 || host == "" {
		c.Fault(name, fmt.Sprintf("%q must be host:port such as 127.0.0.1:8080", value))
	}
	return value
}

// Loopback reports whether addr (host:port) can be reached from this machine
// only.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
