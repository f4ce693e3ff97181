package redismemory

import "testing"

func TestParse(t *testing.T) {
	t.Parallel()
	got := parse("# Memory\r\nused_memory:1000\r\nused_memory_human:1K\r\nused_memory_startup:100\r\nmaxmemory:2000\r\nmem_not_counted_for_evict:50\r\nmem_clients_normal:20\r\nmem_replication_backlog:3\r\nused_memory_scripts:4\r\n")
	if want := (Memory{Used: 950, Max: 2000, Fixed: 127}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if m := parse(""); m != (Memory{}) || m.Share() != 0 {
		t.Errorf("%+v", m)
	}
}
