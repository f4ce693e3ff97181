package jobfile

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// changedFault is what is said of a value that was another one before a spreadsheet
// opened and saved the file.
const changedFault = "looks like a value that a spreadsheet changed; format the column as text and enter it again"

var (
	// A number that was too long for a cell. Excel always writes the sign, so 1E5 of an
	// app is none.
	scientific = regexp.MustCompile(`^[+-]?[0-9](?:[.,][0-9]+)?[Ee][+-][0-9]{2,3}$`)
	// What a cell shows that can't show its value.
	cellError = regexp.MustCompile(`^#(?:N/A|[A-Z_/0-9]{2,16}[!?]|GETTING_DATA|#{3,})$`)
)

// checkChanged looks for values that a spreadsheet has changed.
func checkChanged(fields map[string]string) (faults push.Faults) {
	for _, name := range push.Fields() {
		value := push.Short(fields[name])
		text := name == push.FieldMsgTitle || name == push.FieldMsgContents
		if cellError.MatchString(value) || !text && name != push.FieldData && scientific.MatchString(value) {
			faults = append(faults, push.Fault{Field: name, Message: changedFault})
		}
	}
	return faults
}

// mask is in every value that the dashboard hides (see the exports of the log).
const mask = "****"

// checkMasked refuses what was exported without the permission to reveal: its tokens
// are no tokens.
func checkMasked(job push.Job, err error) error {
	if err != nil || !strings.Contains(job.DeviceID, mask) {
		return err
	}
	return push.Faults{{Field: push.FieldDeviceID, Message: "is masked; export the log with its personal data to hand it in again"}}
}

// merge puts faults found here in the place of those of the same fields in err.
func merge(mine push.Faults, err error) error {
	if len(mine) == 0 {
		return err
	}
	var theirs push.Faults
	errors.As(err, &theirs)
	theirs = slices.DeleteFunc(slices.Clone(theirs), func(f push.Fault) bool {
		return slices.ContainsFunc(mine, func(g push.Fault) bool { return f.Field == g.Field })
	})
	all := append(mine, theirs...)
	known := append([]string{""}, push.Fields()...)
	slices.SortStableFunc(all, func(a, b push.Fault) int { return slices.Index(known, a.Field) - slices.Index(known, b.Field) })
	return all
}

// recordOnly reports whether a name is that of what a record tells of a push, which an
// export of the log has and a job has not.
func recordOnly(name string) bool { return slices.Contains(recordColumns, name) }

var recordColumns = pushlog.RecordFields()
