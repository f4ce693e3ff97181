package main

import (
	"os"
	"strconv"
	"syscall"
)

// niceness is how far the admin steps back when there is not enough CPU for all: to
// about a tenth of what a consumer beside it gets.
const niceness = 10

// yield has this process step back behind consumers and Redis on the same machine: a
// search looks at everything, and takes all the CPU that it is given. It must be called
// early: threads are as the one that starts them.
func yield() {
	for range 2 { // one may have been started meanwhile
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return // as fast as the others, then
		}
		for _, t := range threads {
			if id, err := strconv.Atoi(t.Name()); err == nil {
				_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, niceness) // it may have ended
			}
		}
	}
}
