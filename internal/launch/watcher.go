package launch

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// watch is a shell's: once a second, as long as the process group $0 exists, it looks
// whether its own parent is $1 still, and kills the group if not.
const watch = `while kill -s 0 -- "-$0" 2>/dev/null; do
	[ "$(ps -o ppid= -p $$ | tr -d ' ')" = "$1" ] || { kill -s KILL -- "-$0"; exit; }
	sleep 1
done`

// tieByWatcher is Tie for systems whose kernel does not kill orphans: a shell does.
func tieByWatcher(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	watcher := exec.Command("/bin/sh", "-c", watch, strconv.Itoa(cmd.Process.Pid), strconv.Itoa(os.Getpid()))
	watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a signal to our group is not for it
	if err := watcher.Start(); err != nil {
		_ = cmd.Process.Kill() // nothing would watch it
		_ = cmd.Wait()
		return fmt.Errorf("start its watcher: %w", err)
	}
	go func() { _ = watcher.Wait() }()
	return nil
}
