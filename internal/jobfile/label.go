package jobfile

import (
	"regexp"
	"strings"

	"pushstream/internal/pushlog"
)

// labels are the columns by the heads of an export of the log for Excel, without blanks
// and in small letters.
var labels = func() map[string]string {
	labels := map[string]string{}
	for _, c := range pushlog.Columns() {
		for _, head := range []string{c.Korean, c.English} {
			if head != "" {
				labels[plainLabel(head)] = c.Name
			}
		}
	}
	return labels
}()

func plainLabel(head string) string { return strings.ToLower(strings.Join(strings.Fields(head), "")) }

// labelled is the column that a label means; empty if there is none.
func labelled(name string) string { return labels[plainLabel(name)] }

var (
	textCell = regexp.MustCompile(`^=(?:"(?:[^"]|"")*"|CHAR\(10\))(?:&(?:"(?:[^"]|"")*"|CHAR\(10\)))*$`)
	textPart = regexp.MustCompile(`"((?:[^"]|"")*)"|CHAR\(10\)`)
)

// plainCell is the text of a cell that is written as a formula, ="00123456", so that
// Excel leaves it as it is. An export for Excel has its texts so.
func plainCell(value string) string {
	if !textCell.MatchString(value) {
		return value
	}
	var text strings.Builder
	for _, part := range textPart.FindAllStringSubmatch(value, -1) {
		if part[0] == "CHAR(10)" {
			text.WriteByte('\n')
		}
		text.WriteString(strings.ReplaceAll(part[1], `""`, `"`))
	}
	return text.String()
}
