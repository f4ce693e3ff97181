package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pushstream/internal/audit"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

// entries are the audit log, oldest first, each as "action subject customer outcome".
func entries(t *testing.T, s *redistest.Server) (lines []string, all []audit.Entry) {
	t.Helper()
	err := audit.New(s.Client(t), "push", audit.Options{}).Each(t.Context(), audit.Query{}, func(some []audit.Entry) error {
		all = append(all, some...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	for _, e := range all {
		lines = append(lines, strings.Join([]string{string(e.Action), e.Subject, e.Customer, string(e.Outcome)}, "|"))
	}
	return lines, all
}

// Everything that changes something, or hands out data, is in the audit log, with what
// came of it; what only reads is not.
func TestCommandsAreAudited(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	file := filepath.Join(t.TempDir(), "out")
	s.accept(t, "a", "b", "c")
	hash := strings.Repeat("0", 32)
	want := []string{}
	for _, tt := range []struct {
		args  string
		stdin string
		want  string
	}{
		{"user add kim --role=admin", password, "user_add|kim||done"},
		{"user add kim --role=admin", password, "user_add|kim||refused"},
		{"user role kim --role=admin --reveal", "", "user_role|kim||done"},
		{"user disable kim", "", "user_disable|kim||refused"},
		{"user enable kim", "", "user_enable|kim||done"},
		{"user passwd kim --generate", "", "user_password|kim||done"},
		{"user list", "", ""},
		{"session end --user=kim", "", "session_end|all of kim||done"},
		{"session end x", "", "session_end|x||refused"},
		{"session list", "", ""},
		{"apitoken add m --scope=read --expires=1d", "", "apitoken_add|m||done"},
		{"apitoken remove m", "", "apitoken_remove|m||done"},
		{"apitoken list", "", ""},
		{"key add shop", "", "apitoken_add|shop||done"},
		{"key add shop", "", "apitoken_add|shop||refused"},
		{"key remove shop", "", "apitoken_remove|shop||done"},
		{"key list", "", ""},
		{"worker pause --all", "", "pause|all workers||done"},
		{"worker resume --all", "", "resume|all workers||done"},
		{"worker pause nobody", "", "pause|nobody||refused"},
		{"worker list", "", ""},
		{"push cancel a", "", "cancel|a||done"},
		{"push cancel b nosuch", "", "cancel|b nosuch||partial"},
		{"push cancel nosuch", "", "cancel|nosuch||refused"},
		{"push redrive --status=cancelled --csno=10023451 --device-id=token-a", "", "redrive|device_id=" + pushlog.TokenHash("token-a") + " status=cancelled|10023451|done"},
		{"log export --csno=10023451 --output=" + file, "", "export||10023451|done"},
		{"log export --column=device_id --contains=token --output=" + file, "", "export|column=device_id contains=***||done"},
		{"log export --column=device_id --equals=token-a --output=" + file, "", "export|column=device_id equals=" + pushlog.TokenHash("token-a") + "||done"},
		{"log export --column=csno --equals=10023451 --status=failed --output=" + file, "", "export|status=failed|10023451|done"},
		{"log export --column=csno --equals=2 --csno=10023451 --output=" + file, "", "export|column=csno equals=2|10023451|done"},
		{"log export --output=" + filepath.Dir(file), "", "export|everything||refused"},
		{"log flush --cancel", "", "flush_cancel|||refused"},
		{"hold end demo", "", "hold_end|demo||refused"},
		{"hold list", "", ""},
		{"token forget " + hash, "", "token_forget|" + hash + "||refused"},
		{"token list", "", ""},
		{"audit list", "", ""},
		{"audit export " + file + " --actor=nobody --action=login,flush", "", "audit_export|actor=nobody action=login,flush||done"},
		{"push show a", "", "reveal|a||done"},
		{"user add bae", password, ""}, // it is not even tried
	} {
		p := runsWith(t, s.Server, tt.stdin, strings.Fields(tt.args)...)
		if tt.want != "" {
			want = append(want, tt.want)
		}
		if done := strings.HasSuffix(tt.want, "|done") || tt.want == "" && !strings.HasPrefix(tt.args, "user add"); done != (p.code == 0) {
			t.Errorf("%s: exit code %d: %s", tt.args, p.code, p.stderr.String())
		}
	}
	got, all := entries(t, s.Server)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, e := range all {
		if e.Kind != audit.CLI || e.Actor != osUser() || e.Address != "local" || e.EndedAt.IsZero() {
			t.Errorf("%+v", e)
		}
		if strings.Contains(fmt.Sprint(e), password) || strings.Contains(fmt.Sprint(e), "token-a") {
			t.Errorf("a secret: %+v", e)
		}
		if (e.Result["error"] == "") != (e.Outcome == audit.Done) {
			t.Errorf("it does not say why: %+v", e)
		}
	}
	for i, want := range map[int]string{2: "map[reveal_before:false role_before:admin]", 17: "map[cancelled:1 error:1 of 2 pushes are not cancelled missing:1]",
		19: "map[job:ID queued:1]", 20: "map[pushes:3]", 29: "map[entries:0]"} {
		if all[i].Result["job"] != "" {
			all[i].Result["job"] = "ID"
		}
		if got := fmt.Sprint(all[i].Result); got != want {
			t.Errorf("%s: %s, want %s", all[i].Action, got, want)
		}
	}
}

// What can't be written down does not happen.
func TestNotAuditedNotDone(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.rdb.Set(t.Context(), "push:{audit}:entries", "not a stream", 0)
	before := redistest.Dump(t, s.rdb)
	for _, args := range []string{"user add kim --role=admin --generate", "key add shop", "worker pause --all", "log export", "log flush --yes", "audit export -"} {
		p := runs(t, s.Server, strings.Fields(args)...)
		checkRun(t, p, 1, nil, []string{"nothing was done: write to the audit log"})
	}
	if after := redistest.Dump(t, s.rdb); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%v, was %v", after, before)
	}
}

func TestAuditList(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	log := audit.New(s.Client(t), "push", audit.Options{})
	for i := range 5 {
		id, err := log.Begin(t.Context(), audit.Entry{Kind: audit.User, Actor: []string{"kim", "bae"}[i%2], Address: "192.0.2.7", Action: audit.Reveal,
			Subject: fmt.Sprint("=id-", i), Customer: "10023451", Reason: "문의\x1b[31m"})
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			if err := log.End(t.Context(), id, audit.Done, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkRun(t, runs(t, s, "audit", "list"), 0, []string{"user kim", "192.0.2.7", "reveal", "id-0", "id-4", "10023451", "unknown", "done", "문의?[31m"}, nil)
	p := runs(t, s, "audit", "list", "--actor=kim", "--limit=2")
	if text := p.stdout.String(); !strings.Contains(text, "id-4") || !strings.Contains(text, "id-2") || strings.Contains(text, "id-0") || strings.Contains(text, "id-3") {
		t.Errorf("%s", text)
	}
	_, before, ok := strings.Cut(line(t, p.stderr.String()), "--before ")
	if !ok {
		t.Fatalf("%s", p.stderr.String())
	}
	p = runs(t, s, "audit", "list", "--actor=kim", "--before", before)
	if text := p.stdout.String(); !strings.Contains(text, "id-0") || strings.Contains(text, "id-2") || p.stderr.String() != "" {
		t.Errorf("%s %s", text, p.stderr.String())
	}
	p = runs(t, s, "audit", "list", "--outcome=unknown", "--action=reveal,login", "--customer=10023451", "--since=2020-01-01T00:00:00+09:00", "--until=2100-01-01T00:00:00Z")
	if text := p.stdout.String(); !strings.Contains(text, "id-0") || strings.Contains(text, "id-1") {
		t.Errorf("%s", text)
	}

	file := filepath.Join(t.TempDir(), "audit.csv")
	checkRun(t, runs(t, s, "audit", "export", file, "--action=reveal"), 0, nil, []string{"5 entries written"})
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 6 || rows[1][8] != "'=id-4" {
		t.Errorf("%v %q", err, rows)
	}
	p = runs(t, s, "audit", "export", "-", "--format=ndjson", "--actor=kim")
	lines := strings.Split(strings.TrimSpace(p.stdout.String()), "\n")
	var e audit.Entry
	if err := json.Unmarshal([]byte(lines[0]), &e); err != nil || len(lines) != 3 || e.Subject != "=id-4" || p.code != 0 {
		t.Errorf("%v %q", err, lines)
	}
	// The export before that is in it, its own is not done yet.
	if got, _ := entries(t, s); !slices.Equal(got[5:], []string{"audit_export|action=reveal||done", "audit_export|actor=kim||done"}) {
		t.Errorf("%q", got[5:])
	}
}
