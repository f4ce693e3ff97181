package setting

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version describes the build of this binary in one line: version, commit, and the Go
// version and platform that it was built with.
func Version(name string) string {
	version, commit, dirty := "devel", "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			version = v
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = cmp.Or(s.Value, commit)
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = " (with local changes)"
			}
		}
	}
	return fmt.Sprintf("%s %s, commit %s%s, %s %s/%s", name, version, commit, dirty, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
