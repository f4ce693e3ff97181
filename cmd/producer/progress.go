package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far an import is: a bar on a terminal, else a line every
// ten seconds.
type progress struct {
	w    io.Writer
	bar  *progressbar.ProgressBar // nil: not a terminal
	done atomic.Int64
	size int64
	read atomic.Int64
	last time.Time
}

// newProgress shows progress on w; size is in bytes, or -1.
func newProgress(w io.Writer, size int64) *progress {
	return &progress{w: w, size: size, last: time.Now(), bar: newBar(w, size, "importing", progressbar.OptionShowBytes(true))}
}

// newBar is a bar, or nil if w is no terminal.
func newBar(w io.Writer, size int64, what string, more progressbar.Option) *progressbar.ProgressBar {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what), more,
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
}

// reader counts what is read of r.
func (p *progress) reader(r io.Reader) io.Reader { return &countingReader{r, p} }

type countingReader struct {
	r io.Reader
	p *progress
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.p.read.Add(int64(n))
	if c.p.bar != nil {
		_ = c.p.bar.Add(n) // only a drawing
	}
	return n, err
}

// jobs notes that n more jobs are in. Only one goroutine calls it.
func (p *progress) jobs(n int) {
	total := p.done.Add(int64(n))
	if p.bar != nil || time.Since(p.last) < 10*time.Second {
		return
	}
	p.last = time.Now()
	if p.size > 0 {
		fmt.Fprintf(p.w, "%d jobs in, %d %% of the file read\n", total, 100*p.read.Load()/p.size)
	} else {
		fmt.Fprintf(p.w, "%d jobs in\n", total)
	}
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish() // only a drawing
	}
}

// rowProgress is the same for pushes whose number is known.
type rowProgress struct {
	progress
	of int
}

func newRowProgress(w io.Writer, of int) *rowProgress {
	return &rowProgress{progress{w: w, last: time.Now(), bar: newBar(w, int64(of), "filling", progressbar.OptionShowCount())}, of}
}

// rows notes how many are in. Only one goroutine calls it.
func (p *rowProgress) rows(n int) {
	if p.bar != nil {
		_ = p.bar.Set(n) // only a drawing
		return
	}
	if time.Since(p.last) >= 10*time.Second {
		p.last = time.Now()
		fmt.Fprintf(p.w, "%d of %d pushes in\n", n, p.of)
	}
}
