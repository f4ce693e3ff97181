package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"pushstream/internal/jobfile"
	"pushstream/internal/push"
)

// reasonsMark ends the name of the file that says why the lines were rejected.
const reasonsMark = ".reasons.ndjson"

// partMark ends the names of both while they are written.
const partMark = ".part"

// maxWords is how many rejected lines are explained on standard error, too.
const maxWords = 5

// rejects are two files: the lines that were not accepted, byte for byte and below their
// header, so that they can be mended and handed in again; and why, in the same order.
// They are made before the first line is accepted, and stay if lines were rejected. They
// repeat customers' data, so only their owner may read them.
type rejects struct {
	path string

	mu      sync.Mutex
	lines   *bufio.Writer
	reasons *bufio.Writer
	files   []*os.File
	head    []byte // what the last line stands below
	n       int
	words   []string
}

// newRejects makes the files, which take the place of what an earlier run left there.
// Nothing else is removed: not the import itself (input, nil if it is no file), no folder, no
// device, and no rejected lines that somebody has mended.
func newRejects(path string, input os.FileInfo) (*rejects, error) {
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
		return nil, fmt.Errorf("reject file: there is no folder %s", filepath.Dir(path))
	}
	if mended(path) {
		return nil, fmt.Errorf("reject file: %s was changed since it was written; hand it in, or move it away, or name another with --rejects", path)
	}
	r := &rejects{path: path}
	for _, path := range r.paths() {
		for _, path := range []string{path, path + partMark} {
			if err := removable(path, input); err != nil {
				return nil, errors.Join(err, r.remove())
			}
		}
		path += partMark
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, errors.Join(fmt.Errorf("reject file: %w", err), r.remove())
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("reject file: %w", err), r.remove())
		}
		r.files = append(r.files, file)
		if err := hasRoom(file); err != nil {
			return nil, errors.Join(fmt.Errorf("reject file: %w", err), r.remove())
		}
	}
	r.lines, r.reasons = bufio.NewWriter(r.files[0]), bufio.NewWriter(r.files[1])
	return r, nil
}

// paths are where the two files are when they are whole.
func (r *rejects) paths() []string { return []string{r.path, r.path + reasonsMark} }

// removable refuses to remove what is no reject file.
func removable(path string, input os.FileInfo) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("reject file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("reject file: %s is there, and is not a file", path)
	case input != nil && os.SameFile(info, input):
		return fmt.Errorf("reject file: %s is the file to import", path)
	}
	return nil
}

// mended reports whether the lines were changed after the reasons were written, which
// are written together.
func mended(path string) bool {
	lines, err := os.Stat(path)
	if err != nil {
		return false
	}
	reasons, err := os.Stat(path + reasonsMark)
	return err == nil && lines.ModTime().Sub(reasons.ModTime()) > 2*time.Second
}

// hasRoom fails on a full disk, on which an empty file still can be made.
func hasRoom(file *os.File) error {
	if _, err := file.Write(make([]byte, 4096)); err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Truncate(0)); err != nil {
		return err
	}
	_, err := file.Seek(0, 0)
	return err
}

// reason is one line of the file of reasons.
type reason struct {
	Line   int         `json:"line"` // of the import, from 1
	ID     string      `json:"id,omitempty"`
	Faults push.Faults `json:"faults"`
}

// write puts a line aside.
func (r *rejects) write(l jobfile.Line, id string, faults push.Faults) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !bytes.Equal(l.Head, r.head) {
		_, _ = r.lines.Write(l.Head) // an error stays with the writer
		r.head = l.Head
	}
	if _, err := r.lines.Write(l.Raw); err != nil {
		return fmt.Errorf("reject file: %w", err)
	}
	r.n++
	if len(r.words) < maxWords {
		r.words = append(r.words, fmt.Sprintf("line %d: %v", l.Number, faults))
	}
	if !push.ValidID(id) {
		id = ""
	}
	enc := json.NewEncoder(r.reasons)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(reason{l.Number, id, faults}); err != nil {
		return fmt.Errorf("reject file: %w", err)
	}
	return nil
}

// close puts the files in the place of those of an earlier run. If no line of the whole
// file was rejected, those go, too.
func (r *rejects) close(whole bool) error {
	if r.n == 0 {
		err := r.remove()
		for _, path := range r.paths() {
			if !whole {
				break
			}
			if e := os.Remove(path); e != nil && !errors.Is(e, os.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
		return err
	}
	err := errors.Join(r.lines.Flush(), r.reasons.Flush())
	for i, path := range r.paths() {
		err = errors.Join(err, r.files[i].Close(), os.Rename(r.files[i].Name(), path))
	}
	if err != nil {
		return fmt.Errorf("reject file: %w", err)
	}
	return nil
}

// remove takes back what was made.
func (r *rejects) remove() error {
	var err error
	for _, file := range r.files {
		err = errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return err
}
