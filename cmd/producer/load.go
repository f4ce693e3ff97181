package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

// loadChunk is how many jobs go to Redis in one round trip.
const loadChunk = 800

// summary is what an import did; its JSON is load's last line.
type summary struct {
	Lines    int     `json:"lines"`              // that hold something
	Accepted int     `json:"accepted"`           // new
	Repeated int     `json:"repeated"`           // known by their id: nothing was changed
	Rejected int     `json:"rejected"`           // see the reject file
	Unusable int     `json:"unusable,omitempty"` // keys of theirs in Redis hold other types: they are named in the log
	Seconds  float64 `json:"seconds"`
}

// load imports a file. It is done when every line is accepted, repeated or
// rejected; it waits for Redis, and for room in a full backlog, as long as ctx
// lasts.
func (a *app) load(ctx context.Context, f *loadFlags, stdin io.Reader, stdout, stderr io.Writer) error {
	in, size, name := stdin, int64(-1), "stdin"
	var info os.FileInfo
	if f.File != "-" {
		file, err := os.Open(f.File)
		if err != nil {
			return usage("%v", err)
		}
		defer file.Close()
		info, err = file.Stat()
		if err != nil || info.IsDir() {
			return usage("%s is not a file", f.File)
		}
		in, name = file, filepath.Base(f.File)
		if info.Mode().IsRegular() {
			size = info.Size()
		}
	}
	if err := a.ready(ctx); err != nil {
		return err
	}
	if size < 0 {
		in = interruptible(ctx, in)
	}
	progress := newProgress(stderr, size)
	src, err := newSource(progress.reader(in), f.Format, a.zone)
	if err != nil {
		return err
	}
	rejects, err := newRejects(cmp.Or(f.Rejects, rejectsBeside(f.File)), info)
	if err != nil {
		return usage("%v", err)
	}
	l := &loader{app: a, batch: cmp.Or(f.Batch, name), rejects: rejects, progress: progress}
	start := time.Now()
	err = errors.Join(l.run(ctx, src), rejects.close())
	progress.finish()
	l.sum.Seconds = float64(time.Since(start).Milliseconds()) / 1000
	l.report(stderr)
	return errors.Join(err, json.NewEncoder(stdout).Encode(l.sum))
}

func rejectsBeside(file string) string {
	if file == "-" {
		file = "stdin"
	}
	return file + ".rejected.ndjson"
}

// loader is one import under way.
type loader struct {
	*app
	batch    string
	rejects  *rejects
	progress *progress
	sum      summary
}

// run reads ahead of what Redis is taking. If the file can't be read to its
// end, what was read of it is handed in.
func (l *loader) run(ctx context.Context, src source) error {
	chunks := make(chan []push.Job, 2)
	g, both := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(chunks)
		return l.read(both, src, chunks)
	})
	g.Go(func() error {
		for jobs := range chunks {
			if err := l.accept(ctx, jobs); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// read turns lines into chunks of jobs; it owns sum.Lines and sum.Rejected.
func (l *loader) read(ctx context.Context, src source, chunks chan<- []push.Job) error {
	jobs := make([]push.Job, 0, loadChunk)
	for {
		line, err := src.next()
		if err == nil {
			l.sum.Lines++
			if line.err == nil {
				if line.job.ID == "" {
					line.job.ID = l.idOf(line)
				}
				jobs = append(jobs, line.job)
			} else {
				l.sum.Rejected++
				if err := l.rejects.write(line); err != nil {
					return err
				}
			}
		}
		if len(jobs) == loadChunk || err != nil && len(jobs) > 0 {
			select {
			case chunks <- jobs:
			case <-ctx.Done():
				return ctx.Err()
			}
			jobs = make([]push.Job, 0, loadChunk)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// idOf makes the id of a line that has none, the same at every run.
func (l *loader) idOf(line line) string {
	name := l.batch + "\x00" + strconv.Itoa(line.number) + "\x00" + string(line.raw)
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String()
}

// accept hands in a chunk, again and again until every job is in; it owns
// sum.Accepted, sum.Repeated and sum.Unusable.
func (l *loader) accept(ctx context.Context, jobs []push.Job) error {
	for failures := 0; ; failures++ {
		answers, err := l.producer.Accept(ctx, jobs)
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		var left []push.Job
		for i, answer := range answers {
			switch answer {
			case stream.Queued, stream.Scheduled:
				l.sum.Accepted++
			case stream.Repeated:
				l.sum.Repeated++
			case stream.Unusable: // another try would not help it
				l.sum.Unusable++
				l.log.Warn("a push was not accepted: "+notUsable, zap.String("id", jobs[i].ID))
			default:
				left = append(left, jobs[i])
			}
		}
		l.progress.jobs(len(jobs) - len(left))
		if len(left) == 0 {
			return nil
		}
		wait := min(100*time.Millisecond<<min(failures, 6), 5*time.Second)
		if err != nil {
			l.log.Warn("waiting for Redis", zap.Error(err), zap.Duration("next_try_in", wait))
		} else {
			limit, why := l.producer.Refusal(ctx, answers)
			l.log.Warn("waiting: "+why, zap.String("limit", string(limit)), zap.Int("jobs", len(left)), zap.Duration("next_try_in", wait))
			failures = min(failures, 3)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		jobs = left
	}
}

// report says in words what the summary says in numbers.
func (l *loader) report(w io.Writer) {
	rate := float64(l.sum.Accepted+l.sum.Repeated) / max(l.sum.Seconds, 0.001)
	fmt.Fprintf(w, "%d lines: %d accepted, %d repeated, %d rejected in %.1f s (%.0f jobs/s)\n",
		l.sum.Lines, l.sum.Accepted, l.sum.Repeated, l.sum.Rejected, l.sum.Seconds, rate)
	if l.sum.Rejected > 0 {
		fmt.Fprintf(w, "rejected lines and why: %s\n", l.rejects.path)
	}
	if l.sum.Repeated > 0 {
		fmt.Fprintln(w, "repeated lines were handed in before, so they were not sent again; lines without an id are known by --batch, number and text")
	}
}
