package setting

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
)

// checkErr wants an error that begins with the variable's name, or none.
func checkErr(t *testing.T, check *Checker, value, name string, ok bool) {
	t.Helper()
	err := check.Err()
	if ok && err != nil {
		t.Errorf("%q: %v", value, err)
	}
	if !ok && (err == nil || !strings.HasPrefix(err.Error(), name+": ")) {
		t.Errorf("%q: error %v, want one that names %s", value, err, name)
	}
}

func TestInt(t *testing.T) {
	t.Parallel()
	for value, ok := range map[string]bool{
		"1": true, "5": true, "10": true,
		"0": false, "11": false, "-1": false, "": false, "5.0": false, "five": false, " 5": false, "99999999999999999999": false,
	} {
		var check Checker
		check.Int("A_NUMBER", value, 1, 10)
		checkErr(t, &check, value, "A_NUMBER", ok)
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for value, ok := range map[string]bool{
		"10s": true, "1m30s": true, "1ms": true, "1h": true,
		"10": false, "0s": false, "-10s": false, "1h1ms": false, "": false, "soon": false,
	} {
		var check Checker
		check.Duration("A_SPAN", value, time.Millisecond, time.Hour)
		checkErr(t, &check, value, "A_SPAN", ok)
	}
}

func TestZone(t *testing.T) {
	t.Parallel()
	for value, ok := range map[string]bool{"Asia/Seoul": true, "UTC": true, "": false, "Seoul": false, "../etc/passwd": false} {
		var check Checker
		if zone := check.Zone("A_ZONE", value); zone == nil || ok && zone.String() != value {
			t.Errorf("%q: zone %v", value, zone)
		}
		checkErr(t, &check, value, "A_ZONE", ok)
	}
}

func TestAddr(t *testing.T) {
	t.Parallel()
	for value, ok := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:0": true, "[::1]:65535": true, "0.0.0.0:80": true,
		"": false, ":8080": false, "8080": false, "127.0.0.1": false, "127.0.0.1:http": false, "127.0.0.1:65536": false, "127.0.0.1:-1": false, "::1:80": false,
	} {
		var check Checker
		check.Addr("AN_ADDR", value)
		checkErr(t, &check, value, "AN_ADDR", ok)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"127.0.0.1:80": true, "127.9.9.9:80": true, "[::1]:80": true, "localhost:80": true,
		"0.0.0.0:80": false, "[::]:80": false, ":80": false, "10.0.0.1:80": false, "example.com:80": false, "127.0.0.1.example.com:80": false,
		"localhost.example.com:80": false, "127.0.0.1": false, "": false, "127.1:80": false,
	} {
		if Loopback(addr) != want {
			t.Errorf("%q: %v", addr, !want)
		}
	}
}

func TestCommon(t *testing.T) {
	t.Parallel()
	var check Checker
	c := Common{Prefix: "team", Partitions: "3", LogLevel: "warn"}
	if keys := c.Keys(&check); keys.Prefix != "team" || keys.Partitions != 3 || keys.Validate() != nil {
		t.Errorf("%+v", keys)
	}
	if c.Level(&check) != zapcore.WarnLevel || check.Err() != nil {
		t.Error(check.Err())
	}
}

// Whoever starts a process sees all mistakes at once, each with its variable.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	var check Checker
	c := Common{Prefix: "{x}", Partitions: "0", LogLevel: "loud"}
	c.Keys(&check)
	c.Level(&check)
	check.Fault("OTHER", "is wrong")
	lines := strings.Split(check.Err().Error(), "\n")
	want := []string{"PUSH_PARTITIONS: ", "PUSH_PREFIX: ", "LOG_LEVEL: ", "OTHER: "}
	if len(lines) != len(want) {
		t.Fatalf("%q", lines)
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("line %d is %q, want %s…", i, lines[i], want[i])
		}
	}
}
