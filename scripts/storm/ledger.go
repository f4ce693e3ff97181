package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// acceptance is a time at which the simulator accepted a push.
type acceptance struct {
	at     time.Time
	broken bool // the consumer can't have learned of it
}

// sighting is what the simulator saw of one push.
type sighting struct {
	tries    int
	accepted []acceptance // in their order
}

// readLedger reads GET /_sim/ledger, by id.
func readLedger(r io.Reader) (map[string]sighting, error) {
	all := map[string]sighting{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // a push may have been accepted many times
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 4 {
			return nil, fmt.Errorf("ledger: unexpected line %.80q", lines.Text())
		}
		var s sighting
		var err error
		if s.tries, err = strconv.Atoi(words[1]); err != nil {
			return nil, fmt.Errorf("ledger: tries of %q: %w", words[0], err)
		}
		for _, word := range words[4:] {
			text, broken := strings.CutSuffix(word, "!")
			us, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("ledger: acceptance of %q: %w", words[0], err)
			}
			s.accepted = append(s.accepted, acceptance{time.UnixMicro(us), broken})
		}
		all[words[0]] = s
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return all, nil
}
