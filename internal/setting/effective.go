package setting

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// Value is one knob of a process as it is set.
type Value struct {
	Variable string // environment variable, or the flag if it has none
	Value    string // secrets are ***
	Default  string
	Help     string
}

// Effective returns the knobs of a command as Parse has set them in cli. A flag whose
// tag has secret:"" is not shown; of a URL, the password is not.
func Effective(cli any, command string) ([]Value, error) {
	parser, err := kong.New(cli)
	if err != nil {
		return nil, err // a bug in cli's tags
	}
	flags := parser.Model.Flags
	for _, node := range parser.Model.Children {
		if node.Name == command {
			flags = append(flags, node.Flags...)
		}
	}
	var all []Value
	for _, f := range flags {
		if f.Name == "help" {
			continue
		}
		v := Value{Variable: "--" + f.Name, Value: text(f.Target), Default: f.Default, Help: f.Help}
		if len(f.Envs) > 0 {
			v.Variable = f.Envs[0]
		}
		if f.Tag.Has("secret") && v.Value != "" {
			v.Value = "***"
		}
		all = append(all, v)
	}
	return all, nil
}

// text is a value as it is typed.
func text(v reflect.Value) string {
	if list, is := v.Interface().([]string); is {
		return strings.Join(list, ",")
	}
	s := fmt.Sprint(v.Interface())
	if !strings.Contains(s, "://") {
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		return "***" // what can't be read may have a password anywhere
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(name, "password") {
			query.Set(name, "***")
		}
	}
	if u.RawQuery != "" {
		u.RawQuery = query.Encode()
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "***")
	}
	s, _ = url.PathUnescape(u.String())
	return s
}
