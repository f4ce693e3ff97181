package stream

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The tables of doc.go have each script and each goroutine of a consumer, and no others.
func TestDocIsComplete(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(src)
	}
	section := func(title string) []string {
		_, after, _ := regexpCut(`(?m)^// # `+title+`$`, read("doc.go"))
		text, _, _ := regexpCut(`(?m)^// # `, after)
		var names []string
		for _, m := range regexp.MustCompile(`(?m)^//\t([a-z_]+)  `).FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		slices.Sort(names)
		return names
	}
	scripts := section("Scripts")
	scripts = slices.DeleteFunc(scripts, func(name string) bool { return name == "script" })
	if want := library.Scripts(); !slices.Equal(scripts, want) {
		t.Errorf("scripts in doc.go: %q\nin lua: %q", scripts, want)
	}
	// Run starts each goroutine with one Go, but for the clock's, which is no role of its own.
	starts := len(regexp.MustCompile(`\b\w+\.Go\(func\(\) error`).FindAllString(read("consumer.go"), -1)) - 1
	if roles := section("Goroutines of a Consumer"); len(roles) != starts {
		t.Errorf("doc.go has %d goroutines, Run starts %d: %q", len(roles), starts, roles)
	}
}

// regexpCut is strings.Cut around the first match of a pattern.
func regexpCut(pattern, text string) (before, after string, found bool) {
	at := regexp.MustCompile(pattern).FindStringIndex(text)
	if at == nil {
		return text, "", false
	}
	return text[:at[0]], text[at[1]:], true
}
