package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// variables are those of this command; what the machine has set must not
// change the tests.
var variables = []string{
	"REDIS_URL", "PUSH_PREFIX", "PUSH_PARTITIONS", "LOG_LEVEL", "PUSH_ZONE", "FCM_PROJECT_ID", "GOOGLE_APPLICATION_CREDENTIALS",
	"FCM_ENDPOINT", "CONSUMER_CONCURRENCY", "RETRY_MIN_DELAY", "OPS_ADDR",
	"CONSUMER_NAME", "CONSUMER_LEASE", "FCM_RATE", "FCM_RAMP_UP", "LOG_MAX_AGE", "LOG_MAX_ROWS", "LOG_PACK_AFTER",
}

func TestMain(m *testing.M) {
	for _, name := range variables {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}

// runs runs the command with flags that must not let it start.
func runs(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := runs(t,
		"--redis-url=redis://:hunter2/more@host", "--prefix={x}", "--partitions=0", "--log-level=loud", "--zone=Seoul",
		"--endpoint=ftp://:s3cr3t@host", "--concurrency=0", "--retry-min-delay=10", "--ops-addr=x",
		"--name=a b", "--lease=10", "--rate=-1", "--ramp-up=fast", "--log-max-age=30d", "--log-max-rows=5M", "--log-pack-after=1d")
	for _, name := range []string{
		"REDIS_URL", "PUSH_PREFIX", "PUSH_PARTITIONS", "LOG_LEVEL", "PUSH_ZONE", "FCM_ENDPOINT", "CONSUMER_CONCURRENCY", "RETRY_MIN_DELAY", "OPS_ADDR",
		"CONSUMER_NAME", "CONSUMER_LEASE", "FCM_RATE", "FCM_RAMP_UP", "LOG_MAX_AGE", "LOG_MAX_ROWS", "LOG_PACK_AFTER",
	} {
		if strings.Count(stderr, "\n"+name+": ") != 1 {
			t.Errorf("%s is not named, or not once", name)
		}
	}
	if code != 2 || stdout != "" || strings.Contains(stderr, "hunter2") || strings.Contains(stderr, "s3cr3t") {
		t.Errorf("exit code %d: %q\n%s", code, stdout, stderr)
	}
}

// One wrong number must not hide what is wrong with the others.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"CONSUMER_CONCURRENCY": {"--concurrency=-1", "--concurrency=0", "--concurrency=10001", "--concurrency=many"},
		"RETRY_MIN_DELAY":      {"--retry-min-delay=0s", "--retry-min-delay=2h", "--retry-min-delay=-1s", "--retry-min-delay=1"},
		"CONSUMER_NAME":        {"--name=a:b", "--name=" + strings.Repeat("a", 65), "--name=가"},
		"CONSUMER_LEASE":       {"--lease=999ms", "--lease=11m", "--lease=0"},
		"FCM_RATE":             {"--rate=-1", "--rate=many"},
		"FCM_RAMP_UP":          {"--ramp-up=-1s", "--ramp-up=2h"},
		"LOG_MAX_AGE":          {"--log-max-age=-1s", "--log-max-age=9601h", "--log-max-age=30", "--log-max-age="},
		"LOG_MAX_ROWS":         {"--log-max-rows=-1", "--log-max-rows=", "--log-max-rows=1e6"},
		"LOG_PACK_AFTER":       {"--log-pack-after=59s", "--log-pack-after=9601h", "--log-pack-after=0", "--log-pack-after=-1h", "--log-pack-after="},
		"PUSH_PARTITIONS":      {"--partitions=1025", "--partitions=x"},
		"OPS_ADDR":             {"--ops-addr=", "--ops-addr=9090"},
		"FCM_ENDPOINT":         {"--endpoint=host:80", "--endpoint=http://", "--endpoint=http://host?x=y"},
	} {
		for _, flag := range flags {
			args := []string{flag}
			if name != "FCM_ENDPOINT" {
				args = append(args, "--endpoint=http://127.0.0.1:1")
			}
			if code, _, stderr := runs(t, args...); code != 2 || !strings.Contains(stderr, name+": ") {
				t.Errorf("%s: exit code %d: %s", flag, code, stderr)
			}
		}
	}
}

func TestNowhereToSendTo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"--project-id=p"}} {
		code, _, stderr := runs(t, args...)
		if code != 2 || !strings.Contains(stderr, "FCM_ENDPOINT") || !strings.Contains(stderr, "GOOGLE_APPLICATION_CREDENTIALS") {
			t.Errorf("%q: exit code %d: %s", args, code, stderr)
		}
	}
	code, _, stderr := runs(t, "--credentials=/no/such/file")
	if code != 2 || !strings.Contains(stderr, "GOOGLE_APPLICATION_CREDENTIALS: ") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// With a simulator, credentials that happen to be in the environment are not
// even read: a real token must not go there.
func TestSimulatorGetsNoCredentials(t *testing.T) {
	t.Parallel()
	c := cli{Credentials: "/no/such/file", Endpoint: "http://127.0.0.1:1", Zone: "Asia/Seoul", Concurrency: "7", RetryMinDelay: "2s", OpsAddr: "127.0.0.1:0",
		Name: "consumer-1", Lease: "3s", Rate: "60", RampUp: "0s", LogMaxAge: "48h", LogMaxRows: "900", LogPackAfter: "2h"}
	c.RedisURL, c.Prefix, c.Partitions, c.LogLevel = "redis://127.0.0.1:1", "push", "2", "info"
	cfg, err := c.check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.sender.Close()
	if cfg.stream.Concurrency != 7 || cfg.stream.RetryMinDelay != 2*time.Second || cfg.stream.Zone.String() != "Asia/Seoul" || cfg.keys.Partitions != 2 ||
		cfg.logkeep.MaxAge != 48*time.Hour || cfg.logkeep.MaxRows != 900 || cfg.logkeep.PackAfter != 2*time.Hour || cfg.logkeep.Owner != cfg.stream.Name {
		t.Errorf("%+v", cfg)
	}
}

func TestHelpListsEveryVariable(t *testing.T) {
	t.Setenv("REDIS_URL", "redis://:hunter2@host")
	code, stdout, stderr := runs(t, "--help")
	for _, name := range variables {
		if !strings.Contains(stdout, "$"+name) {
			t.Errorf("no word of %s", name)
		}
	}
	if code != 0 || stderr != "" || strings.Contains(stdout, "hunter2") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}
