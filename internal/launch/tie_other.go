//go:build !linux

package launch

import "os/exec"

// Tie starts a process as the leader of a process group, so that it gets signals only
// from here and not from the terminal, and has it killed when the process that starts it
// dies, however that dies.
func Tie(cmd *exec.Cmd) error { return tieByWatcher(cmd) }
