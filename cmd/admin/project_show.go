package main

import (
	"context"
	"fmt"
)

type projectShow struct{}

// Run prints the project.
func (*projectShow) Run(ctx context.Context, a *app) error {
	project, err := a.control.Project(ctx)
	if err != nil {
		return err
	}
	if project == "" {
		fmt.Fprintln(a.stderr, "no project yet: the first consumer that starts notes its own")
		return nil
	}
	fmt.Fprintln(a.stdout, cell(project))
	return nil
}
