package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pushstream/internal/launch"
	"pushstream/internal/push"
)

// importSize is how many lines a file has: more than load hands over at once,
// so that it can be killed between two chunks.
const importSize = 900

// imports runs producer load again and again. The first run of each file is
// killed in the middle, and the file is imported once more, to its end.
func (l *load) imports(ctx, giveUp context.Context) {
	d := newDraws(l.seed, trackImports)
	every := time.Duration(importSize / (l.rate * shareImport) * float64(time.Second))
	for n := 1; sleep(ctx, time.Duration((0.5+d.Float64())/2*float64(every))); n++ {
		after := d.span(0, 40*time.Millisecond)
		if err := l.importFile(giveUp, fmt.Sprintf("load%d", n), after); err != nil && giveUp.Err() == nil {
			l.complain("import %d: %v", n, err)
		}
		sleep(ctx, every/2)
	}
}

// importFile imports a file of jobs whose ids begin with prefix.
func (l *load) importFile(ctx context.Context, prefix string, after time.Duration) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	jobs := make([]push.Job, importSize)
	for n := range jobs {
		jobs[n] = job(prefix, n)
		if err := enc.Encode(&jobs[n]); err != nil {
			panic(err) // texts and numbers
		}
	}
	path := filepath.Join(l.sys.Dir, prefix+".ndjson")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		return err
	}
	defer os.Remove(path)
	l.begin(len(jobs))
	if err := l.killImport(ctx, path, jobs[0].ID, after); err != nil {
		return err
	}
	p, err := l.startImport(path)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		return ctx.Err()
	}
	if err := p.Err(); err != nil {
		return fmt.Errorf("producer load: %w: %s", err, p.Tail())
	}
	var sum struct{ Lines, Accepted, Repeated, Rejected int }
	tail := p.Tail()
	last := tail[max(0, strings.LastIndex(tail, `{"lines":`)):]
	if err := json.Unmarshal([]byte(last), &sum); err != nil || sum.Accepted+sum.Repeated != importSize {
		return fmt.Errorf("producer load of %d lines says: %s", importSize, tail)
	}
	l.note(jobs...)
	return nil
}

func (l *load) startImport(path string) (*launch.Process, error) {
	return l.sys.Start("producer-load", []string{"LISTEN_ADDR=127.0.0.1:0"}, "load", "--rejects", path+".rejected", path)
}

// killImport starts an import and kills it a moment after the first of its
// jobs is in, or when Redis has let it wait for a second.
func (l *load) killImport(ctx context.Context, path, id string, after time.Duration) error {
	p, err := l.startImport(path)
	if err != nil {
		return err
	}
	record := keys.Of(id).Record(id)
	for end := time.Now().Add(time.Second); time.Now().Before(end) && ctx.Err() == nil; {
		if l.rdb.Exists(ctx, record).Val() == 1 { // an error is a no: Redis may be away
			sleep(ctx, after)
			break
		}
		select {
		case <-p.Done(): // it was quicker than we
			return nil
		case <-time.After(time.Millisecond):
		}
	}
	select {
	case <-p.Done():
		return nil
	default:
	}
	l.journal.note(event{what: killed, who: "import", pid: p.PID()})
	p.Kill()
	return nil
}
