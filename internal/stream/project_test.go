package stream

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pushstream/internal/push"
)

// The first consumer says which project a store sends to; one of another project does
// not start.
func TestProject(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	control := NewControl(b.rdb, b.keys)
	if project, err := control.Project(t.Context()); project != "" || err != nil {
		t.Error(project, err)
	}
	b.accept(t, job("before")) // the work of a version that knew no project
	_, stop := b.running(t, &counting{}, ConsumerOptions{Project: "one"})
	eventually(t, "it is sent", func() bool { return b.get(t, "before").Status == push.Sent })
	if project, err := control.Project(t.Context()); project != "one" || err != nil {
		t.Error(project, err)
	}
	stop()
	b.accept(t, job("a"))
	fcm := &counting{}
	other := NewConsumer(b.rdb, b.srv.Client(t), b.keys, fcm, ConsumerOptions{Name: "other", Project: "two"})
	err := other.Run(t.Context())
	if !errors.Is(err, ErrProject) {
		t.Fatal(err)
	}
	for _, part := range []string{"FCM_PROJECT_ID: this store sends to project \"one\", not \"two\"", "admin project set two"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v\nlacks %s", err, part)
		}
	}
	if workers, _ := control.Workers(t.Context()); len(workers) != 0 || fcm.total() != 0 {
		t.Errorf("it left %+v, and sent %d", workers, fcm.total())
	}
}

// A store that is set to another project stops the consumers of the one before; they
// hand back what they have.
func TestSetProject(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	control := NewControl(b.rdb, b.keys)
	began, goOn := make(chan bool, 1), make(chan bool)
	c := NewConsumer(b.rdb, b.srv.Client(t), b.keys, senderFunc(func(context.Context, *push.Job) push.Outcome {
		began <- true
		<-goOn
		return accepted
	}), ConsumerOptions{Name: "c", Project: "one", Concurrency: 1})
	ended := make(chan error)
	go func() { ended <- c.Run(context.WithoutCancel(t.Context())) }()
	b.accept(t, job("a"), job("b"))
	<-began
	if before, err := control.SetProject(t.Context(), "two"); before != "one" || err != nil {
		t.Error(before, err)
	}
	eventually(t, "it stops", func() bool { return c.draining.Load() })
	close(goOn)
	if err := <-ended; !errors.Is(err, ErrProject) {
		t.Error(err)
	}
	if b.get(t, "a").Status != push.Sent || b.get(t, "b").Status != push.Queued {
		t.Errorf("%+v %+v", b.get(t, "a"), b.get(t, "b"))
	}
	fcm := &counting{}
	_, stop := b.running(t, fcm, ConsumerOptions{Project: "two"})
	defer stop()
	eventually(t, "the other one sends what is left", func() bool { return b.get(t, "b").Status == push.Sent && fcm.of("b") == 1 })
}

// A flush takes the project along with everything; who runs notes it anew.
func TestProjectAfterFlush(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	_, stop := b.running(t, &counting{}, ConsumerOptions{Project: "one"})
	defer stop()
	b.rdb.FlushAll(t.Context())
	eventually(t, "it is noted anew", func() bool {
		project, err := ReadProject(t.Context(), b.rdb, b.keys)
		return err == nil && project == "one"
	})
}

func TestValidProject(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{"demo": true, "a-firebase-project": true, "example.com:old_1": true, "123": true,
		"": false, "a b": false, "{x}": false, "a/b": false, "증권": false, strings.Repeat("a", 101): false} {
		if ValidProject(name) != ok {
			t.Errorf("%q", name)
		}
	}
}
