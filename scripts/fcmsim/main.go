// Command fcmsim plays FCM on loopback, for demos and benchmarks. What it can
// do is told in internal/fcm/fcmsim/doc.go.
package main

import (
	"os"

	"pushstream/internal/setting"
)

func main() {
	ctx, stop := setting.UntilSignal()
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
