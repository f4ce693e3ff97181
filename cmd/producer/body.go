package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
	"pushstream/internal/push"
)

const (
	// maxJob is the greatest text of one job in bytes. What is valid takes less, with
	// every character escaped, too.
	maxJob = 128 << 10
	// maxFaulty is how many faulty jobs an answer names, and maxFaults about how many
	// faults.
	maxFaulty = 100
	maxFaults = 1000
	// readStep is how many bytes are read ahead of a job at most.
	readStep = 32 << 10
)

// errTooMany is more than MAX_JOBS jobs.
var errTooMany = errors.New("too many jobs")

// errLong is a job of more than maxJob bytes.
var errLong = errors.New("job is too long")

// formFault is what is wrong with the form of a body.
type formFault struct{ text string }

func (f *formFault) Error() string { return f.text }

// batch is a body taken apart.
type batch struct {
	jobs   []push.Job // none if there are faults
	faults []httpapi.ItemFaults
	single bool // it was one JSON object, and no list
}

// reader takes a body apart as it comes. What it holds is what was valid so far, the
// text of one job, and readStep: however many elements there are, it stops at most jobs.
type reader struct {
	body  io.Reader
	zone  *time.Location
	most  int // jobs
	hold  *holding
	batch batch

	text   []byte // of one job
	n      int    // jobs so far, faulty ones too
	faults int
	kept   int64 // of hold, for the jobs
	err    error // of body

	given, start int64 // bytes: read from body; before the job that is being read
	pending      int64 // of hold, for what is being read
}

// jobTypes are the media types of bodies, and whether they are one job a line. The last
// three are what clients send that don't say what they send.
var jobTypes = map[string]bool{
	"application/json": false, "text/json": false, "": false,
	"application/x-ndjson": true, "application/ndjson": true, "application/jsonl": true, "application/x-jsonlines": true, "application/jsonlines": true, "text/x-ndjson": true,
	"application/x-www-form-urlencoded": false, "text/plain": false, "application/octet-stream": false,
}

// mediaType tells from a request's content type whether its body is one job a line. A
// body that is no JSON it answers itself, and ok is false.
func mediaType(c *gin.Context) (lines, ok bool) {
	kind := strings.ToLower(strings.TrimSpace(c.ContentType()))
	lines, ok = jobTypes[kind]
	if !ok && !strings.HasSuffix(kind, "+json") {
		c.Header("Connection", "close") // nothing of it is read
		httpapi.Fail(c, http.StatusUnsupportedMediaType, fmt.Sprintf("Content-Type: %.60q is not read; send JSON (application/json) or "+
			"one job a line (application/x-ndjson), and files such as CSV with producer load", kind))
		return false, false
	}
	return lines, true
}

// errMedia is a body that is no UTF-8.
var errMedia = errors.New("the body begins with the byte order mark of UTF-16; send it as UTF-8")

// read reads all of the body; lines says that it is one job a line.
func (r *reader) read(lines bool) (batch, error) {
	in := bufio.NewReader((*feed)(r))
	first, err := r.firstByte(in)
	switch {
	case r.err != nil:
		return batch{}, r.err
	case errors.Is(err, errMedia):
		return batch{}, err
	case err != nil:
		return batch{}, &formFault{"the body is empty"}
	case lines:
		err = r.lines(in)
	case first == '[':
		err = r.array(in)
	default:
		err = r.one(in)
	}
	if r.err != nil {
		return batch{}, r.err
	}
	if errors.Is(err, errLong) {
		r.fault(push.Faults{{Message: fmt.Sprintf("is longer than %d bytes; what follows was not read", maxJob)}})
		err = nil
	}
	return r.batch, err
}

const byteOrderMark = "\xef\xbb\xbf"

// firstByte skips a byte order mark and white space.
func (r *reader) firstByte(in *bufio.Reader) (byte, error) {
	mark, _ := in.Peek(3)
	switch {
	case string(mark) == byteOrderMark:
		_, _ = in.Discard(3) // they are there
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return 0, errMedia
	}
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if !isSpace(b) {
			return b, in.UnreadByte()
		}
		r.start = r.given - int64(in.Buffered())
	}
}

func isSpace(b byte) bool { return strings.IndexByte(" \t\r\n\v\f", b) >= 0 }

// blank reports whether nothing but white space is left.
func blank(in io.Reader) bool {
	rest := bufio.NewReader(in)
	for {
		switch b, err := rest.ReadByte(); {
		case err != nil:
			return errors.Is(err, io.EOF)
		case !isSpace(b):
			return false
		}
	}
}

// one reads a single job, which is the whole body.
func (r *reader) one(in *bufio.Reader) error {
	r.batch.single = true
	text, err := io.ReadAll(io.LimitReader(in, maxJob+1))
	if err != nil {
		return err
	}
	if len(text) > maxJob {
		return errLong
	}
	return r.job(bytes.TrimSpace(text))
}

// lines reads one job a line. Lines end with LF, CR LF, or CR alone; files that were put
// together have a byte order mark before some.
func (r *reader) lines(in *bufio.Reader) error {
	for {
		err := r.line(in)
		if len(r.text) > maxJob+1 { // with its end
			return errLong
		}
		if text := bytes.TrimSpace(bytes.TrimPrefix(r.text, []byte(byteOrderMark))); len(text) > 0 {
			if err := r.job(text); err != nil {
				return err
			}
		}
		r.start = r.given - int64(in.Buffered())
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// line reads a line with its end into text, or somewhat more of it than maxJob bytes.
func (r *reader) line(in *bufio.Reader) error {
	r.text = r.text[:0]
	for len(r.text) <= maxJob {
		if _, err := in.Peek(1); err != nil {
			return err
		}
		part, _ := in.Peek(in.Buffered())
		end := bytes.IndexAny(part, "\r\n")
		if end >= 0 {
			part = part[:end+1]
		}
		r.text = append(r.text, part...)
		_, _ = in.Discard(len(part)) // it was peeked at
		if end >= 0 {
			break
		}
	}
	return nil
}

// array reads the elements of a JSON array.
func (r *reader) array(in *bufio.Reader) error {
	broken := &formFault{"the body is not a JSON array"}
	d := json.NewDecoder(in)
	before := r.given - int64(in.Buffered())
	if _, err := d.Token(); err != nil { // the [
		return broken
	}
	for d.More() {
		r.start = before + d.InputOffset()
		raw := json.RawMessage(r.text[:0])
		if err := d.Decode(&raw); errors.Is(err, errLong) {
			return err
		} else if err != nil {
			return broken
		}
		r.text = raw
		if len(raw) > maxJob {
			return errLong
		}
		if err := r.job(raw); err != nil {
			return err
		}
	}
	r.start = before + d.InputOffset()
	if _, err := d.Token(); err != nil { // the ]
		return broken
	}
	if !blank(io.MultiReader(d.Buffered(), in)) {
		return broken
	}
	if r.n == 0 {
		return &formFault{"the array is empty"}
	}
	return nil
}

// job takes one job, which is valid or not. With one that is not, no job is kept.
func (r *reader) job(text []byte) error {
	if r.n++; r.n > r.most {
		return errTooMany
	}
	if r.faults >= maxFaults || len(r.batch.faults) >= maxFaulty {
		return nil // counted only
	}
	job, err := push.FromJSON(text, r.zone)
	var faults push.Faults
	if errors.As(err, &faults) {
		r.n--
		r.fault(faults)
		return nil
	}
	if r.batch.faults != nil {
		return nil
	}
	cost := int64(len(text)) + jobCost
	if err := r.hold.grow(cost); err != nil {
		return err
	}
	r.kept += cost
	r.batch.jobs = append(r.batch.jobs, job)
	return nil
}

// fault notes what is wrong with the next job, and lets go of the others.
func (r *reader) fault(faults push.Faults) {
	r.hold.shrink(r.kept)
	r.kept, r.batch.jobs = 0, nil
	r.batch.faults = append(r.batch.faults, httpapi.ItemFaults{Index: r.n, Faults: faults})
	r.faults += len(faults)
	r.n++
}

// feed is the body of a reader: no job in it is longer than maxJob, and what is being
// read is held.
type feed reader

// Read reads a little, so that the reader's buffers stay small.
func (s *feed) Read(p []byte) (int, error) {
	ahead := s.given - s.start
	if ahead > maxJob+2*readStep {
		return 0, errLong
	}
	if need := 3 * ahead; need > s.pending { // buffers are doubled, and copied
		if s.err = s.hold.grow(need - s.pending); s.err != nil {
			return 0, s.err
		}
		s.pending = need
	}
	n, err := s.body.Read(p[:min(len(p), readStep)])
	s.given += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
