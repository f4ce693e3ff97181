package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pushstream/internal/jobfile"
)

// input is what an import reads.
type input struct {
	file *os.File    // is read twice
	info os.FileInfo // nil if it is no file that somebody has
	form jobfile.Form
	size int64 // in bytes, or -1

	stream io.Reader // what can be read only once, instead of file
	pipe   *os.File  // that it comes from, if it has a name
}

// openInput opens a file, and looks at all of it. What is no file, a pipe or a device,
// is copied into one first; if its encoding is named, it is read as it comes. The caller
// closes the input, after an error, too.
func openInput(ctx context.Context, path string, stdin io.Reader, encoding jobfile.Encoding) (*input, error) {
	in := &input{size: -1}
	var err error
	if path != "-" {
		if in.file, err = os.Open(path); err != nil {
			return in, usage("%v", err)
		}
		if in.info, err = in.file.Stat(); err != nil || in.info.IsDir() {
			return in, usage("%s is not a file", path)
		}
		if in.info.Mode().IsRegular() {
			return in, in.inspect(ctx, encoding)
		}
		in.pipe, stdin = in.file, in.file
	}
	in.file, in.info, in.stream = nil, nil, interruptible(ctx, stdin)
	if encoding != jobfile.Auto {
		in.stream, in.form, err = jobfile.Peek(in.stream, encoding)
		return in, err
	}
	if in.file, err = spool(in.stream); err != nil {
		return in, err
	}
	in.stream = nil
	return in, in.inspect(ctx, encoding)
}

// inspect looks at all of a file.
func (in *input) inspect(ctx context.Context, encoding jobfile.Encoding) error {
	info, err := in.file.Stat()
	if err != nil {
		return err
	}
	in.size = info.Size()
	if in.form, err = jobfile.Inspect(untilDone{ctx, in.file}, encoding); err != nil {
		return err
	}
	_, err = in.file.Seek(0, io.SeekStart)
	return err
}

// reader reads the jobs.
func (in *input) reader(progress *progress, o jobfile.Options) (*jobfile.Reader, error) {
	o.Form = in.form
	if in.stream != nil {
		return jobfile.NewAt(progress.reader(in.stream), o)
	}
	return jobfile.New(progress.reader(in.file), o)
}

func (in *input) close() {
	for _, file := range []*os.File{in.file, in.pipe} {
		if file != nil {
			_ = file.Close() // it was read
		}
	}
}

// maxSpool is how much of a pipe is kept on the disk, in bytes.
const maxSpool = 8 << 30

// spool copies what can be read only once into a file that is gone with its process.
func spool(r io.Reader) (*os.File, error) {
	file, err := os.CreateTemp("", "pushstream-load-*") // only its owner may read it
	if err != nil {
		return nil, fmt.Errorf("keep the input, to look at all of it first: %w; set TMPDIR to a folder with room, or name the --encoding", err)
	}
	_ = os.Remove(file.Name()) // it stays as long as it is open
	n, err := io.Copy(file, io.LimitReader(r, maxSpool+1))
	if err == nil && n > maxSpool {
		err = usage("the input is larger than %d GiB; hand it in in parts, or name its --encoding", maxSpool>>30)
	} else if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("read the input, of which nothing was accepted yet: %w", err)
	}
	return file, nil
}

// untilDone is a reader that ends with a context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}

// refused makes a mistake of the caller of a file that is refused as a whole.
func refused(err error) error {
	var unfit jobfile.Unfit
	if errors.As(err, &unfit) {
		return usage("%v", err)
	}
	return err
}

var (
	tableTypes = []string{".csv", ".tsv", ".txt"}
	fileTypes  = append([]string{".ndjson", ".jsonl", ".json"}, tableTypes...)
)

// rejectedMark is in the name of a reject file.
const rejectedMark = ".rejected"

// rejectsBeside is where rejected lines of a file go.
func rejectsBeside(path, format string) string {
	if path == "-" {
		path = "stdin"
	}
	kind := ".ndjson"
	if format == "csv" {
		kind = strings.ToLower(filepath.Ext(strings.TrimSuffix(path, ".gz")))
		if !slices.Contains(tableTypes, kind) {
			kind = ".csv"
		}
	}
	return path + rejectedMark + kind
}

// batch is that of the flags, or of the file; empty if that has no name that tells one
// import from another, such as a pipe.
func (f *load) batch(in *input) string {
	if f.Batch == "" && in.info != nil {
		return batchOf(filepath.Base(f.File))
	}
	return f.Batch
}

// batchOf is the batch of a file: its name without what says how it is written, so that
// it stays the same when the file is saved in another way, and for its reject file.
func batchOf(name string) string {
	batch := strings.TrimSuffix(name, ".gz")
	for {
		kind := filepath.Ext(batch)
		if !slices.Contains(fileTypes, strings.ToLower(kind)) && kind != rejectedMark {
			break
		}
		batch = strings.TrimSuffix(batch, kind)
	}
	if batch == "" {
		return name
	}
	return batch
}
