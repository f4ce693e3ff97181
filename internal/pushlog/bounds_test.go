package pushlog

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pushstream/internal/push"
)

// Whatever stands in a record, what is shown of it has a bound; and what a job may hold
// is shown whole.
func TestHugeRecord(t *testing.T) {
	t.Parallel()
	h := map[string]string{FieldRaw: `{"x":"` + strings.Repeat("x", 11<<20) + `"}`}
	for _, name := range append(push.Fields(), FieldStatus, FieldResult, FieldConsumer, "late.a", "try.1", "redrive.1") {
		h[name] = strings.Repeat("가", 4<<20)
	}
	for i := range 5000 {
		h[fmt.Sprint("try.", i+2)] = "a line"
	}
	b, err := json.Marshal(parseRecord("p", h))
	if err != nil || len(b) > 1<<20 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	data := map[string]string{"k": strings.Repeat("\x01", 4000)}
	r := Record{Job: push.Job{DeviceID: strings.Repeat("t", push.MaxToken), Data: data}}
	kept := map[string]string{}
	for i, name := range push.KeptFields() {
		kept[name] = r.KeptValues()[i]
	}
	back := parseRecord("p", kept)
	if back.DeviceID != r.DeviceID || back.Data["k"] != data["k"] {
		t.Error("a push is cut")
	}
}
