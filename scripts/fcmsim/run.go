package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pushstream/internal/fcm/fcmsim"
)

// stopTimeout is how long requests in flight may take after a signal; hangs
// and long latencies would take for ever.
const stopTimeout = 2 * time.Second

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// run serves until ctx is done, and returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	c, err := readConfig(args, getenv, stdout, stderr)
	if errors.Is(err, errHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "fcmsim: %v\n", err)
		return exitUsage
	}
	encoder := zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig())
	log := zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(stderr)), c.logLevel))
	c.server.Log = log.Named("http")

	sim := fcmsim.New(c.sim)
	server, err := fcmsim.Listen(sim, c.server)
	if err != nil {
		fmt.Fprintf(stderr, "fcmsim: %v\n", err)
		return exitFailed
	}
	fmt.Fprintf(stdout, "fcmsim: FCM_ENDPOINT=%s/v1\n", server.URL())
	if server.TLSURL() != "" {
		fmt.Fprintf(stdout, "fcmsim: FCM_ENDPOINT=%s/v1 SSL_CERT_FILE=%s\n", server.TLSURL(), c.server.CertFile)
	}
	fmt.Fprintf(stdout, "fcmsim: control at %s/_sim/stats\n", server.URL())

	select {
	case <-ctx.Done():
	case <-server.Failed():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := server.Close(stop); err != nil {
		fmt.Fprintf(stderr, "fcmsim: %v\n", err)
		return exitFailed
	}
	stats := sim.Stats()
	log.Info("stopped", zap.Int64("requests", stats.Requests), zap.Int64("accepted", stats.Accepted),
		zap.Int64("duplicates", stats.Duplicates))
	return exitOK
}
