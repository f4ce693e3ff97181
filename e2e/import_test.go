package e2e

import (
	"bytes"
	"io"
	"syscall"
	"testing"

	"pushstream/internal/push"
)

// TestImportInterrupted: an import that is killed, or told to stop, has lost
// nothing that it accepted, and is finished by running it again. Lines without
// an id, too, are sent once.
func TestImportInterrupted(t *testing.T) {
	s := setup(t, options{})
	s.consumer("consumer")
	const n = 4000
	all := jobs("push", n, nil)
	for i := range all {
		if i%2 == 0 {
			all[i].ID = ""
		}
	}
	text := ndjson(all)
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		in, feed := io.Pipe()
		load := s.begin(in, "producer", "load", "-", "--batch", "e2e", "--encoding", "utf-8")
		go func() { _, _ = feed.Write(text[:len(text)/2]) }() // and then nothing, for ever
		t.Cleanup(func() { in.Close() })
		s.simulated(500)
		if err := load.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		in.Close() // exec waits for it
		if code := load.end(); code == 0 {
			t.Errorf("an import that got %v ended with %d\n%s", sig, code, load.stderr.String())
		}
	}
	if got := s.sim.Stats().AcceptedIDs; got >= n {
		t.Error("everything was accepted before the import was whole: this test says nothing")
	}
	load := s.begin(bytes.NewReader(text), "producer", "load", "-", "--batch", "e2e", "--encoding", "utf-8")
	if code := load.end(); code != 0 {
		t.Fatalf("the import, run again, ended with %d\n%s", code, load.stderr.String())
	}
	if in := parseImport(t, load.stdout.String()); in.Lines != n || in.Rejected != 0 || in.Accepted+in.Repeated != n || in.Repeated < 500 {
		t.Errorf("the import, run again, says %+v", in)
	}
	s.settled(n)
	records := s.finished()
	s.matchesSimulator(records)
	only(s, records, push.Sent)
}
