package admin

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/access"
	"pushstream/internal/export"
	"pushstream/internal/jobfile"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/storecheck"
)

// sampleOf is a value of a column that no other text of the test has in it.
func sampleOf(f *push.Field) string {
	switch {
	case f.Search == push.SearchPhone:
		return "010-9876-1234"
	case f.Name == push.FieldID:
		return "every-column"
	case f.Name == push.FieldPriority:
		return string(push.Urgent)
	case f.Search == push.SearchTime:
		return ""
	}
	return "Zq" + strings.ReplaceAll(f.Name, "_", "") + "Xw"
}

// Every column of the table is decoded, kept, searched, masked, exported, imported and
// checked, however new it is.
func TestEveryColumn(t *testing.T) {
	t.Parallel()
	added := os.Getenv("ADDED_COLUMN")
	if added != "" && push.Lookup(added) == nil {
		t.Fatalf("there is no column %s", added)
	}
	given := map[string]string{}
	fields := push.Columns()
	for i := range fields {
		if f := &fields[i]; !f.Internal && f.Text(new(push.Job)) != nil && sampleOf(f) != "" {
			given[f.Name] = sampleOf(f)
		}
	}
	body, _ := json.Marshal(given)
	b := empty(t)
	job, err := push.FromJSON(body, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := push.FromFields(given, time.UTC); err != nil || same.Fingerprint() != job.Fingerprint() {
		t.Errorf("%+v, %v", same, err)
	}
	other := jobOf("other")
	b.accept(t, job, other)
	b.end(t, senderFunc(func(j *push.Job) push.Outcome { // FCM repeats what it was sent
		return push.Outcome{Code: push.CodeUnregistered, HTTPStatus: 404, Detail: "gone: " + j.DeviceID + " " + j.MsgTitle}
	}), push.Failed, job.ID, other.ID)
	viewer := map[string]string{"Cookie": plainCookie + "=" + b.user(t, "viewer", access.Admin, false)}
	kept := b.rdb.HGetAll(t.Context(), b.keys.Of(job.ID).Record(job.ID)).Val()
	file := b.do("POST", "/api/v1/pushes/export", `{"format":"csv","reveal":true,"reason":"a test"}`).Body.String()
	if !strings.HasPrefix(file, "\ufeff"+strings.Join(export.Columns(), ",")+"\r\n") {
		t.Errorf("head of %.200q", file)
	}
	form, err := jobfile.Inspect(strings.NewReader(file), jobfile.Auto)
	if err != nil {
		t.Fatal(err)
	}
	r, err := jobfile.New(strings.NewReader(file), jobfile.Options{Form: form, Format: "auto", Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	for line, err := r.Next(); ; line, err = r.Next() {
		if err != nil || line.Job.ID == job.ID {
			if err != nil || line.Err != nil || line.Job.Fingerprint() != job.Fingerprint() {
				t.Errorf("handed in again it is another push: %+v, %v %v", line.Job, line.Err, err)
			}
			break
		}
	}
	masked := map[string]string{
		"the page":            b.as("localhost", viewer, "GET", "/api/v1/pushes", "").Body.String(),
		"the record":          b.as("localhost", viewer, "GET", "/api/v1/pushes/"+job.ID, "").Body.String(),
		"a search":            b.as("localhost", viewer, "POST", "/api/v1/pushes/search", `{"column":"result","contains":"UNREGISTERED"}`).Body.String(),
		"an export":           b.as("localhost", viewer, "POST", "/api/v1/pushes/export", `{"format":"csv"}`).Body.String(),
		"an export, NDJSON":   b.as("localhost", viewer, "POST", "/api/v1/pushes/export", `{"format":"ndjson"}`).Body.String(),
		"an export for Excel": b.as("localhost", viewer, "POST", "/api/v1/pushes/export", `{"format":"csv","for":"excel"}`).Body.String(),
	}
	for i := range fields {
		f := &fields[i]
		value := given[f.Name]
		if value == "" {
			continue
		}
		if f.Name != push.FieldID && kept[f.Name] != value || f.Get(&job) != value {
			t.Errorf("%s is kept as %q", f.Name, kept[f.Name])
		}
		if !strings.Contains(file, value) {
			t.Errorf("%s is not exported", f.Name)
		}
		for where, text := range masked {
			if shown := f.Korean != "" || !strings.Contains(where, "Excel"); shown && f.Personal == strings.Contains(text, value) {
				t.Errorf("%s: %s is personal: %v: %.300s", where, f.Name, f.Personal, text)
			}
		}
		if f.Search != push.NoSearch {
			b.searchesColumn(t, viewer, f, value)
		}
		if f.Personal {
			b.revealsColumn(t, job.ID, f.Name, value)
		}
	}
	b.checksColumns(t, job)
}

// searchesColumn looks for a value, and a part of it, and in a URL.
func (b *bundle) searchesColumn(t *testing.T, viewer map[string]string, f *push.Field, value string) {
	t.Helper()
	bodies := []string{fmt.Sprintf(`{"column":%q,"equals":%q}`, f.Name, value), fmt.Sprintf(`{"column":%q,"contains":%q}`, f.Name, value[2:])}
	if f.Exact {
		bodies = append(bodies, fmt.Sprintf(`{%q:%q}`, f.Name, value))
	}
	for _, body := range bodies {
		for _, who := range []map[string]string{nil, viewer} {
			w := b.as("localhost", who, "POST", "/api/v1/pushes/search", body)
			if p := decode[page](t, w); w.Code != 200 || p.Total != 1 || p.Items[0].ID != "every-column" {
				t.Errorf("%s: %d %s", body, w.Code, w.Body)
			}
		}
	}
	w := b.get("/api/v1/pushes?column=" + f.Name + "&contains=" + url.QueryEscape(value))
	if want := map[bool]int{true: 400, false: 200}[f.Personal]; w.Code != want {
		t.Errorf("%s in a URL: %d", f.Name, w.Code)
	}
	short := b.as("localhost", viewer, "POST", "/api/v1/pushes/search", fmt.Sprintf(`{"column":%q,"contains":%q}`, f.Name, value[:2]))
	if want := map[bool]int{true: 422, false: 200}[f.Personal]; short.Code != want {
		t.Errorf("two letters of %s are asked for: %d", f.Name, short.Code)
	}
	if f.Index != push.NoIndex {
		if ids := b.rdb.ZRange(t.Context(), b.keys.Of("every-column").ValueIndex(f.Name, value), 0, -1).Val(); !slices.Equal(ids, []string{"every-column"}) {
			t.Errorf("in the index of %s are %q", f.Name, ids)
		}
	}
	if c := pushlog.ColumnOf(f.Name); c == nil || !slices.Contains(pushlog.SearchColumns(), f.Name) || !slices.Contains(pushlog.ChunkFields(), f.Name) {
		t.Errorf("%s is in no chunk", f.Name)
	}
}

func (b *bundle) revealsColumn(t *testing.T, id, name, value string) {
	t.Helper()
	w := b.do("POST", "/api/v1/pushes/"+id+"/reveal", fmt.Sprintf(`{"fields":[%q],"reason":"a test"}`, name))
	if got := decode[revealed](t, w); w.Code != 200 || got.Fields[name] != value {
		t.Errorf("revealed %s: %d %s", name, w.Code, w.Body)
	}
}

// checksColumns alters each kept value in turn: the check of the store finds it.
func (b *bundle) checksColumns(t *testing.T, job push.Job) {
	t.Helper()
	key := b.keys.Of(job.ID).Record(job.ID)
	for i, name := range push.KeptFields() {
		value := job.KeptValues()[i]
		if value == "" || push.Lookup(name).Internal {
			continue
		}
		b.rdb.HSet(t.Context(), key, name, "normal")
		if name == push.FieldDeviceID || name == push.FieldMsgTitle {
			b.rdb.HSet(t.Context(), key, name, "another")
		}
		_, faults, err := storecheck.Finished(t.Context(), b.rdb, b.keys, storecheck.Options{SkipEvents: true})
		if err != nil || !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, job.ID+" has the fingerprint") }) {
			t.Errorf("%s is altered, and the check finds %q, %v", name, faults, err)
		}
		b.rdb.HSet(t.Context(), key, name, value)
	}
}
