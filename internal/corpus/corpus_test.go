package corpus

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestJobsAreValidAndTheirOwn(t *testing.T) {
	t.Parallel()
	ids, texts, customers, bytes := map[string]bool{}, map[string]bool{}, map[string]int{}, 0
	const n = 3000
	for i := range n {
		job := Job("test", i)
		before := job
		if faults := job.Validate(time.UTC); faults != nil {
			t.Fatalf("job %d: %v", i, faults)
		}
		if !reflect.DeepEqual(job, before) || !reflect.DeepEqual(job, Job("test", i)) {
			t.Fatalf("job %d is not complete, or not always the same", i)
		}
		if ids[job.ID] || !strings.HasPrefix(job.ID, "test-") {
			t.Fatalf("id %s", job.ID)
		}
		ids[job.ID], texts[job.MsgContents] = true, true
		customers[job.Csno]++
		bytes += job.PayloadSize() + len(job.DeviceID) + len(job.Csno) + len(job.UUIDID)
	}
	if len(texts) < n/2 || len(customers) < n/10 {
		t.Errorf("%d texts, %d customers: they hardly vary", len(texts), len(customers))
	}
	if mean := bytes / n; mean < 300 || mean > 600 {
		t.Errorf("%d bytes a job", mean)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	if Token(1) != Token(1) || Token(1) == Token(2) || len(Token(1)) != 152 {
		t.Errorf("%s %s", Token(1), Token(2))
	}
}
