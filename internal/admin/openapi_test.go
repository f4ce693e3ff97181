package admin

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// openAPI is the lines of docs/openapi.yaml. Its style is regular enough to be
// read by indentation: no library is needed to see that it names what the code
// has.
func openAPI(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(b), "\n")
}

// inside returns the lines below the first that is head, as long as they are
// indented deeper.
func inside(lines []string, head string) []string {
	start := slices.Index(lines, head) + 1
	if start == 0 {
		return nil
	}
	depth := indent(head)
	for i, line := range lines[start:] {
		if line != "" && indent(line) <= depth {
			return lines[start : start+i]
		}
	}
	return lines[start:]
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

var name = regexp.MustCompile(`^ *([A-Za-z_/{}.-]+[A-Za-z0-9_/{}.-]*):`)

// namesAt returns the names of a depth.
func namesAt(lines []string, depth int) []string {
	var names []string
	for _, line := range lines {
		if m := name.FindStringSubmatch(line); m != nil && indent(line) == depth {
			names = append(names, m[1])
		}
	}
	return names
}

// schema returns the properties of a schema, and those that are required.
func schema(t *testing.T, of string) (properties, required []string) {
	t.Helper()
	lines := inside(inside(openAPI(t), "  schemas:"), "    "+of+":")
	for _, line := range lines {
		if list, ok := strings.CutPrefix(line, "      required: ["); ok {
			required = strings.Split(strings.TrimSuffix(list, "]"), ", ")
		}
	}
	properties = namesAt(inside(lines, "      properties:"), 8)
	if len(properties) == 0 {
		t.Fatalf("no schema %s", of)
	}
	return properties, required
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

func TestRoutesOfOpenAPI(t *testing.T) {
	t.Parallel()
	paths := inside(openAPI(t), "paths:")
	var documented, routes []string
	for _, path := range namesAt(paths, 2) {
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		for _, method := range namesAt(inside(paths, "  "+path+":"), 4) {
			if method != "servers" {
				documented = append(documented, strings.ToUpper(method)+" "+path)
			}
		}
	}
	for _, r := range empty(t).router.Routes() {
		routes = append(routes, r.Method+" "+regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}"))
	}
	if !same(documented, routes) {
		t.Errorf("documented %q\nrouted %q", documented, routes)
	}
}

func TestAnswersOfOpenAPI(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]any{
		"Page": page{}, "Record": pushlog.Record{}, "Changed": changed{}, "Moved": moved{}, "BulkJob": jobs.Job{}, "JobFilter": jobs.Filter{}, "Jobs": jobList{}, "JobCount": jobCount{},
		"DuePage": duePage{}, "Due": stream.Due{}, "Failures": failureList{}, "TestReceipt": receipt{}, "Verdict": verdict{},
		"Workers": workerList{}, "Worker": stream.Worker{}, "Holds": holdList{}, "Hold": stream.Hold{}, "Circuit": stream.Circuit{},
		"DeadTokens": deadTokenPage{}, "DeadToken": stream.DeadToken{}, "FoundToken": foundToken{}, "TokensForgotten": tokensForgotten{},
		"Step": step{}, "StepPage": stepPage{}, "Histogram": histogram{}, "Span": span{},
		"Flush": stream.Flush{}, "FlushFilter": stream.FlushFilter{}, "CurrentFlush": currentFlush{},
		"KeptSearch": keptSearch{}, "Revealed": revealed{}, "Summary": summary{}, "Backlog": backlog{}, "Latency": latency{},
		"LoginWays": loginWays{}, "Me": me{}, "Sessions": sessionList{}, "Session": access.Session{}, "Users": userList{}, "User": access.User{},
		"APITokens": apiTokenList{}, "APIToken": access.Token{}, "SecretOnce": secretOnce{}, "ProducerKeys": keyList{}, "ProducerKey": producerKey{},
		"AuditPage": audit.Page{}, "AuditEntry": audit.Entry{}, "Settings": settingList{}, "Setting": Setting{},
		"Counts": countList{}, "CodeCount": pushlog.CodeCount{}, "CounterList": counterList{}, "Counters": pushlog.Counters{},
	} {
		properties, required := schema(t, name)
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
	properties, required := schema(t, "Record")
	for _, name := range required {
		if record[name] == nil {
			t.Errorf("no %s", name)
		}
	}
	for name := range maps.Keys(record) {
		if !slices.Contains(properties, name) {
			t.Errorf("%s is not documented", name)
		}
	}
}

func TestRequestsOfOpenAPI(t *testing.T) {
	t.Parallel()
	if properties, _ := schema(t, "Desired"); !same(properties, []string{fieldDesired, fieldReason}) {
		t.Errorf("%q", properties)
	}
	for name, members := range map[string][]member{"Search": searchMembers(), "HistogramQuery": histogramMembers(), "Export": exportMembers(),
		"FlushOrder": flushMembers(), "FindToken": findMembers(), "ForgetTokens": forgetMembers(), "JobOrder": jobMembers(), "Move": moveMembers(), "AuditQuery": auditMembers(member{fieldBefore, text}, member{fieldLimit, number}), "AuditExport": auditMembers(member{FieldFormat, text}, member{fieldReason, text}), "SearchFields": membersOf(text, keptFields()...)} {
		if properties, _ := schema(t, name); !same(properties, namesOf(members)) {
			t.Errorf("%s: %q", name, properties)
		}
	}
}

// parameters returns what a GET is documented to take.
func parameters(t *testing.T, path string) (names []string) {
	t.Helper()
	lines := inside(inside(inside(openAPI(t), "paths:"), "  "+path+":"), "    get:")
	for _, line := range lines {
		if name, ok := strings.CutPrefix(line, "        - name: "); ok {
			names = append(names, name)
		}
	}
	return names
}

// The routes say themselves what they know.
func TestParametersOfOpenAPI(t *testing.T) {
	t.Parallel()
	b := empty(t)
	for _, path := range []string{"/api/v1/pushes", "/api/v1/pushes/histogram", "/api/v1/counters/minutes", "/api/v1/counters/hours", "/api/v1/dead-tokens"} {
		detail, _, _ := strings.Cut(decode[httpapi.Problem](t, b.get(path+"?colour=red")).Detail, "\n")
		_, known, _ := strings.Cut(detail, "known are ")
		if names := parameters(t, path); !same(names, strings.Split(known, ", ")) {
			t.Errorf("%s: documented %q, known %s", path, names, known)
		}
	}
}

func TestSetsOfOpenAPI(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, line := range inside(inside(inside(openAPI(t), "  schemas:"), "    Code:"), "      enum:") {
		codes = append(codes, strings.TrimPrefix(strings.TrimSpace(line), "- "))
	}
	var known []string
	for _, c := range pushlog.Codes() {
		known = append(known, string(c))
	}
	if !same(codes, known) {
		t.Errorf("documented %q\nknown %q", codes, known)
	}
	for head, set := range map[string][]string{
		"    Search:": pushlog.SearchColumns(), "    HistogramQuery:": pushlog.SearchColumns(), "    Export:": pushlog.SearchColumns(),
		"    FlushOrder:": pushlog.SearchColumns(), "    FlushFilter:": texts(Flushable()), "    Flush:": texts(stream.FlushStates()),
		"    Page:":   texts([]pushlog.How{pushlog.ByIndex, pushlog.ByWalk, pushlog.ByScan}),
		"    Status:": texts(push.Statuses()), "    JobOrder:": texts(append(Redrivable(), Cancellable()...)), "    JobFilter:": texts(append(Redrivable(), Cancellable()...)),
		"    BulkJob:": texts(jobs.States()), "    EventJobs:": texts(jobs.States()), "    EventFlush:": texts(stream.FlushStates()),
		"    EventHolds:": texts(stream.Reasons()), "    EventWorkers:": texts([]stream.State{stream.Running, stream.Draining, stream.Paused, stream.CircuitOpen, stream.Lost}),
		"    Hold:":   texts(stream.Reasons()),
		"    Worker:": texts([]stream.State{stream.Running, stream.Draining, stream.Paused, stream.CircuitOpen, stream.Lost}),
	} {
		text := strings.Join(inside(inside(openAPI(t), "  schemas:"), head), "\n")
		if !strings.Contains(text, "enum: ["+strings.Join(set, ", ")+"]") {
			t.Errorf("%s is not documented with %q", strings.TrimSpace(head), set)
		}
	}
}

func texts[T ~string](values []T) []string {
	var texts []string
	for _, v := range values {
		texts = append(texts, string(v))
	}
	return texts
}
