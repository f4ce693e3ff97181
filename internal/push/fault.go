package push

import "strings"

// Fault is one thing that is wrong with a job.
type Fault struct {
	Field   string `json:"field"` // wire name; empty if the job as a whole can't be read
	Message string `json:"message"`
}

// Faults is everything that is wrong with a job, in the order of its fields.
// It is an error; it never repeats a value of the job, so it may be logged.
type Faults []Fault

func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i, one := range f {
		parts[i] = one.Message
		if one.Field != "" {
			parts[i] = one.Field + ": " + one.Message
		}
	}
	return strings.Join(parts, "; ")
}
