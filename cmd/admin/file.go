package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"pushstream/internal/audit"
)

// toFile writes to a file, or stdout if its name is -.
func toFile(name string, stdout io.Writer, write func(io.Writer) error) error {
	if name == "-" {
		if err := write(stdout); err != nil {
			return fmt.Errorf("the export is not complete: %w", err)
		}
		return nil
	}
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return outcomeError{audit.Refused, fmt.Errorf("%s is no file; write to - and redirect that", name)}
	}
	return whole(name, write)
}

// whole writes a file, which has its name only when it is complete and on the disk.
// What it holds is for its owner's eyes.
func whole(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".part-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close() // again, perhaps
			if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
	}()
	if err := write(f); err != nil {
		return fmt.Errorf("nothing was written to %s: %w", name, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
