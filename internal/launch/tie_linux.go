package launch

import (
	"os/exec"
	"syscall"
)

// Tie starts a process as the leader of a process group, so that it gets signals only
// from here and not from the terminal, and has the kernel kill it when the process that
// starts it dies, however that dies.
func Tie(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd.Start()
}
