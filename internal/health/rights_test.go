package health_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/pushlog"
	"pushstream/internal/redisscript"
	"pushstream/internal/stream"
)

// commandsOf maps methods of the client to commands that have another name. The others
// are named like their commands; "" sends none of its own.
var commandsOf = map[string]string{
	"Pipeline": "", "Pipelined": "", "TxPipeline": "MULTI", "TxPipelined": "MULTI", "Do": "",
	"SetArgs": "SET", "SetNX": "SET", "XGroupCreateMkStream": "XGROUP CREATE", "XInfoGroups": "XINFO GROUPS", "XInfoConsumers": "XINFO CONSUMERS",
	"XPendingExt": "XPENDING", "XRangeN": "XRANGE", "XRevRangeN": "XREVRANGE", "ZRangeArgs": "ZRANGE", "ZRangeArgsWithScores": "ZRANGE",
	"ZRangeWithScores": "ZRANGE", "ZRangeByScoreWithScores": "ZRANGEBYSCORE", "HSetNX": "HSETNX",
}

// inScripts are commands in scripts that are in Go files.
var inScripts = regexp.MustCompile(`redis\.p?call\('([A-Z]+)'`)

// Whatever the code calls is in the list of the admin's rights, which has all of the
// others' too: the scripts' commands, and those of the client's methods.
func TestRightsHaveEveryCommandOfTheCode(t *testing.T) {
	t.Parallel()
	listed := stream.RoleAdmin.Commands()
	for _, role := range []stream.Role{stream.RoleProducer, stream.RoleConsumer} {
		for _, command := range role.Commands() {
			if !slices.Contains(listed, command) {
				t.Errorf("%s is not among the admin's", command)
			}
		}
	}
	found := map[string]string{} // where
	for _, folder := range []string{"access", "audit", "logkeep", "jobs"} {
		library := redisscript.New(folder, nil, os.DirFS("../"+folder), pushlog.Lua)
		if len(library.Scripts()) < 2 {
			t.Fatal(library.Scripts())
		}
		for _, script := range library.Scripts() {
			for _, command := range library.Commands(script) {
				found[command] = folder + "/lua/" + script
				if (folder == "logkeep" || folder == "jobs") && !slices.Contains(stream.RoleConsumer.Commands(), command) {
					t.Errorf("%s, of %s, is not among the consumer's", command, script)
				}
			}
		}
	}
	methods := map[string]bool{}
	client := reflect.TypeFor[redis.UniversalClient]()
	for i := range client.NumMethod() {
		methods[client.Method(i).Name] = true
	}
	for _, folder := range []string{"access", "admin", "audit", "export", "live", "logkeep", "loop", "monitor", "pushlog", "redisclock", "redisconn", "redismemory", "stream"} {
		files, err := filepath.Glob("../" + folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(folder, err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range inScripts.FindAllStringSubmatch(string(text), -1) {
				found[call[1]] = f
			}
			if strings.Contains(string(text), ".RunRO(") || strings.Contains(string(text), ".EvalShaRO(") {
				found["EVALSHA_RO"], found["EVAL_RO"] = f, f
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), f, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				call, is := n.(*ast.CallExpr)
				if !is {
					return true
				}
				selected, is := call.Fun.(*ast.SelectorExpr)
				if !is || !methods[selected.Sel.Name] || !onRedis(selected.X) {
					return true
				}
				command, other := commandsOf[selected.Sel.Name]
				if !other {
					command = strings.ToUpper(selected.Sel.Name)
				}
				if command != "" {
					found[command] = f
				}
				return true
			})
		}
	}
	if len(found) < 40 {
		t.Fatalf("only %v", found)
	}
	for command, where := range found {
		if !slices.Contains(listed, command) {
			t.Errorf("%s, of %s, is not in the list", command, where)
		}
	}
}

// onRedis reports whether an expression is named as clients and pipelines are.
func onRedis(x ast.Expr) bool {
	name := ""
	switch x := x.(type) {
	case *ast.Ident:
		name = x.Name
	case *ast.SelectorExpr:
		name = x.Sel.Name
	}
	return slices.Contains([]string{"rdb", "pipe", "tx", "blocking", "node"}, name)
}

// docs/operations.md has the rights as they are in the code.
func TestRightsAreInTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]stream.Role{"producer": stream.RoleProducer, "consumer": stream.RoleConsumer, "admin": stream.RoleAdmin} {
		want := "\nuser pushstream-" + name + " on >PASSWORD resetchannels " + strings.Join(role.Rules(pushlog.Keys{Prefix: "push", Partitions: 1}), " ") + "\n"
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/operations.md lacks, or has otherwise, the line%s", want)
		}
	}
}
