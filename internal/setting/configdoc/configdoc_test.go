package configdoc

import (
	"strings"
	"testing"

	"pushstream/internal/setting"
)

func TestConfigurationPage(t *testing.T) { Check(t, &setting.Common{}, Common) }

// What a binary shares with the others stands on the page once, and each command of its
// own stands there with what it takes.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	var cli struct {
		setting.Common
		Number int `env:"A_NUMBER" default:"7" help:"How many, a|b."`
		Run    struct {
			File string `arg:"" help:"File to read."`
			Fast bool   `help:"Go on without waiting."`
		} `cmd:"" help:"Run a file."`
	}
	got, err := markdown(&cli, "tool")
	if err != nil {
		t.Fatal(err)
	}
	const want = `
| flag | variable | default | meaning |
|---|---|---|---|
| ` + "`--number` | `A_NUMBER` | `7`" + ` | How many, a\|b. |

**` + "`tool run FILE`" + `** Run a file.

| flag | variable | default | meaning |
|---|---|---|---|
| ` + "`FILE`" + ` | | | File to read. |
| ` + "`--fast`" + ` |  |  | Go on without waiting. |
`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if strings.Contains(got, "REDIS_URL") {
		t.Error("a setting of all binaries stands there again")
	}
}
