package main

import (
	"context"
	"io"
)

// interruptible returns a reader of r whose Read ends with ctx, though r's does
// not: nobody may be typing, and a pipe's writer may be silent for ever. The
// goroutine that is left then ends with r, or with the process.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.Copy(pw, r)
		pw.CloseWithError(err) // nil is io.EOF
	}()
	context.AfterFunc(ctx, func() { pr.CloseWithError(ctx.Err()) })
	return &closingReader{pr, ctx}
}

// closingReader says why it ends: a closed pipe only says that it is closed.
type closingReader struct {
	*io.PipeReader
	ctx context.Context
}

func (c *closingReader) Read(b []byte) (int, error) {
	n, err := c.PipeReader.Read(b)
	if err == io.ErrClosedPipe {
		err = c.ctx.Err()
	}
	return n, err
}
