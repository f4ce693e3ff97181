//go:build !linux

package pushlog

// yieldToOthers: only Linux has priorities of threads.
func yieldToOthers() {}
