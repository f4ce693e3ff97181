package main

import (
	"context"
	"fmt"
	"io"

	"pushstream/internal/stream"
)

func (a *app) projectShow(ctx context.Context, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	project, err := a.control.Project(ctx)
	if err != nil {
		return err
	}
	if project == "" {
		fmt.Fprintln(stderr, "no project yet: the first consumer that starts notes its own")
		return nil
	}
	fmt.Fprintln(stdout, cell(project))
	return nil
}

// projectSet sets the project, and says what that means for what runs and waits.
func (a *app) projectSet(ctx context.Context, project string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	before, err := a.control.SetProject(ctx, project)
	if err != nil {
		return err
	}
	a.result = map[string]string{"before": before}
	if before == project {
		fmt.Fprintf(stdout, "this store sends to %s already\n", project)
		return nil
	}
	fmt.Fprintf(stdout, "this store sends to %s from now on\n", project)
	if before == "" {
		return nil
	}
	others, err := a.consumersOf(ctx, before)
	if err != nil {
		return err
	}
	normal, urgent, err := stream.ReadBacklog(ctx, a.rdb, a.keys)
	if err != nil {
		return err
	}
	if others > 0 {
		fmt.Fprintf(stdout, "%d consumers of %s stop now; start them with FCM_PROJECT_ID=%s\n", others, cell(before), project)
	}
	if n := normal.Unread + normal.Pending + normal.Due + urgent.Unread + urgent.Pending; n > 0 {
		fmt.Fprintf(stdout, "%d unfinished pushes go to %s\n", n, project)
	}
	return nil
}

// consumersOf counts the living consumers of a project.
func (a *app) consumersOf(ctx context.Context, project string) (n int, err error) {
	workers, err := a.control.Workers(ctx)
	for _, w := range workers {
		if w.Project == project && w.State != stream.Lost {
			n++
		}
	}
	return n, err
}
