package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
)

// Every job is one that is accepted, whichever way it comes, and is the same.
func TestJobs(t *testing.T) {
	t.Parallel()
	endings, reserved, urgent := map[string]int{}, 0, 0
	for n := range 6000 {
		j := job("storm", n)
		text, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		posted, err := push.FromJSON(text, time.UTC)
		if err != nil {
			t.Fatalf("job %d: %v", n, err)
		}
		fields := map[string]string{}
		for i, values := 0, entry(j); i < len(values); i += 2 {
			fields[values[i]] = values[i+1]
		}
		added, err := push.FromFields(fields, time.UTC)
		if err != nil {
			t.Fatalf("job %d by hand: %v", n, err)
		}
		if !reflect.DeepEqual(posted, added) || posted.ID != j.ID {
			t.Fatalf("job %d is %+v over HTTP, %+v by hand", n, posted, added)
		}
		if ending := j.DeviceID[strings.LastIndexByte(j.DeviceID, '-')+1:]; len(ending) < 15 {
			endings[ending]++
		}
		if ahead := time.Until(posted.DueAt); !posted.DueAt.IsZero() {
			if reserved++; ahead > 5*time.Second {
				t.Errorf("job %d waits for %v", n, ahead)
			}
		}
		if j.Priority == push.Urgent {
			urgent++
		}
		if strings.HasSuffix(j.DeviceID, "-unavailable") && j.TTL > 5 {
			t.Errorf("job %d is tried for %d s", n, j.TTL)
		}
		if want := strings.HasSuffix(j.DeviceID, "-slow"); (answeredIn(j.DeviceID) > 0) != want {
			t.Errorf("job %d is answered in %v", n, answeredIn(j.DeviceID))
		}
	}
	for _, ending := range []string{"unregistered", "mismatch", "invalid", "apns", "flaky", "unavailable", "slow", "ghost"} {
		if endings[ending] != 60 {
			t.Errorf("%d tokens end on %s", endings[ending], ending)
		}
	}
	if endings["quota"] != 2 || reserved != 300 || urgent < 1200 {
		t.Errorf("%d hit the quota, %d are reserved, %d urgent", endings["quota"], reserved, urgent)
	}
}
