package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/jobfile"
	"pushstream/internal/push"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
)

// loadChunk is how many jobs go to Redis in one round trip.
const loadChunk = 800

// loadChunkBytes ends a chunk, too: its lines are kept until they are accepted.
const loadChunkBytes = 1 << 20

// maxUnnamed is how many different jobs without an id an import may have: they take
// about 40 bytes of memory each.
const maxUnnamed = 20_000_000

type load struct {
	File         string `arg:"" help:"File to import, plain or gzip; - for standard input."`
	Format       string `enum:"auto,ndjson,csv" default:"auto" help:"Format of the file: auto, ndjson or csv. auto decides by the first character."`
	Encoding     string `default:"auto" help:"Encoding of the file: auto, utf-8, cp949 (\"CSV\" of Korean Excel), utf-16le or utf-16be. auto decides by the byte order mark; without a mark, the whole file must be UTF-8. With a named encoding, only the lines that are not in it are rejected, and standard input is imported while it is read."`
	Rejects      string `placeholder:"FILE" help:"Write rejected lines to this file unchanged, to be corrected and imported again; FILE.reasons.ndjson beside it has the reasons. Empty: the name of the import with .rejected and its extension."`
	Batch        string `placeholder:"NAME" help:"Name this import. A push without an id gets one from this name, its fields, and the number of equal lines before it. Empty: the name of the file without its extension. Required for standard input with pushes without an id. Another name sends the same pushes again."`
	FailOnReject bool   `help:"Exit with code 1 if any line was not accepted. Without it, rejected lines leave the exit code 0."`
}

// summary is what an import did; its JSON is load's last line.
type summary struct {
	Lines    int     `json:"lines"`              // that hold something
	Accepted int     `json:"accepted"`           // new
	Expired  int     `json:"expired"`            // of these, how many are never sent: their lifetime was over
	Repeated int     `json:"repeated"`           // known by their id: nothing was changed
	Conflict int     `json:"conflict"`           // their id is that of a push with other content: see the reject file
	Rejected int     `json:"rejected"`           // see the reject file
	Unusable int     `json:"unusable,omitempty"` // keys of theirs in Redis hold other types: they are in the reject file, too
	Seconds  float64 `json:"seconds"`
}

// refused is how many lines are in the reject file.
func (s *summary) refused() int { return s.Rejected + s.Conflict + s.Unusable }

// Run imports a file. It is done when every line is accepted, repeated or rejected; it
// waits for Redis, and for room in a full backlog, as long as ctx
// lasts.
func (f *load) Run(ctx context.Context, a *app) error {
	encoding, err := jobfile.ParseEncoding(f.Encoding)
	if err != nil {
		return usage("--encoding: %v", err)
	}
	in, err := openInput(ctx, f.File, a.stdin, encoding)
	defer in.close()
	if err != nil {
		return refused(err)
	}
	if err := a.ready(ctx); err != nil {
		return err
	}
	progress := newProgress(a.stderr, in.size)
	src, err := in.reader(progress, jobfile.Options{Format: f.Format, Zone: a.zone})
	if err != nil {
		return refused(err)
	}
	rejects, err := newRejects(cmp.Or(f.Rejects, rejectsBeside(f.File, src.Format)), in.info)
	if err != nil {
		return usage("%v", err)
	}
	l := &loader{app: a, batch: f.batch(in), encoding: encoding, rejects: rejects, progress: progress,
		seed: maphash.MakeSeed(), equal: map[uint64]uint32{}}
	start := time.Now()
	err = l.run(ctx, src)
	err = errors.Join(err, rejects.close(err == nil))
	progress.finish()
	l.sum.Seconds = float64(time.Since(start).Milliseconds()) / 1000
	if len(src.Ignored) > 0 {
		fmt.Fprintf(a.stderr, "ignored columns, which tell what became of a push: %s\n", strings.Join(src.Ignored, ", "))
	}
	l.report(a.stderr)
	if err == nil && f.FailOnReject && l.sum.refused() > 0 {
		err = errors.New(l.lastWords())
	} else if l.sum.refused() > 0 {
		fmt.Fprintln(a.stderr, l.lastWords())
	}
	return errors.Join(err, json.NewEncoder(a.stdout).Encode(l.sum))
}

// loader is one import under way.
type loader struct {
	*app
	batch    string
	encoding jobfile.Encoding
	rejects  *rejects
	progress *progress
	seed     maphash.Seed
	equal    map[uint64]uint32 // by a hash of what they say, how many lines without an id have been read
	sum      summary
}

// chunk is what goes to Redis in one round trip: jobs, and the lines that they stood in.
type chunk struct {
	jobs  []push.Job
	lines []jobfile.Line
	bytes int
}

func newChunk() chunk {
	return chunk{make([]push.Job, 0, loadChunk), make([]jobfile.Line, 0, loadChunk), 0}
}

func (c *chunk) full() bool { return len(c.jobs) == loadChunk || c.bytes > loadChunkBytes }

// add takes a line. The job goes its own way.
func (c *chunk) add(l jobfile.Line) {
	c.jobs = append(c.jobs, l.Job)
	l.Job = push.Job{}
	c.lines, c.bytes = append(c.lines, l), c.bytes+len(l.Raw)
}

// run reads ahead of what Redis is taking. If the file can't be read to its
// end, what was read of it is handed in.
func (l *loader) run(ctx context.Context, src *jobfile.Reader) error {
	chunks := make(chan chunk, 2)
	g, both := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(chunks)
		return l.read(both, src, chunks)
	})
	g.Go(func() error {
		for c := range chunks {
			if err := l.accept(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// read turns lines into chunks of jobs; it owns sum.Lines and sum.Rejected.
func (l *loader) read(ctx context.Context, src *jobfile.Reader, chunks chan<- chunk) error {
	next := newChunk()
	for {
		line, err := src.Next()
		if err == nil {
			l.sum.Lines++
			if line.Err == nil && line.Job.ID == "" {
				line.Job.ID, err = l.idOf(line)
			}
			var faults push.Faults
			switch {
			case err != nil:
			case errors.As(line.Err, &faults):
				l.sum.Rejected++
				err = l.rejects.write(line, line.Job.ID, faults)
			default:
				next.add(line)
			}
		}
		if next.full() || err != nil && len(next.jobs) > 0 {
			select {
			case chunks <- next:
			case <-ctx.Done():
				return ctx.Err()
			}
			next = newChunk()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// idOf makes the id of a job that has none, the same at every run: by what it says, and
// how many that say the same came before. Where it stands in the file, and how the file
// is written, makes no difference. It needs a batch: else tomorrow's pipe would be taken
// for today's.
func (l *loader) idOf(line jobfile.Line) (string, error) {
	if l.batch == "" {
		return "", usage("line %d has no id, so --batch is needed: a push without an id is known again by the batch and its fields; "+
			"give the same name to hand in the same pushes again, and a new one to send them again", line.Number)
	}
	if len(l.equal) >= maxUnnamed {
		return "", fmt.Errorf("more than %d different pushes have no id; give them ids, or hand the file in in parts", maxUnnamed)
	}
	content := line.Job.Fingerprint()
	key := maphash.String(l.seed, content)
	name := l.batch + "\x00" + content + "\x00" + strconv.FormatUint(uint64(l.equal[key]), 10)
	l.equal[key]++
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String(), nil
}

// accept hands in a chunk, again and again until every job is in; it owns
// what sum says of the answers.
func (l *loader) accept(ctx context.Context, c chunk) error {
	for failures := 0; ; failures++ {
		answers, err := l.producer.Accept(ctx, c.jobs)
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		var left chunk
		for i, answer := range answers {
			switch answer {
			case stream.Queued, stream.Scheduled:
				l.sum.Accepted++
			case stream.Expired:
				l.sum.Accepted++
				l.sum.Expired++
			case stream.Repeated:
				l.sum.Repeated++
			case stream.Conflict:
				l.sum.Conflict++
				if err := l.rejects.write(c.lines[i], c.jobs[i].ID, push.Faults{{Field: push.FieldID, Message: inConflict}}); err != nil {
					return err
				}
			case stream.Unusable: // another try would not help it
				l.sum.Unusable++
				l.log.Warn("a push was not accepted: "+notUsable, zap.String("id", c.jobs[i].ID))
				if err := l.rejects.write(c.lines[i], c.jobs[i].ID, push.Faults{{Field: push.FieldID, Message: notUsable}}); err != nil {
					return err
				}
			default:
				left.jobs, left.lines = append(left.jobs, c.jobs[i]), append(left.lines, c.lines[i])
			}
		}
		l.progress.jobs(len(c.jobs) - len(left.jobs))
		if len(left.jobs) == 0 {
			return nil
		}
		wait := min(100*time.Millisecond<<min(failures, 6), 5*time.Second)
		if err != nil {
			l.log.Warn("waiting for Redis", zap.Error(err), zap.Duration("next_try_in", wait))
		} else {
			limit, why := l.producer.Refusal(ctx, answers)
			l.log.Warn("waiting: "+why, zap.String("limit", string(limit)), zap.Int("jobs", len(left.jobs)), zap.Duration("next_try_in", wait))
			failures = min(failures, 3)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		c = left
	}
}

// report says in words what the summary says in numbers.
func (l *loader) report(w io.Writer) {
	rate := float64(l.sum.Accepted+l.sum.Repeated) / max(l.sum.Seconds, 0.001)
	fmt.Fprintf(w, "%d lines: %d accepted, %d repeated, %d rejected in %.1f s (%.0f jobs/s)\n",
		l.sum.Lines, l.sum.Accepted, l.sum.Repeated, l.sum.Rejected, l.sum.Seconds, rate)
	if l.sum.Conflict > 0 {
		fmt.Fprintf(w, "%d lines in conflict: a push with the same id and other content was accepted before, so they were not accepted; give them other ids\n", l.sum.Conflict)
	}
	if l.sum.Expired > 0 {
		fmt.Fprintf(w, "%d of the accepted lines expired at once, and are never sent: their reserved time is past, and their ttl is over\n", l.sum.Expired)
	}
	if l.sum.Repeated > 0 {
		fmt.Fprintln(w, "repeated lines were handed in before, so they were not sent again; a line without an id is known by --batch and its fields")
	}
	if l.sum.refused() == 0 {
		return
	}
	for _, words := range l.rejects.words {
		fmt.Fprintln(w, words)
	}
	if more := l.sum.refused() - len(l.rejects.words); more > 0 {
		fmt.Fprintf(w, "and %d more\n", more)
	}
	fmt.Fprintf(w, "rejected lines: %s\n", l.rejects.path)
	fmt.Fprintf(w, "why:            %s\n", l.rejects.path+reasonsMark)
	flags := ""
	if l.encoding != jobfile.Auto {
		flags = " --encoding " + string(l.encoding)
	}
	fmt.Fprintf(w, "correct them there, and import them with: producer load --batch %s%s %s\n", setting.Quote(cmp.Or(l.batch, "NAME")), flags, setting.Quote(l.rejects.path))
}

// lastWords say how many lines were not accepted.
func (l *loader) lastWords() string {
	if l.sum.refused() == l.sum.Lines {
		return fmt.Sprintf("none of the %d lines was accepted", l.sum.Lines)
	}
	return fmt.Sprintf("%d of %d lines were not accepted", l.sum.refused(), l.sum.Lines)
}
