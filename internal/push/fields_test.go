package push

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Every member of a job is in the table of columns, under the name of its JSON; so none is
// left unmasked, or out of the record.
func TestEveryMemberIsAColumn(t *testing.T) {
	t.Parallel()
	var names []string
	job := reflect.TypeFor[Job]()
	for i := range job.NumField() {
		name, _, _ := strings.Cut(job.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		names = append(names, name)
		f := Lookup(name)
		if f == nil {
			t.Errorf("%s is in no table", name)
			continue
		}
		var j Job
		if text := f.Text(&j); text != nil && reflect.ValueOf(&j).Elem().Field(i).Addr().UnsafePointer() != reflect.ValueOf(text).UnsafePointer() {
			t.Errorf("%s is another member", name)
		}
	}
	if len(names) != len(Columns()) {
		t.Errorf("members %q, columns %q", names, namesOf(func(*Field) bool { return true }))
	}
}

// The columns have what everything that reads the table relies on.
func TestColumnsAreWhole(t *testing.T) {
	t.Parallel()
	for _, f := range Columns() {
		switch {
		case f.Text(new(Job)) != nil && f.check == nil && f.Limit == 0:
			t.Errorf("%s has no limit", f.Name)
		case f.Search != NoSearch && (f.Korean == "" || f.English == ""):
			t.Errorf("%s is a column of the log without a name for people", f.Name)
		case f.Exact && f.Search != SearchText, f.Index != NoIndex && !f.Exact:
			t.Errorf("%s: a filter with its value finds nothing", f.Name)
		case f.FlagName() != "" && f.Help == "":
			t.Errorf("--%s has no help", f.FlagName())
		}
	}
	if names := KeptFields(); slices.Contains(names, FieldID) || len(names) != len(new(Job).KeptValues()) {
		t.Errorf("kept are %q", names)
	}
}
