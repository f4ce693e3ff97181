package redisscript

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Names are what a script is called with, as its caller names it: names with spaces
// between. They must be those that the head of the file says, in its order.
type Names struct {
	Keys string // a name that ends in ... stands for any number of further keys
	Args string
	Each string // of one item: a call has up to 100 after Args
	Rest string // the same for scripts that take any number
	// Width is how many values the last name of Each or Rest stands for, if it ends in ...
	Width int
}

// maxItems is the greatest number of items that one call takes, so that Redis never
// stands still for long.
const maxItems = 100

// head is what the comment at the top of a Lua file says.
type head struct {
	keys, args, each, rest, include []string
	unnamed                         bool // it numbers what it does not name yet
}

var (
	headLine = regexp.MustCompile(`^-- (KEYS|ARGV|EACH|REST|include:) +(\S.*)$`)
	moreLine = regexp.MustCompile(`^--   +(\S.*)$`)
	aside    = regexp.MustCompile(`\([^()]*\)`)
	unnamed  = regexp.MustCompile(`(?m)^-- (KEYS|ARGV)  (\d|hashes)`)
	oneName  = regexp.MustCompile(`^[A-Za-z_]\w*(\.\.\.)?$`)
)

// parseHead reads the lines of a head that name something:
//
//	-- KEYS  jobs, urgent
//	-- ARGV  group, consumer (its name), limit (0: none)
//	-- EACH  lane (1 jobs, 2 urgent), entry
//	-- include: time, pending
//
// Names stand between commas; what is in brackets is for people, and has no brackets in it.
// A line that is indented by three spaces or more goes on with the one before.
func parseHead(src string) (head, error) {
	if unnamed.MatchString(src) {
		return head{unnamed: true}, nil
	}
	texts, current := map[string]string{}, ""
	for line := range strings.Lines(src) {
		line = strings.TrimRight(line, "\n")
		if !strings.HasPrefix(line, "--") {
			break
		}
		if m := headLine.FindStringSubmatch(line); m != nil {
			if current = m[1]; texts[current] != "" {
				return head{}, fmt.Errorf("its head says %s twice", current)
			}
			texts[current] = m[2]
		} else if m := moreLine.FindStringSubmatch(line); m != nil && current != "" {
			texts[current] += " " + m[1]
		} else {
			current = ""
		}
	}
	var h head
	for what, list := range map[string]*[]string{"KEYS": &h.keys, "ARGV": &h.args, "EACH": &h.each, "REST": &h.rest, "include:": &h.include} {
		if texts[what] == "" {
			continue
		}
		for name := range strings.SplitSeq(aside.ReplaceAllString(texts[what], ""), ",") {
			name = strings.TrimSpace(name)
			if !oneName.MatchString(name) {
				return head{}, fmt.Errorf("its head: %s: %q is no name", what, name)
			}
			*list = append(*list, name)
		}
	}
	return h, nil
}

// layout says where in KEYS and ARGV each value of a call is.
type layout struct {
	keys, args, items []string // items are those of Each or of Rest
	step              int      // values of an item
	moreKeys          bool     // any number of further ones
	limited           bool     // to maxItems
}

func newLayout(n Names) (layout, error) {
	l := layout{keys: strings.Fields(n.Keys), args: strings.Fields(n.Args), items: strings.Fields(n.Each), limited: n.Each != ""}
	if rest := strings.Fields(n.Rest); len(rest) > 0 {
		if l.limited {
			return l, fmt.Errorf("it has both Each and Rest")
		}
		l.items = rest
	}
	l.step = len(l.items)
	if wide := l.step > 0 && strings.HasSuffix(l.items[l.step-1], "..."); wide != (n.Width > 0) {
		return l, fmt.Errorf("the last name of its items must end in ... to have a width")
	} else if wide {
		l.step += n.Width - 1
	}
	if n := len(l.keys); n == 0 {
		return l, fmt.Errorf("it has no key")
	} else if last, more := strings.CutSuffix(l.keys[n-1], "..."); more {
		l.keys, l.moreKeys = append(l.keys[:n-1:n-1], last), true
	}
	return l, nil
}

// match compares what the caller names with what the head says.
func (l layout) match(h head) error {
	keys := slices.Clone(l.keys)
	if l.moreKeys {
		keys[len(keys)-1] += "..."
	}
	each, rest := l.items, []string(nil)
	if !l.limited {
		each, rest = nil, l.items
	}
	for _, part := range []struct {
		what         string
		caller, head []string
	}{{"KEYS", keys, h.keys}, {"ARGV", l.args, h.args}, {"EACH", each, h.each}, {"REST", rest, h.rest}} {
		if !slices.Equal(part.caller, part.head) {
			return fmt.Errorf("%s: the caller names %q, the head of the file %q", part.what, part.caller, part.head)
		}
	}
	return nil
}

// taken are names that the prelude and the guard give.
var taken = []string{"KEYS", "ARGV", "redis", "first", "step"}

var comment = regexp.MustCompile(`--[^\n]*`)

// declares is a local of the body, or a variable of a loop.
var declares = regexp.MustCompile(`\b(?:local (?:function )?|for )(\w+(?:, \w+)*)`)

// unambiguous looks for a name that means two things.
func (l layout) unambiguous(functions map[string]string, body string) error {
	seen := map[string]bool{}
	var own []string
	for _, m := range declares.FindAllStringSubmatch(comment.ReplaceAllString(body, ""), -1) {
		own = append(own, strings.Fields(strings.ReplaceAll(m[1], ",", " "))...)
	}
	for _, name := range slices.Concat(l.keys, l.args, offsets(l.items)) {
		if slices.Contains(own, name) {
			return fmt.Errorf("the body declares %s, which the head names", name)
		}
		if _, is := functions[name]; is || seen[name] || slices.Contains(taken, name) {
			return fmt.Errorf("the name %s means two things", name)
		}
		seen[name] = true
	}
	return nil
}

func offsets(items []string) []string {
	var names []string
	for _, name := range items {
		names = append(names, strings.ToUpper(strings.TrimSuffix(name, "...")))
	}
	return names
}

// prelude gives the names to the values, as locals of Lua. An item begins at i, out of
//
//	for i = first, #ARGV, step do
//
// and its values are ARGV[i + NAME], so that no table is made for one.
func (l layout) prelude() string {
	var text strings.Builder
	declare := func(names []string, value func(i int) string) {
		if len(names) == 0 {
			return
		}
		values := make([]string, len(names))
		for i := range names {
			values[i] = value(i)
		}
		fmt.Fprintf(&text, "local %s = %s\n", strings.Join(names, ", "), strings.Join(values, ", "))
	}
	keys := l.keys
	if l.moreKeys {
		keys = keys[:len(keys)-1]
	}
	declare(keys, func(i int) string { return fmt.Sprintf("KEYS[%d]", i+1) })
	declare(l.args, func(i int) string { return fmt.Sprintf("ARGV[%d]", i+1) })
	if len(l.items) > 0 {
		declare(offsets(l.items), func(i int) string { return fmt.Sprint(i) })
		fmt.Fprintf(&text, "local first, step = %d, %d\n", len(l.args)+1, l.step)
	}
	return text.String()
}

// check counts what a call has.
func (l layout) check(keys []string, args []any) error {
	if len(keys) < len(l.keys) && !(l.moreKeys && len(keys) == len(l.keys)-1) || len(keys) > len(l.keys) && !l.moreKeys {
		return fmt.Errorf("called with %d keys, it takes %d: %q", len(keys), len(l.keys), l.keys)
	}
	items := len(args) - len(l.args)
	switch {
	case items < 0, items > 0 && len(l.items) == 0:
		return fmt.Errorf("called with %d values, it takes %d: %q", len(args), len(l.args), l.args)
	case items > 0 && items%l.step != 0:
		return fmt.Errorf("called with %d values after the first %d, each item has %d: %q", items, len(l.args), l.step, l.items)
	case l.limited && items > maxItems*l.step:
		return fmt.Errorf("called with %d items, it takes %d at most", items/l.step, maxItems)
	}
	return nil
}
