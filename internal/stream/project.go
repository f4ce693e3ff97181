package stream

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
)

// ErrProject says that the pushes in Redis are for another FCM project than ours: their
// tokens mean nothing to it.
var ErrProject = errors.New("wrong FCM project")

// projectName is what a Firebase project may be called, in both of its forms.
var projectName = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,100}$`)

// ValidProject reports whether a text may be the name of a Firebase project.
func ValidProject(name string) bool { return projectName.MatchString(name) }

// CheckProject notes the FCM project of a consumer in a Redis that has none yet, else
// compares the two. A Redis that is out of memory takes no note; the next look does.
func CheckProject(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys, project string) error {
	before, err := ReadProject(ctx, rdb, keys)
	if err == nil && before == "" {
		before, err = rdb.SetArgs(ctx, projectKey(keys), project, redis.SetArgs{Mode: "NX", Get: true}).Result()
	}
	switch {
	case errors.Is(err, redis.Nil), redis.HasErrorPrefix(err, "OOM"): // there was none
		return nil
	case err != nil:
		return fmt.Errorf("check the FCM project: %w", err)
	}
	return sameProject(before, project)
}

// sameProject is ErrProject, with what to do, if a store is for another project.
func sameProject(store, ours string) error {
	if store == ours {
		return nil
	}
	return fmt.Errorf("FCM_PROJECT_ID: this store sends to project %q, not %q: %w; set FCM_PROJECT_ID (and GOOGLE_APPLICATION_CREDENTIALS) to those of %q, "+
		"or take another REDIS_URL or PUSH_PREFIX for %q; to have this store send to %q from now on: admin project set %s",
		store, ours, ErrProject, store, ours, ours, ours)
}

// ReadProject returns the FCM project that a store sends to; empty if no consumer has
// started yet.
func ReadProject(ctx context.Context, rdb redis.UniversalClient, keys pushlog.Keys) (string, error) {
	project, err := rdb.Get(ctx, projectKey(keys)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("read the FCM project: %w", err)
	}
	return project, nil
}

// checkProject compares the store's project, as it was just read, with ours; if a flush
// took it away, it is noted again.
func (c *Consumer) checkProject(ctx context.Context, read any) error {
	if project, _ := read.(string); project != "" {
		return sameProject(project, c.opt.Project)
	}
	return CheckProject(ctx, c.rdb, c.keys, c.opt.Project)
}

// Project returns the FCM project that the store sends to; empty if no consumer has
// started yet.
func (c *Control) Project(ctx context.Context) (string, error) {
	return ReadProject(ctx, c.rdb, c.keys)
}

// SetProject has the store send to another FCM project from now on, and returns the one
// before. Consumers of that one stop within a second; then they refuse to start.
func (c *Control) SetProject(ctx context.Context, project string) (string, error) {
	before, err := c.rdb.SetArgs(ctx, projectKey(c.keys), project, redis.SetArgs{Get: true}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("set the FCM project: %w", err)
	}
	return before, nil
}
