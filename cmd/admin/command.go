package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/user"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/health"
	"pushstream/internal/jobs"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

// command is one command of the cli: a struct whose exported fields are its flags.
type command interface {
	Run(ctx context.Context, a *app) error
}

// validator is a command with flags to check. Validate names every fault, and keeps what
// the flags stand for in fields that are not exported.
type validator interface {
	Validate(check *setting.Checker)
}

// audited is a command that changes something or hands out data. Entry is its action,
// subject and details for the audit log; there is no action if the flags say that it only
// reads.
type audited interface {
	Entry() audit.Entry
}

// long is embedded in a command that bounds its waits itself; for any other, Run has
// commandTimeout. The method has another name than the type: a field of its name would
// hide it.
type long struct{}

func (long) boundsItself() {}

// commandTimeout bounds a command line's wait for Redis.
const commandTimeout = 10 * time.Second

// tellEvery is how often a long command says how far it is.
const tellEvery = time.Second

// app is what the commands share.
type app struct {
	cli            *cli
	rdb            redis.UniversalClient
	keys           pushlog.Keys
	health         health.Options
	control        *stream.Control
	jobs           *jobs.Engine
	clock          *redisclock.Clock
	access         *access.Store
	audit          *audit.Log
	log            *zap.Logger
	build          fs.FS // of the dashboard
	stdin          io.Reader
	stdout, stderr io.Writer
	result         map[string]string // of the command, for the audit log
}

// newApp checks every flag of the command, and connects to nothing yet.
func newApp(c *cli, cmd command, stderr io.Writer) (*app, error) {
	var check setting.Checker
	a := &app{cli: c, keys: c.Keys(&check), stderr: stderr, log: telemetry.NewLogger(stderr, c.Level(&check)).Named("admin")}
	if v, is := cmd.(validator); is {
		v.Validate(&check)
	}
	rdb, err := redisconn.Open(c.RedisURL)
	if err != nil {
		check.Fault("REDIS_URL", err.Error())
	}
	if err := check.Err(); err != nil {
		if rdb != nil {
			_ = rdb.Close() // it never connected
		}
		return nil, err
	}
	a.health = health.Options{Redis: rdb, Keys: a.keys, Role: stream.RoleAdmin, WithoutAOF: c.AllowNoAOF}
	a.rdb, a.control, a.clock = rdb, stream.NewControl(rdb, a.keys), stream.NewClock(rdb, a.keys, a.log)
	a.jobs = jobs.New(rdb, a.keys, stream.NewName(""), zap.NewNop()) // what it would log, the command prints
	a.audit = audit.New(rdb, a.keys.Prefix, audit.Options{})
	a.openAccess(access.Options{})
	return a, nil
}

// openAccess opens users, sessions and tokens with other options, by Redis's clock.
func (a *app) openAccess(opt access.Options) {
	opt.Now = a.clock.Now
	a.access = access.New(a.rdb, a.keys.Prefix, opt)
}

func (a *app) close() { _ = a.rdb.Close() }

// brief is a context of a command that is long, for one step.
func brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, commandTimeout)
}

// do runs a command.
func (a *app) do(ctx context.Context, cmd command) error {
	if _, is := cmd.(*serve); !is { // serve learns Redis's time by itself
		short, cancel := brief(ctx)
		a.clock.Confirm(short) // if Redis is away, the command says so
		cancel()
	}
	if _, is := cmd.(interface{ boundsItself() }); !is {
		var cancel context.CancelFunc
		ctx, cancel = brief(ctx)
		defer cancel()
	}
	return cmd.Run(ctx, a)
}

// audited runs a command. One that changes something or hands out data has an entry in
// the audit log before it, and is not done without.
func (a *app) audited(ctx context.Context, cmd command) error {
	var e audit.Entry
	if one, is := cmd.(audited); is {
		e = one.Entry()
	}
	if e.Action == "" {
		return a.do(ctx, cmd)
	}
	e.Kind, e.Actor, e.Address = audit.CLI, osUser(), "local"
	short, cancel := brief(ctx)
	id, err := a.audit.Begin(short, e)
	cancel()
	if err != nil {
		return fmt.Errorf("nothing was done: %w", err)
	}
	err = a.do(ctx, cmd)
	result := maps.Clone(a.result)
	if err != nil {
		if result == nil {
			result = map[string]string{}
		}
		result["error"] = err.Error()
	}
	if ended := a.audit.End(ctx, id, outcomeOf(err), result); ended != nil {
		fmt.Fprintf(a.stderr, "admin: the audit log does not say what came of it: %v\n", ended)
	}
	return err
}

// outcomeError is an error that says itself what came of the command.
type outcomeError struct {
	outcome audit.Outcome
	error
}

// Unwrap returns the error.
func (e outcomeError) Unwrap() error { return e.error }

// refusals are errors by which nothing happened, and nothing is broken.
var refusals = []error{
	access.ErrName, access.ErrRole, access.ErrPassword, access.ErrUserExists, access.ErrNoUser, access.ErrLastAdmin, access.ErrOIDCUser,
	access.ErrFull, access.ErrDisabled, access.ErrNoSession, access.ErrTokenExists, access.ErrNoToken, access.ErrScope, access.ErrExpires,
	stream.ErrNoToken, stream.ErrFlushRunning, stream.ErrNoFlush, stream.ErrNoWorker, stream.ErrPartitions, jobs.ErrTooMany, jobs.ErrEnded,
}

// outcomeOf is what came of a command, by its error.
func outcomeOf(err error) audit.Outcome {
	var own outcomeError
	switch {
	case err == nil:
		return audit.Done
	case errors.As(err, &own):
		return own.outcome
	case errors.Is(err, context.Canceled):
		return audit.Cancelled
	case slices.ContainsFunc(refusals, func(one error) bool { return errors.Is(err, one) }):
		return audit.Refused
	}
	return audit.Failed
}

// osUser is the name of the user of the operating system.
func osUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return cmp.Or(os.Getenv("USER"), "unknown")
}
