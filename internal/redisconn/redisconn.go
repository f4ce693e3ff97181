package redisconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

// ErrUnfit says that the server answers but must not be used as it is; the
// error around it says how to mend that.
var ErrUnfit = errors.New("this Redis can't be used")

// Open returns a client for a URL: redis://, rediss:// or unix:// for one
// server, redis+sentinel:// and redis+cluster:// with go-redis's parameters
// (master_name, addr, …). It does not connect yet. The error never repeats the
// URL, which may hold a password.
func Open(rawURL string) (redis.UniversalClient, error) {
	return open(rawURL, 0)
}

// open: retries 0 is go-redis's default, -1 none. Deadlines of contexts bound
// every command.
func open(rawURL string, retries int) (redis.UniversalClient, error) {
	silence()
	scheme, rest, _ := strings.Cut(rawURL, "://")
	if scheme != "unix" && misread(rest) {
		return nil, errEncoding
	}
	switch scheme {
	case "redis", "rediss", "unix":
		o, err := redis.ParseURL(rawURL)
		if err != nil {
			return nil, unreadable(err)
		}
		o.MaxRetries, o.ContextTimeoutEnabled = cmp.Or(retries, o.MaxRetries), true
		return redis.NewClient(o), nil
	case "redis+sentinel", "rediss+sentinel":
		o, err := redis.ParseFailoverURL(strings.TrimSuffix(scheme, "+sentinel") + "://" + rest)
		if err != nil {
			return nil, unreadable(err)
		}
		if o.MasterName == "" {
			return nil, errors.New("needs the parameter master_name, by which the sentinels know the master")
		}
		if o.RouteByLatency || o.RouteRandomly {
			return nil, errors.New("route_by_latency and route_randomly are for Cluster only")
		}
		o.MaxRetries, o.ContextTimeoutEnabled = cmp.Or(retries, o.MaxRetries), true
		return redis.NewFailoverClient(o), nil
	case "redis+cluster", "rediss+cluster":
		o, err := redis.ParseClusterURL(strings.TrimSuffix(scheme, "+cluster") + "://" + rest)
		if err != nil {
			return nil, unreadable(err)
		}
		o.MaxRetries, o.ContextTimeoutEnabled = cmp.Or(retries, o.MaxRetries), true
		return redis.NewClusterClient(o), nil
	}
	return nil, errors.New("must start with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://")
}

// OpenBlocking is Open for a client of blocking reads, which must not be retried
// behind our back: a reply that was lost has handed out entries, and only an
// error tells so.
func OpenBlocking(rawURL string) (redis.UniversalClient, error) {
	return open(rawURL, -1)
}

// errEncoding is all that is said of a URL that can't be taken apart, since any
// part of it may be one of the password.
var errEncoding = errors.New("is not a valid URL (a special character in the password must be percent-encoded)")

// misread reports whether a special character in the password has ended the
// part of the URL that it should stand in: the @ behind it is then too far
// right, or a fragment begins, which no Redis URL has.
func misread(rest string) bool {
	end := strings.IndexAny(rest, "/?#")
	return end >= 0 && strings.Contains(rest[end:], "@") || strings.Contains(rest, "#")
}

// unreadable keeps go-redis's reasons, which name a wrong parameter, but not
// those of net/url, which quote what they can't read.
func unreadable(err error) error {
	var e *url.Error
	switch {
	case !errors.As(err, &e):
		return err
	case strings.Contains(e.Err.Error(), "control character"):
		return errors.New("has a control character, perhaps a line feed at its end")
	}
	return errEncoding
}

// silence keeps go-redis from writing lines of its own to stderr, past our log:
// what goes wrong comes back as an error.
var silence = sync.OnceFunc(func() { redis.SetLogger(nowhere{}) })

type nowhere struct{}

func (nowhere) Printf(context.Context, string, ...any) {}

// Wait returns as soon as the server answers, is fit, and prepare (if not nil)
// has succeeded; and ErrUnfit if one of the two says so. While the server is
// away it tries again for as long as ctx lasts, and says so.
func Wait(ctx context.Context, rdb redis.UniversalClient, log *zap.Logger, prepare func(context.Context) error) error {
	delay := 100 * time.Millisecond
	for {
		err := look(ctx, rdb, prepare)
		if err == nil || errors.Is(err, ErrUnfit) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		log.Warn("waiting for Redis", zap.Error(err), zap.Duration("next_try_in", delay))
		select {
		case <-time.After(delay/2 + rand.N(delay)):
		case <-ctx.Done():
			return ctx.Err()
		}
		delay = min(2*delay, 5*time.Second)
	}
}

// checkTimeout bounds one look at Redis while it is waited for.
const checkTimeout = 5 * time.Second

// look is Check and prepare, and names what is wrong; Diagnose finds out about TLS.
func look(ctx context.Context, rdb redis.UniversalClient, prepare func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := Check(limited, rdb)
	if err == nil && prepare != nil {
		err = prepare(limited)
	}
	if err == nil || errors.Is(err, ErrUnfit) {
		return err
	}
	return Diagnose(ctx, rdb, err)
}

// Check examines every master once: at least Redis 7.0 or Valkey 8, and
// maxmemory-policy noeviction, since an evicted key is a lost push. Errors are Faults;
// those that don't mend themselves are ErrUnfit too.
func Check(ctx context.Context, rdb redis.UniversalClient) error {
	return onMasters(ctx, rdb, check)
}

// onMasters does something on the server, or on every master of a cluster.
func onMasters(ctx context.Context, rdb redis.UniversalClient, do func(context.Context, *redis.Client) error) error {
	switch c := rdb.(type) {
	case *redis.ClusterClient:
		return fit(c.ForEachMaster(ctx, do))
	case *redis.Client:
		return fit(do(ctx, c))
	}
	return fmt.Errorf("a client of type %T", rdb) // a bug: Open makes no other
}

// fit names an error, and has those be ErrUnfit that no waiting mends.
func fit(err error) error {
	if err == nil {
		return nil
	}
	f := FaultOf(err)
	switch f.Kind {
	case Auth, Rights, Eviction, Version:
		return fmt.Errorf("%w: %w", ErrUnfit, f)
	}
	return f
}

func check(ctx context.Context, rdb *redis.Client) error {
	info, err := readInfo(ctx, rdb, "server", "memory")
	if err != nil {
		return err
	}
	major, _, _ := strings.Cut(info["redis_version"], ".")
	if n, err := strconv.Atoi(major); err == nil && n < 7 {
		return &Fault{Kind: Version, Sentence: fmt.Sprintf("Redis is version %s; version 7.0 or later is needed", info["redis_version"])}
	}
	if policy := info["maxmemory_policy"]; policy != "" && policy != "noeviction" {
		return &Fault{Kind: Eviction, Sentence: fmt.Sprintf("maxmemory-policy is %s, so Redis may remove accepted pushes; "+
			"set it with CONFIG SET maxmemory-policy noeviction (and in redis.conf)", policy)}
	}
	return nil
}

// CheckDurable examines every master once, whether what is written to it outlives its
// restart: a master, its data loaded, an AOF (unless withoutAOF says that there need be
// none) whose last write was without an error. Errors are Faults. warning is what works
// now, and needs attention.
func CheckDurable(ctx context.Context, rdb redis.UniversalClient, withoutAOF bool) (warning, err error) {
	var mu sync.Mutex // masters are asked at the same time
	err = onMasters(ctx, rdb, func(ctx context.Context, c *redis.Client) error {
		info, err := readInfo(ctx, c, "persistence", "replication")
		switch {
		case err != nil:
			return err
		case info["loading"] == "1", info["async_loading"] == "1":
			return &Fault{Kind: Loading, Sentence: sentences[Loading]}
		case info["role"] == "slave":
			return &Fault{Kind: ReadOnly, Sentence: sentences[ReadOnly]}
		case info["aof_enabled"] == "0" && !withoutAOF:
			return &Fault{Kind: NoAOF, Sentence: sentences[NoAOF]}
		case info["aof_enabled"] == "1" && info["aof_last_write_status"] == "err":
			return &Fault{Kind: Disk, Sentence: sentences[Disk], Err: errors.New("the last write of the AOF failed")}
		case info["aof_enabled"] == "1" && info["aof_last_bgrewrite_status"] == "err":
			mu.Lock()
			defer mu.Unlock()
			warning = errors.New("the last rewrite of the AOF failed: it grows, and may fill the disk; look at Redis's log")
		}
		return nil
	})
	return warning, err
}

// readInfo reads sections of INFO.
func readInfo(ctx context.Context, rdb *redis.Client, sections ...string) (map[string]string, error) {
	info := map[string]string{}
	for _, section := range sections { // several in one command are for Redis 7, which it may not be
		text, err := rdb.Info(ctx, section).Result()
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(text) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
				info[name] = value
			}
		}
	}
	return info, nil
}
