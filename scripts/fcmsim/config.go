package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/alecthomas/kong"
	"go.uber.org/zap/zapcore"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/setting"
)

// flags are the knobs as they are typed. Each is text, so that all the wrong
// ones can be named at once.
type flags struct {
	Listen      string `name:"listen-addr" variable:"LISTEN_ADDR" default:"127.0.0.1:8090" placeholder:"HOST:PORT" help:"Serve plain HTTP/1.1 and h2c at this address. All messages and tokens can be read there without a login: leave it on loopback."`
	TLSListen   string `name:"tls-listen-addr" variable:"TLS_LISTEN_ADDR" placeholder:"HOST:PORT" help:"Serve TLS with HTTP/2 at this address, 100 streams a connection. Empty: no TLS."`
	TLSCertFile string `name:"tls-cert-file" variable:"TLS_CERT_FILE" placeholder:"PATH" help:"Write the certificate, new at each start, to this file, for SSL_CERT_FILE of the client. Needs TLS_LISTEN_ADDR."`
	Config      string `name:"config" variable:"FCMSIM_CONFIG" placeholder:"PATH" help:"Read fates, faults, latency, quota and scripts from this JSON file, in the form of GET /_sim/config. Empty: a healthy FCM."`
	LogLevel    string `name:"log-level" variable:"LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"Log from this level on: debug, info, warn or error. Messages are never logged."`
}

// config is flags, understood.
type config struct {
	server   fcmsim.ServerOptions
	sim      fcmsim.Config
	logLevel zapcore.Level
}

// errHelp says that the help was asked for, and printed.
var errHelp = errors.New("help was printed")

// readConfig reads args, and getenv for what they don't say. It returns every
// wrong value, by the name of its variable.
func readConfig(args []string, getenv func(string) string, stdout, stderr io.Writer) (config, error) {
	var f flags
	helped := false
	parser, err := kong.New(&f,
		kong.Name("fcmsim"),
		kong.Description("Simulates the HTTP v1 API of FCM for the real SDK. Control: /_sim/config, /_sim/stats, /_sim/messages, /_sim/times, /_sim/ledger, /_sim/reset."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.ValueFormatter(withVariable),
		setting.WithVersion("fcmsim"),
		kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
			if name := flag.Tag.Get("variable"); name != "" {
				if value := getenv(name); value != "" {
					return value, nil
				}
			}
			return nil, nil
		})),
	)
	if err != nil {
		return config{}, err
	}
	_, err = parser.Parse(args)
	if helped {
		return config{}, errHelp
	}
	if err != nil {
		return config{}, err
	}
	return f.resolve()
}

// withVariable ends the help of a flag with its default and its variable.
func withVariable(value *kong.Value) string {
	help := value.Help
	if value.HasDefault {
		help += " Default " + value.Default + "."
	}
	if name := value.Tag.Get("variable"); name != "" {
		help += " ($" + name + ")"
	}
	return help
}

func (f flags) resolve() (config, error) {
	var errs []error
	add := func(variable string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", variable, err))
		}
	}
	c := config{server: fcmsim.ServerOptions{Addr: f.Listen, TLSAddr: f.TLSListen, CertFile: f.TLSCertFile}}

	add("LISTEN_ADDR", checkAddr(f.Listen))
	if f.TLSListen != "" {
		add("TLS_LISTEN_ADDR", checkAddr(f.TLSListen))
	} else if f.TLSCertFile != "" {
		add("TLS_CERT_FILE", errors.New("needs TLS_LISTEN_ADDR"))
	}
	if f.Config != "" {
		var err error
		c.sim, err = readSimConfig(f.Config)
		add("FCMSIM_CONFIG", err)
	}
	var err error
	if c.logLevel, err = zapcore.ParseLevel(f.LogLevel); err != nil || c.logLevel > zapcore.ErrorLevel {
		add("LOG_LEVEL", fmt.Errorf("must be debug, info, warn or error, not %q", f.LogLevel))
	}
	return c, errors.Join(errs...)
}

func checkAddr(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("must be host:port, not %q", addr)
	}
	return nil
}

func readSimConfig(path string) (fcmsim.Config, error) {
	var c fcmsim.Config
	text, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, c.Validate()
}
