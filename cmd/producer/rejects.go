package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pushstream/internal/push"
)

// maxRejectRaw is how much of a rejected line the reject file repeats.
const maxRejectRaw = 8 << 10

// rejects is the file of lines that could not be accepted, made when there is
// the first. It repeats the lines, so only its owner may read it.
type rejects struct {
	path string
	file *os.File
	w    *bufio.Writer
}

// newRejects removes what an earlier run left at path. Nothing else is removed:
// not the import itself (input, nil if it is no file), no folder, no device.
func newRejects(path string, input os.FileInfo) (*rejects, error) {
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
		return nil, fmt.Errorf("reject file: there is no folder %s", filepath.Dir(path))
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return &rejects{path: path}, nil
	case err != nil:
		return nil, fmt.Errorf("reject file: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("reject file: %s is there, and is not a file", path)
	case input != nil && os.SameFile(info, input):
		return nil, fmt.Errorf("reject file: %s is the file to import", path)
	}
	if err := os.Remove(path); err != nil {
		return nil, fmt.Errorf("reject file: %w", err)
	}
	return &rejects{path: path}, nil
}

// reject is one line of the file.
type reject struct {
	Line   int         `json:"line"`
	Faults push.Faults `json:"faults"`
	Raw    string      `json:"raw"` // the line itself, or its start
}

func (r *rejects) write(l line) error {
	if r.file == nil {
		file, err := os.OpenFile(r.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("reject file: %w", err)
		}
		r.file, r.w = file, bufio.NewWriter(file)
	}
	var faults push.Faults
	errors.As(l.err, &faults)
	raw := strings.ToValidUTF8(string(l.raw[:min(len(l.raw), maxRejectRaw)]), "\uFFFD")
	enc := json.NewEncoder(r.w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(reject{l.number, faults, raw}); err != nil {
		return fmt.Errorf("reject file: %w", err)
	}
	return nil
}

func (r *rejects) close() error {
	if r.file == nil {
		return nil
	}
	if err := errors.Join(r.w.Flush(), r.file.Close()); err != nil {
		return fmt.Errorf("reject file: %w", err)
	}
	return nil
}
