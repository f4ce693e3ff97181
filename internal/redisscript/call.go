package redisscript

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Script is a script of a Library.
type Script struct {
	name   string
	layout *layout // nil: it names nothing yet
	source *redis.Script
}

// Call is one run of a script. The zero value is none.
type Call struct {
	script *Script
	keys   []string
	args   []any
}

// Call returns a call with values for all names of the script, in their order: keys, then
// args and the values of its items.
func (s *Script) Call(keys []string, args ...any) Call { return Call{s, keys, args} }

// Run runs the script once; the answer is nil if the script's is.
func (s *Script) Run(ctx context.Context, rdb redis.UniversalClient, keys []string, args ...any) (any, error) {
	answers, err := Run(ctx, rdb, s.Call(keys, args...))
	return answers[0], err
}

// guardKey ends the name of a key that never exists, and that every script is given
// on Redis Cluster if its keys have a hash tag. Scripts touch keys that they compute, of
// which Redis knows nothing beforehand; so while it moves a slot, it would run them on a
// node where half of these are gone. With a key that is missing it answers TRYAGAIN
// instead, until the slot has moved.
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#multi-key-operations
const guardKey = ":guard"

// Guarded is the key that a script with this first key is given on Redis Cluster.
func Guarded(first string) string { return first + guardKey }

// Run runs calls in one round trip, in their order for each partition, and returns their
// answers and the first error: nil stands for a call that failed. Redis is not asked
// anything if one call has not what its script takes.
//
// A script that Redis does not know (cold, flushed, failed over) is sent whole in a
// second round trip. Every script is safe to be run twice, so after an error the same
// calls may be made again.
func Run(ctx context.Context, rdb redis.UniversalClient, calls ...Call) ([]any, error) {
	answers := make([]any, len(calls))
	for _, c := range calls {
		if err := c.check(); err != nil {
			return answers, err
		}
	}
	_, cluster := rdb.(*redis.ClusterClient)
	whole := false
	todo := make([]int, len(calls))
	for i := range calls {
		todo[i] = i
	}
	for {
		pipe := rdb.Pipeline()
		cmds := make([]*redis.Cmd, len(todo))
		for n, i := range todo {
			c := calls[i]
			keys := c.keys
			if cluster && strings.Contains(keys[0], "{") {
				keys = append(slices.Clip(keys), Guarded(keys[0]))
			}
			if whole {
				cmds[n] = c.script.source.Eval(ctx, pipe, keys, c.args...)
			} else {
				cmds[n] = c.script.source.EvalSha(ctx, pipe, keys, c.args...)
			}
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		var unknown []int
		var failed error
		for n, i := range todo {
			answer, err := cmds[n].Result()
			switch {
			case err == nil, errors.Is(err, redis.Nil):
				answers[i] = answer
			case redis.HasErrorPrefix(err, "NOSCRIPT") && !whole:
				unknown = append(unknown, i)
			default:
				failed = cmp.Or(failed, err)
			}
		}
		if len(unknown) == 0 || failed != nil {
			return answers, failed
		}
		todo, whole = unknown, true
	}
}

// check looks whether a call has what its script takes, in one slot of a cluster.
func (c Call) check() error {
	var err error
	if c.script.layout != nil {
		err = c.script.layout.check(c.keys, c.args)
	}
	for _, key := range c.keys {
		if err == nil && slot(key) != slot(c.keys[0]) {
			err = fmt.Errorf("keys of two slots: %s and %s", c.keys[0], key)
		}
	}
	if err != nil {
		return fmt.Errorf("script %s: %w", c.script.name, err)
	}
	return nil
}

// slot is what Redis Cluster finds a key's slot by.
func slot(key string) string {
	if _, after, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(after, "}"); ok && tag != "" {
			return tag
		}
	}
	return key
}

// Batch gathers items of several scripts and partitions into as few calls as may be. T is
// what an item is about.
type Batch[T any] struct {
	calls   []Call
	items   [][]T
	answers []any
}

// Add adds an item to the newest call of the same script and first key, or opens a new
// one that begins as head does. of is what the item is about.
func (b *Batch[T]) Add(head Call, of T, item ...any) {
	for n := len(b.calls) - 1; n >= 0; n-- {
		c := &b.calls[n]
		if c.script == head.script && c.keys[0] == head.keys[0] {
			if len(b.items[n]) < maxItems {
				c.args = append(c.args, item...)
				b.items[n] = append(b.items[n], of)
				return
			}
			break
		}
	}
	head.args = append(slices.Clip(head.args), item...)
	b.calls, b.items = append(b.calls, head), append(b.items, []T{of})
}

// Run runs the calls in one round trip. Some may have succeeded if it returns an error.
func (b *Batch[T]) Run(ctx context.Context, rdb redis.UniversalClient) (err error) {
	b.answers, err = Run(ctx, rdb, b.calls...)
	return err
}

// Answers are what the items are about, and what Run got for each: the nth member of the
// list that the script answers; nil if the call failed, or answered no such list.
func (b *Batch[T]) Answers() iter.Seq2[T, any] {
	return func(yield func(T, any) bool) {
		for n, items := range b.items {
			var list []any
			if n < len(b.answers) {
				list, _ = b.answers[n].([]any)
			}
			for i, of := range items {
				var answer any
				if i < len(list) && len(list) == len(items) {
					answer = list[i]
				}
				if !yield(of, answer) {
					return
				}
			}
		}
	}
}

// Sum adds up what calls answered that count their items.
func (b *Batch[T]) Sum() int64 {
	total := int64(0)
	for _, answer := range b.answers {
		n, _ := answer.(int64)
		total += n
	}
	return total
}
