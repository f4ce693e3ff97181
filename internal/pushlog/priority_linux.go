package pushlog

import (
	"runtime"
	"syscall"
)

// yieldToOthers gives the thread of the calling goroutine less priority: a tenth of
// the processor's time when others want it, all of it when they don't. It keeps the
// thread, which ends with the goroutine, since it can't get its priority back.
// https://man7.org/linux/man-pages/man2/setpriority.2.html: 0 is the calling thread
func yieldToOthers() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10) // at worst it goes on as it is
}
