package admin

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// schema returns a schema of docs/openapi.yaml.
func schema(t *testing.T, name string) *openapi3.Schema {
	t.Helper()
	of := spec(t).Components.Schemas[name]
	if of == nil {
		t.Fatalf("no schema %s", name)
	}
	return of.Value
}

// properties are the names of a schema.
func properties(t *testing.T, name string) []string {
	t.Helper()
	return slices.Collect(maps.Keys(schema(t, name).Properties))
}

// members are the JSON names of a struct, and those that are there in any case.
func members(of reflect.Type) (all, always []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Anonymous {
			a, b := members(f.Type)
			all, always = append(all, a...), append(always, b...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		all = append(all, name)
		if options == "" {
			always = append(always, name)
		}
	}
	return all, always
}

func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// Every route stands in docs/openapi.yaml with the permission that it requires, and nothing
// else does.
func TestRoutesOfOpenAPI(t *testing.T) {
	t.Parallel()
	documented, routes := map[string]any{}, map[string]any{}
	for path, item := range spec(t).Paths.Map() {
		for method, operation := range item.Operations() {
			documented[method+" "+path] = operation.Extensions["x-permission"]
		}
	}
	named := func(method, path string) string {
		return method + " " + regexp.MustCompile(`:(\w+)`).ReplaceAllString(path, "{$1}")
	}
	for _, r := range empty(t).router.Routes() {
		routes[named(r.Method, r.Path)] = nil
	}
	for _, r := range (&api{}).routes() {
		if r.may != anyone && !slices.Contains(access.Permissions(), r.may) {
			t.Errorf("%s %s: nobody has the permission %q", r.method, r.path, r.may)
		}
		routes[named(r.method, base+r.path)] = string(r.may)
	}
	for name := range maps.Keys(documented) {
		if documented[name] != routes[name] {
			t.Errorf("%s: x-permission is %v, the route requires %v", name, documented[name], routes[name])
		}
	}
	for name := range maps.Keys(routes) {
		if _, is := documented[name]; !is {
			t.Errorf("%s is not documented", name)
		}
	}
}

func TestAnswersOfOpenAPI(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]any{
		"Page": page{}, "Record": pushlog.Record{}, "Changed": changed{}, "Moved": moved{}, "BulkJob": jobs.Job{}, "JobFilter": jobs.Filter{}, "Jobs": jobList{}, "JobCount": jobCount{},
		"DuePage": duePage{}, "Due": stream.Due{}, "Failures": failureList{}, "TestReceipt": receipt{}, "Verdict": verdict{},
		"Workers": workerList{}, "Worker": stream.Worker{}, "Holds": holdList{}, "Hold": stream.Hold{}, "Circuit": stream.Circuit{},
		"DeadTokens": deadTokenPage{}, "DeadToken": stream.SuppressedToken{}, "FoundToken": foundToken{}, "TokensForgotten": tokensForgotten{},
		"Step": step{}, "StepPage": stepPage{}, "Histogram": histogram{}, "Span": span{},
		"Flush": stream.Flush{}, "FlushFilter": stream.FlushFilter{}, "CurrentFlush": currentFlush{},
		"KeptSearch": keptSearch{}, "Revealed": revealed{}, "Summary": summary{}, "Backlog": backlog{}, "Latency": latency{},
		"LoginWays": loginWays{}, "Me": me{}, "Sessions": sessionList{}, "Session": access.Session{}, "Users": userList{}, "User": access.User{},
		"APITokens": apiTokenList{}, "APIToken": access.Token{}, "SecretOnce": secretOnce{},
		"AuditPage": audit.Page{}, "AuditEntry": audit.Entry{}, "Settings": settingList{}, "Setting": Setting{},
		"Counts": countList{}, "CodeCount": pushlog.CodeCount{}, "CounterList": counterList{}, "Counters": pushlog.Counters{},
	} {
		properties, required := properties(t, name), schema(t, name).Required
		all, always := members(reflect.TypeOf(answer))
		if name == "Record" {
			always = append(always, "id", "priority", "ttl") // a job need not have them, its record has
		}
		if !same(properties, all) || !same(required, always) {
			t.Errorf("%s is documented as %q, required %q; it has %q, always %q", name, properties, required, all, always)
		}
	}
}

// What is always there is so in an answer that has been on its way.
func TestRequiredFieldsOfARecord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	record := decode[map[string]json.RawMessage](t, b.get("/api/v1/pushes/a"))
	of := schema(t, "Record")
	for _, name := range of.Required {
		if record[name] == nil {
			t.Errorf("no %s", name)
		}
	}
	for name := range maps.Keys(record) {
		if of.Properties[name] == nil {
			t.Errorf("%s is not documented", name)
		}
	}
}

func TestRequestsOfOpenAPI(t *testing.T) {
	t.Parallel()
	if names := properties(t, "Desired"); !same(names, []string{fieldDesired, fieldReason}) {
		t.Errorf("%q", names)
	}
	for name, members := range map[string][]member{"Search": searchMembers(), "HistogramQuery": histogramMembers(), "Export": exportMembers(),
		"FlushOrder": flushMembers(), "FindToken": findMembers(), "ForgetTokens": forgetMembers(), "JobOrder": jobMembers(), "Move": moveMembers(), "AuditQuery": auditMembers(member{fieldBefore, text}, member{fieldLimit, number}), "AuditExport": auditMembers(member{FieldFormat, text}, member{fieldReason, text}), "SearchFields": membersOf(text, keptFields()...)} {
		if names := properties(t, name); !same(names, namesOf(members)) {
			t.Errorf("%s: %q", name, names)
		}
	}
}

// The routes say themselves what they know.
func TestParametersOfOpenAPI(t *testing.T) {
	t.Parallel()
	b := empty(t)
	for _, path := range []string{"/api/v1/pushes", "/api/v1/histogram", "/api/v1/counters/minutes", "/api/v1/counters/hours", "/api/v1/dead-tokens"} {
		detail, _, _ := strings.Cut(decode[httpapi.Problem](t, b.get(path+"?colour=red")).Detail, "\n")
		_, known, _ := strings.Cut(detail, "known are ")
		var names []string
		for _, p := range spec(t).Paths.Value(path).Get.Parameters {
			names = append(names, p.Value.Name)
		}
		if !same(names, strings.Split(known, ", ")) {
			t.Errorf("%s: documented %q, known %s", path, names, known)
		}
	}
}

func TestSetsOfOpenAPI(t *testing.T) {
	t.Parallel()
	if codes := slices.Collect(enums(schema(t, "Code"))); len(codes) != 1 || !same(codes[0], texts(pushlog.Codes())) {
		t.Errorf("documented %q\nknown %q", codes, pushlog.Codes())
	}
	for name, set := range map[string][]string{
		"SearchColumn": pushlog.SearchColumns(), "OpenColumn": urlColumns(), "PersonalField": personal(),
		"TerminalStatus": texts(push.TerminalStatuses()), "RedrivableStatus": texts(jobs.Redrive.States()), "CancellableStatus": texts(jobs.Cancel.States()),
		"WaitingStatus": texts(push.StatusesFor(push.SendNow)), "FlushFilter": texts(Flushable()), "Flush": texts(stream.FlushStates()),
		"Page":   texts([]pushlog.How{pushlog.ByIndex, pushlog.ByWalk, pushlog.ByScan}),
		"Status": texts(push.Statuses()), "JobOrder": texts(append(jobs.Redrive.States(), jobs.Cancel.States()...)), "JobFilter": texts(append(jobs.Redrive.States(), jobs.Cancel.States()...)),
		"BulkJob": texts(jobs.States()), "EventJobs": texts(jobs.States()), "EventFlush": texts(stream.FlushStates()),
		"EventHolds": texts(stream.Reasons()), "EventWorkers": texts([]stream.State{stream.Running, stream.Draining, stream.Paused, stream.CircuitOpen, stream.Lost}),
		"Hold":   texts(stream.Reasons()),
		"Worker": texts([]stream.State{stream.Running, stream.Draining, stream.Paused, stream.CircuitOpen, stream.Lost}),
	} {
		if !slices.ContainsFunc(slices.Collect(enums(schema(t, name))), func(enum []string) bool { return slices.Equal(enum, set) }) {
			t.Errorf("%s is not documented with %q", name, set)
		}
	}
}

// enums are the sets of values that stand in a schema, but not in others that it names.
func enums(of *openapi3.Schema) iter.Seq[[]string] {
	return func(yield func([]string) bool) { eachEnum(of, yield) }
}

func eachEnum(of *openapi3.Schema, yield func([]string) bool) bool {
	if len(of.Enum) > 0 {
		var set []string
		for _, v := range of.Enum {
			set = append(set, fmt.Sprint(v))
		}
		if !yield(set) {
			return false
		}
	}
	below := slices.Collect(maps.Values(of.Properties))
	below = append(below, slices.Concat(of.AllOf, of.AnyOf, of.OneOf)...)
	for _, one := range append(below, of.Items, of.AdditionalProperties.Schema) {
		if one != nil && one.Ref == "" && !eachEnum(one.Value, yield) {
			return false
		}
	}
	return true
}

func texts[T ~string](values []T) []string {
	var texts []string
	for _, v := range values {
		texts = append(texts, string(v))
	}
	return texts
}
