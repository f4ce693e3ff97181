package pushlog

import (
	"fmt"
	"strings"
	"testing"

	"pushstream/internal/push"
)

// The names that other programs and people with redis-cli rely on.
func TestKeyNames(t *testing.T) {
	t.Parallel()
	p := Keys{Prefix: "push", Partitions: 1}.Of("a:b")
	hash := TokenHash("token")
	for got, want := range map[string]string{
		p.Base:                                    "push:{0}",
		p.Record("a:b"):                           "push:{0}:record:a:b",
		p.Index():                                 "push:{0}:index",
		p.StatusIndex(push.Sent):                  "push:{0}:index:status:sent",
		p.ValueIndex(push.FieldCsno, "1"):         "push:{0}:index:csno:1",
		p.ValueIndex(push.FieldPushGrpID, "G1"):   "push:{0}:index:push_grp_id:G1",
		p.ValueIndex(push.FieldDeviceID, "token"): "push:{0}:index:device_id:" + hash,
		fmt.Sprint(len(hash)):                     "32",
		TokenHash(""):                             "e3b0c44298fc1c149afbf4c8996fb924",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A record that was written yesterday must be found tomorrow: the partition of
// an id is FNV-1a modulo P, and never changes.
func TestPartitionOfAnID(t *testing.T) {
	t.Parallel()
	three := Keys{Prefix: "push", Partitions: 3}
	// FNV-1a of "" is 2166136261, of "a" 3826002220, of "foobar" 3214735720.
	for id, want := range map[string]int{"": 2166136261 % 3, "a": 3826002220 % 3, "foobar": 3214735720 % 3} {
		if got := three.Of(id); got.Number != want || got != three.All()[want] || got.Base != fmt.Sprintf("push:{%d}", want) {
			t.Errorf("%q is in %+v, want %d", id, got, want)
		}
	}
	counts := map[int]int{}
	for n := range 3000 {
		counts[three.Of(fmt.Sprint("job-", n)).Number]++
	}
	for n := range 3 {
		if counts[n] < 700 {
			t.Errorf("partition %d has %d of 3000", n, counts[n])
		}
	}
}

func TestKeysValidate(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"push", "a", "team:push", "푸시", strings.Repeat("a", 64)} {
		if err := (Keys{prefix, 1}).Validate(); err != nil {
			t.Errorf("%q: %v", prefix, err)
		}
	}
	for _, prefix := range []string{"", "{push}", "pu}sh", "push*", "pu?sh", "pu[sh", "pu sh", "push\n", `pu\sh`, strings.Repeat("a", 65)} {
		if (Keys{prefix, 1}).Validate() == nil {
			t.Errorf("%q is allowed", prefix)
		}
	}
	for partitions, ok := range map[int]bool{-1: false, 0: false, 1: true, 1024: true, 1025: false} {
		if err := (Keys{"push", partitions}).Validate(); (err == nil) != ok {
			t.Errorf("%d partitions: %v", partitions, err)
		}
	}
}
