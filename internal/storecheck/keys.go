package storecheck

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pushstream/internal/push"
)

// kind is what a key holds, as far as it is looked into.
type kind int

const (
	other kind = iota
	recordKey
	indexKey
	minuteKey
	hourKey
	chunkKey
	userKey
)

// documented are the keys that may be there when the work is done (design,
// §5), without what every key starts with, and whether they must have a TTL.
// The due set may not: nothing waits. Nor may the index of a state that is not
// terminal, or of what is sent, of which there is none.
var documented = []struct {
	kind kind
	name string // as a regular expression
	ttl  bool
}{
	{recordKey, `\{\d+\}:record:[A-Za-z0-9._:-]+`, false},
	{indexKey, `\{\d+\}:index`, false},
	{indexKey, `\{\d+\}:index:status:` + endedStates(), false},
	{indexKey, `\{\d+\}:index:error_code:[A-Z_]+`, false},
	{indexKey, `\{\d+\}:index:` + indexed(push.ByValue) + `:(?s:.+)`, false},
	{indexKey, `\{\d+\}:index:` + indexed(push.ByHash) + `:[0-9a-f]{32}`, false},
	{chunkKey, `\{\d+\}:chunk:\d+`, false},
	{other, `\{\d+\}:chunks`, false},
	{other, `\{\d+\}:sealed`, false},
	{other, `\{\d+\}:late`, false},
	{minuteKey, `\{\d+\}:minute:\d{12}`, true},
	{hourKey, `\{\d+\}:hour:\d{10}`, true},
	{other, `\{\d+\}:jobs(:urgent)?`, false},
	{other, `\{\d+\}:events`, false},
	{other, `\{\d+\}:(probe|sweep|sealing|retaining|flushing|flushed)`, true},
	{other, `suppressed:\{[A-Za-z0-9_.:-]+\}(:why)?`, true},
	{other, `(hold|rate|evidence|waits):\{.+\}(:length)?`, true},
	{other, `flush`, true},
	{other, `\{bulk\}:(jobs|open|job:[0-9a-f]{12}(:\d+)?)`, true},
	{other, `search:[0-9a-f]{32}`, true},
	{other, `searches:[a-z]+:[A-Za-z0-9._@-]+`, true},
	{other, `control`, false},
	{other, `partitions`, false},
	{other, `project`, false},
	{other, `keys`, false},
	{other, `\{access\}:users`, false},
	{userKey, `\{access\}:user:[a-z0-9._@-]+`, false},
	{other, `\{access\}:(session|token|oidc|used):[0-9a-f]{32}`, true},
	{other, `\{access\}:(sessions|known):[a-z0-9._@-]+`, true},
	{other, `\{access\}:failed:(user|pair):[0-9a-f]{32}`, true},
	{other, `\{access\}:failed:address:([0-9a-f.:]+(/64)?|unknown)`, true},
	{other, `\{access\}:tokens`, true},
	{other, `\{audit\}:(entries|outcomes)`, false},
	{other, `\{audit\}:once:[0-9a-f]{32}`, true},
	{other, `workers`, false},
	{other, `projects`, false},
	{other, `worker:.+`, true},
}

// endedStates are the terminal states that have an index.
func endedStates() string {
	var names []string
	for _, s := range push.TerminalStatuses() {
		if s != push.Sent {
			names = append(names, string(s))
		}
	}
	return "(" + strings.Join(names, "|") + ")"
}

// indexed are the fields of a push with an index of one kind.
func indexed(kind push.Index) string {
	var names []string
	for _, f := range push.Columns() {
		if f.Index == kind {
			names = append(names, f.Name)
		}
	}
	return "(" + strings.Join(names, "|") + ")"
}

// checkKeys sorts the keys into kinds, and names those that should not be
// there, or have no TTL.
func (c *check) checkKeys(ctx context.Context) error {
	known := make([]*regexp.Regexp, len(documented))
	for i, d := range documented {
		known[i] = regexp.MustCompile("^" + regexp.QuoteMeta(c.keys.Prefix) + ":" + d.name + "$")
	}
	seen := map[string]bool{} // SCAN may repeat
	iter := c.rdb.Scan(ctx, 0, "*", step).Iterator()
	for iter.Next(ctx) {
		key := iter.Val()
		if seen[key] {
			continue
		}
		seen[key] = true
		i := slices.IndexFunc(known, func(r *regexp.Regexp) bool { return r.MatchString(key) })
		if i < 0 {
			c.fault("a key that is not documented, or should be gone: %s", key)
			continue
		}
		c.of[documented[i].kind] = append(c.of[documented[i].kind], key)
		if !documented[i].ttl {
			continue
		}
		ttl, err := c.rdb.TTL(ctx, key).Result()
		if err != nil {
			return fmt.Errorf("TTL of %s: %w", key, err)
		}
		if ttl == -1 { // -2: it has just ended
			c.fault("%s has no TTL", key)
		}
	}
	if err := iter.Err(); err != nil {
		return fmt.Errorf("list the keys: %w", err)
	}
	for _, keys := range c.of {
		slices.Sort(keys) // faults in the same order at every run
	}
	return nil
}
