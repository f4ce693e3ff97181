package jobfile

import (
	"fmt"
	"slices"
	"strings"

	"pushstream/internal/push"
)

// commas are what may stand between two values. A file says which by its header, or by
// a line "sep=;" before it, as Excel has it.
var commas = []rune{',', ';', '\t', '|'}

// header is the names of a file's columns.
type header struct {
	columns []string // empty: nameless
	ignored []string // of them
	comma   rune
	labels  bool // of an export for Excel
}

// separator reads a line such as sep=; or "sep=;".
func separator(text []byte) (comma rune, ok bool) {
	s, found := strings.CutPrefix(strings.ToLower(strings.Trim(string(text), `" `)), "sep=")
	if !found {
		return 0, false
	}
	s = strings.TrimRight(s, `"`)
	for _, c := range commas {
		if s == string(c) || len(s) > 1 && strings.Trim(s, string(c)) == "" { // padded with commas
			return c, true
		}
	}
	return 0, false
}

// readHeader reads a header; comma is 0 if it is to be found out.
func readHeader(line textLine, comma rune) (header, error) {
	none := fmt.Errorf("line %d is not a CSV header with the names of the columns; known are %s", line.number, strings.Join(push.Fields(), ", "))
	if line.tooLong || line.broken {
		return header{}, none
	}
	if comma != 0 {
		values, err := split(line.text, comma)
		if err != nil {
			return header{}, none
		}
		return headerOf(values, comma)
	}
	var best []string
	most := 0
	for _, c := range commas {
		values, err := split(line.text, c)
		if err != nil {
			continue
		}
		known := 0
		for _, v := range values {
			if columnOf(v) != "" {
				known++
			}
		}
		if known > most {
			best, most, comma = values, known, c
		}
	}
	if most == 0 {
		return header{}, none
	}
	return headerOf(best, comma)
}

// headerOf checks the names of columns.
func headerOf(names []string, comma rune) (header, error) {
	h := header{columns: make([]string, len(names)), comma: comma}
	var wrong []string
	for i, name := range names {
		column := columnOf(name)
		h.labels = h.labels || isLabel(name)
		switch {
		case push.Short(name) == "":
			continue
		case column == "":
			wrong = append(wrong, fmt.Sprintf("unknown column %.40q", push.Short(name)))
		case slices.Contains(h.columns[:i], column):
			wrong = append(wrong, fmt.Sprintf("column %q twice", column))
		case recordOnly(column):
			h.ignored = append(h.ignored, column)
		}
		h.columns[i] = column
	}
	if !slices.Contains(h.columns, push.FieldDeviceID) {
		wrong = append(wrong, "no column device_id")
	}
	if wrong != nil {
		return h, fmt.Errorf("the CSV header has: %s; known are %s", strings.Join(wrong, ", "), strings.Join(push.Fields(), ", "))
	}
	return h, nil
}

// columnOf is the column that a name in a header means; empty if there is none.
func columnOf(name string) string {
	name = push.Short(name)
	for _, known := range push.Fields() {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	for _, known := range recordColumns {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return labelled(name)
}

// isLabel reports whether a name is one that only an export for Excel has.
func isLabel(name string) bool {
	name = push.Short(name)
	return !slices.Contains(push.Fields(), name) && !recordOnly(name) && labelled(name) != ""
}
