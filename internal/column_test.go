package internal_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A column that is added as docs/architecture.md says ("A new column") is decoded, kept,
// indexed, masked for who may not see it, searched, exported, imported and checked, with no
// other line of Go or Lua: the tests of every column pass with it. What they run is this
// code with three files overlaid.
func TestAddedColumn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds the packages once more")
	}
	const name = "branch_cd"
	folder := t.TempDir()
	overlay := map[string]string{}
	patch := func(file string, pairs ...string) string {
		text, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		patched := string(text)
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(patched, pairs[i]) {
				t.Fatalf("%s has no %q", file, pairs[i])
			}
			patched = strings.ReplaceAll(patched, pairs[i], pairs[i]+pairs[i+1])
		}
		path := filepath.Join(folder, filepath.Base(file))
		if err := os.WriteFile(path, []byte(patched), 0o600); err != nil {
			t.Fatal(err)
		}
		from, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		overlay[from] = path
		return path
	}
	patch("push/job.go", "type Job struct {\n", "\tBranchCd string `json:\"branch_cd,omitempty\"`\n")
	patch("push/fields.go", "var fields = []Field{\n", `	{Name: "branch_cd", Korean: "지점", English: "Branch", Help: "Branch.",
		Limit: MaxText, Search: SearchText, Exact: true, Index: ByValue, Personal: true, Mask: Mask{Last: 2},
		text: func(j *Job) *string { return &j.BranchCd }},
`)
	// In the document it stands before csno.
	openAPI := filepath.Join(folder, "openapi.yaml")
	text, err := os.ReadFile(filepath.FromSlash("../docs/openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	api := strings.ReplaceAll(string(text), "enum: [csno", "enum: ["+name+", csno")
	for _, kind := range []string{"{ type: string }", "{ type: string, minLength: 1, maxLength: 128 }", "{ type: string, nullable: true, maxLength: 128, description: \"Customer number.\" }"} {
		api = strings.ReplaceAll(api, "        csno: "+kind+"\n", "        csno: "+kind+"\n        "+name+": "+kind+"\n")
	}
	if err := os.WriteFile(openAPI, []byte(api), 0o600); err != nil {
		t.Fatal(err)
	}
	list, _ := json.Marshal(map[string]any{"Replace": overlay})
	file := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "go", "test", "-overlay", file, "-vet=off", "-count=1", "-run", "^(TestEveryColumn|TestEveryMemberIsAColumn|TestColumnsAreWhole|TestSetsOfOpenAPI|"+
		"TestWhole.*|TestRecordColumnsAreKnown|TestScriptsKnowTheTables|TestFlagsOfEveryColumn)$",
		"./push", "./pushlog", "./jobfile", "./admin", "../cmd/producer")
	run.Env = append(os.Environ(), "ADDED_COLUMN="+name, "OPENAPI_FILE="+openAPI)
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
