package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"pushstream/internal/audit"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// logExport writes what the flags select to a file, or stdout if that is -.
func (a *app) logExport(ctx context.Context, output string, stdout, stderr io.Writer) error {
	short, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	// With another number of partitions, some pushes would not be found.
	if err := stream.CheckPartitions(short, a.rdb, a.keys); err != nil {
		return err
	}
	return toFile(output, stdout, func(w io.Writer) error {
		n, err := a.writeLog(ctx, w, stderr)
		a.result = map[string]string{"pushes": strconv.Itoa(n)}
		return err
	})
}

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

// writeLog writes the export and says on stderr how far it is.
func (a *app) writeLog(ctx context.Context, w io.Writer, stderr io.Writer) (int, error) {
	told := time.Now()
	n, err := a.export.Write(w, a.export.Of(ctx, pushlog.New(a.rdb, a.keys)), func(n int) {
		if time.Since(told) >= tellEvery {
			told = time.Now()
			fmt.Fprintf(stderr, "%d pushes\n", n)
		}
	})
	if err == nil {
		fmt.Fprintf(stderr, "%d pushes written\n", n)
	}
	return n, err
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
