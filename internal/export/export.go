package export

import (
	"encoding/json"
	"io"
	"time"

	"pushstream/internal/pushlog"
)

// Format is how a file is written.
type Format string

// The formats.
const (
	CSV    Format = "csv"    // see csv.go
	NDJSON Format = "ndjson" // one record a line, as the API has it
)

// Formats returns all formats.
func Formats() []Format { return []Format{CSV, NDJSON} }

// ContentType is the file's media type.
func (f Format) ContentType() string {
	if f == CSV {
		return "text/csv; charset=utf-8"
	}
	return "application/x-ndjson"
}

// FileName names a file that was begun at some time.
func (f Format) FileName(at time.Time) string {
	return "pushes-" + at.UTC().Format("20060102T150405Z") + "." + string(f)
}

// Each hands out the records, some hundred at a time, as pushlog.Log's Each does.
type Each func(do func([]pushlog.Record) error) error

// enough bytes are written together.
const enough = 32 << 10

// Write writes the records of each to w, and returns how many. Nothing is written
// before there are 32 KiB or the end: if it fails before that, w knows nothing of
// it. Tell, if not nil, is told from time to time how many have been written.
func Write(w io.Writer, f Format, each Each, tell func(records int)) (records int, err error) {
	var head []byte
	if f == CSV {
		head = appendHead(head, Columns())
	}
	return write(w, head, each, f.append, tell)
}

// write is Write of anything.
func write[T any](w io.Writer, head []byte, each func(do func([]T) error) error, add func([]byte, *T) ([]byte, error), tell func(int)) (n int, err error) {
	buf := head
	flush := func(least int) error {
		if len(buf) < least {
			return nil
		}
		_, err := w.Write(buf)
		buf = buf[:0]
		return err
	}
	err = each(func(some []T) error {
		for i := range some {
			if buf, err = add(buf, &some[i]); err != nil {
				return err
			}
			if err := flush(enough); err != nil {
				return err
			}
		}
		n += len(some)
		if tell != nil {
			tell(n)
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	return n, flush(1)
}

// append adds a record to the bytes of a file.
func (f Format) append(b []byte, r *pushlog.Record) ([]byte, error) {
	if f == CSV {
		return appendRow(b, cells(r)), nil
	}
	line, err := json.Marshal(r)
	return append(append(b, line...), '\n'), err
}
