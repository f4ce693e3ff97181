package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/setting"
)

func receiptIn(t *testing.T, p *process) receipt {
	t.Helper()
	var r receipt
	if err := json.Unmarshal([]byte(p.stdout.String()), &r); err != nil {
		t.Fatalf("%v: %q %s", err, p.stdout.String(), p.stderr.String())
	}
	return r
}

func TestSend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	args := []string{
		"send", "--id=a", "--device-id=token", "--title=제목", "--contents=내용", "--data=k=v", "--data=url=https://x/?a=b;c=d", "--csno=1",
		"--uuid-id=u", "--servicename=trade", "--push-grp-id=G", "--cust-telno=010", "--urgent", "--ttl=60",
	}
	p := b.run(t, args...)
	if got := receiptIn(t, p); p.code != 0 || got != (receipt{ID: "a", Status: "queued"}) {
		t.Errorf("%d %+v", p.code, got)
	}
	r := b.records(t)["a"]
	want := push.Job{
		ID: "a", DeviceID: "token", MsgTitle: "제목", MsgContents: "내용", Data: map[string]string{"k": "v", "url": "https://x/?a=b;c=d"}, Csno: "1",
		UUIDID: "u", ServiceName: "trade", PushGrpID: "G", CustTelno: "010", Priority: push.Urgent, TTL: 60,
	}
	if g, w := jsonOf(t, r.Job), jsonOf(t, want); g != w {
		t.Errorf("%s\nwant %s", g, w)
	}
	p = b.run(t, args...)
	if got := receiptIn(t, p); p.code != 0 || got != (receipt{ID: "a", Repeated: true}) {
		t.Errorf("again: %d %+v", p.code, got)
	}
	soon := time.Now().AddDate(0, 0, 7)
	p = b.run(t, "send", "--device-id=t", "--title=x", "--at= "+soon.Format("2006-01-02 15:04"))
	if got := receiptIn(t, p); p.code != 0 || got.Status != "scheduled" || b.records(t)[got.ID].Status != push.Scheduled ||
		b.records(t)[got.ID].SndnRsevHour != soon.Format("200601021504")+"00" {
		t.Errorf("reserved: %d %+v %s", p.code, got, p.stderr.String())
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSendNamesEveryFault(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.run(t, "send", "--id=a b", "--device-id=t-secret t", "--ttl=-1", "--data=from=x")
	for _, field := range []string{"id: ", "device_id: ", "msg_contents: ", "data: ", "ttl: "} {
		if !strings.Contains(p.stderr.String(), field) {
			t.Errorf("no word of %q", field)
		}
	}
	if p.code != setting.ExitUsage || p.stdout.String() != "" || strings.Contains(p.stderr.String(), "secret") {
		t.Errorf("exit code %d: %q %s", p.code, p.stdout.String(), p.stderr.String())
	}
	for _, args := range [][]string{{"send"}, {"send", "--title=x"}, {"send", "--device-id=t", "--title=x", "--ttl=soon"},
		{"send", "--device-id=t", "--title=x", "--ttl=0"}, {"send", "--device-id=t", "--title=x", "--ttl", "0"}, {"send", "--device-id=t", "--title=x", "--ttl=00"},
		{"send", "--device-id=t", "--title=\u3164 "}, {"send", "--device-id=t", "--title=x", "--at=20260229090000"}, {"send", "--device-id=t", "--title=x", "--data==v"},
		{"send", "--device-id=t", "--title=x", "more"}} {
		if p := b.run(t, args...); p.code != setting.ExitUsage {
			t.Errorf("%q: exit code %d", args, p.code)
		}
	}
	b.checkIDs(t)
}

// What is pasted into a shell has blanks and marks around it, as a file has.
func TestSendNormalizes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.run(t, "send", "--id= a\u200b", "--device-id=\ufefftoken ", "--title=\u1106\u1162\u1109\u116e", "--csno=１００２\u00a0", "--ttl= 60", "--at=00000000000000")
	if p.code != 0 {
		t.Fatalf("exit code %d: %s", p.code, p.stderr.String())
	}
	want := push.Job{ID: "a", DeviceID: "token", MsgTitle: "매수", Csno: "1002", Priority: push.Normal, TTL: 60}
	if g, w := jsonOf(t, b.records(t)["a"].Job), jsonOf(t, want); g != w {
		t.Errorf("%s\nwant %s", g, w)
	}
}

// A command line does not wait: whoever typed it is told.
func TestSendFullBacklog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run(t, "--max-backlog=1", "send", "--id=a", "--device-id=t", "--title=x")
	p := b.run(t, "--max-backlog=1", "send", "--id=b", "--device-id=t", "--title=x")
	if p.code != 1 || p.stdout.String() != "" || !strings.Contains(p.stderr.String(), "is full") {
		t.Errorf("exit code %d: %q %s", p.code, p.stdout.String(), p.stderr.String())
	}
	b.checkIDs(t, "a")
}
