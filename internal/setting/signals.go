package setting

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal returns a context that ends with the first signal that asks a process to
// stop: SIGINT, SIGTERM, or SIGHUP, which a terminal sends when it closes. A process
// that was started with SIGHUP ignored (nohup) goes on ignoring it. After stop, the next
// signal ends the process at once.
func UntilSignal() (ctx context.Context, stop context.CancelFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signal.NotifyContext(context.Background(), signals...)
}
