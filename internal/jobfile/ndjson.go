package jobfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pushstream/internal/push"
)

var errTooLong = push.Faults{{Message: fmt.Sprintf("the line is longer than %d bytes", MaxLine)}}

// ndjsonSource reads one JSON object a line; empty lines are skipped.
type ndjsonSource struct {
	lines    *queue
	zone     *time.Location
	encoding Encoding
	head     []byte
}

func (s *ndjsonSource) next() (Line, error) {
	for {
		t, err := s.lines.next()
		if err != nil {
			return Line{}, err
		}
		l := Line{Number: t.number, Raw: t.raw, Head: s.head}
		switch {
		case t.tooLong:
			l.Err = errTooLong
		case empty(t.text, endOfFile):
			continue
		case t.broken:
			l.Err = push.Faults{{Message: "is not valid " + s.encoding.name()}}
		default:
			l.Job, l.Err = fromJSON(bytes.TrimFunc(t.text, blank), s.zone)
		}
		return l, nil
	}
}

// name is how people call an encoding.
func (e Encoding) name() string { return strings.ToUpper(string(e)) }

// fromJSON reads a job, or a record that was exported: what only a record has is read
// over.
func fromJSON(text []byte, zone *time.Location) (push.Job, error) {
	job, err := push.FromJSON(text, zone)
	var faults push.Faults
	if !errors.As(err, &faults) || !slices.ContainsFunc(faults, func(f push.Fault) bool { return recordOnly(f.Field) }) {
		return job, checkMasked(job, err)
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || slices.ContainsFunc(faults, func(f push.Fault) bool { return f.Message == "is given twice" }) {
		return job, err
	}
	for name := range members {
		if recordOnly(name) {
			delete(members, name)
		}
	}
	if text, err = json.Marshal(members); err != nil {
		return job, err
	}
	job, err = push.FromJSON(text, zone)
	return job, checkMasked(job, err)
}
