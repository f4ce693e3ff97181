package e2e

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
)

// way is one way into pushstream for a job of texts, by their names.
type way struct {
	name string
	// hand hands in a job, and returns what is wrong with it; "" if it was accepted. id is
	// that of its record.
	hand func(id string, job map[string]string) (fault string)
	most int // jobs that it takes in this test, 0 for no limit
}

// ways are all the ways in.
func (s *system) ways() []way {
	producer, admin := s.producer(), s.admin()
	key := strings.TrimSpace(s.run("admin", "apitoken", "add", "shop", "--scope=submit"))
	post := func(url, secret string) func(string, map[string]string) string {
		return func(_ string, job map[string]string) string {
			status, text, err := request("POST", url, secret, "application/json", string(object(s.t, job)))
			if err != nil {
				s.t.Fatal(err)
			}
			if status == http.StatusAccepted {
				return ""
			}
			return string(text)
		}
	}
	load := func(name string, content []byte) string {
		file := filepath.Join(s.dir, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			s.t.Fatal(err)
		}
		out := s.begin(nil, "producer", "load", file)
		if code := out.end(); code != 0 {
			s.t.Fatalf("load: exit code %d\n%s", code, out.stderr.String())
		}
		if in := parseImport(s.t, out.stdout.String()); in.Accepted == 1 {
			return ""
		}
		return out.stdout.String() + out.stderr.String()
	}
	return []way{
		{name: "http", hand: post("http://"+producer.addr("requests")+"/v1/pushes", key)},
		{name: "dashboard", hand: post("http://"+admin.addr("requests")+"/api/v1/pushes", s.token()), most: 5},
		{name: "ndjson", hand: func(id string, job map[string]string) string {
			return load(id+".ndjson", append(object(s.t, job), '\n'))
		}},
		{name: "csv", hand: func(id string, job map[string]string) string {
			var text strings.Builder
			names := slices.Sorted(maps.Keys(job))
			values := make([]string, len(names))
			for i, name := range names {
				values[i] = job[name]
			}
			if err := csv.NewWriter(&text).WriteAll([][]string{names, values}); err != nil {
				s.t.Fatal(err)
			}
			return load(id+".csv", []byte(text.String()))
		}},
		{name: "xadd", hand: func(id string, job map[string]string) string {
			var values []string
			for name, value := range job {
				values = append(values, name, value)
			}
			before, _ := s.counts()
			s.xadd("push:{0}:jobs", values...)
			s.emptyStreams()
			if after, _ := s.counts(); after[push.Failed] == before[push.Failed] {
				return ""
			}
			failed := s.rdb.ZRevRange(s.t.Context(), "push:{0}:index:status:failed", 0, 0).Val()
			r, err := s.log.Get(s.t.Context(), failed[0])
			if err != nil || r.ErrorCode != push.CodeInvalidJob {
				s.t.Fatalf("%+v %v", r, err)
			}
			return r.Result
		}},
		{name: "send", hand: func(id string, job map[string]string) string {
			flags := map[string]string{"id": "id", "csno": "csno", "uuid_id": "uuid-id", "device_id": "device-id", "msg_title": "title", "msg_contents": "contents",
				"D_servicename": "servicename", "push_grp_id": "push-grp-id", "cust_telno": "cust-telno", "sndn_rsev_hour": "at", "ttl": "ttl"}
			args := []string{"send"}
			for name, value := range job {
				switch flag := flags[name]; {
				case flag != "":
					args = append(args, "--"+flag+"="+value)
				case name == "data":
					var data map[string]string
					if err := json.Unmarshal([]byte(value), &data); err != nil {
						s.t.Fatal(err)
					}
					for k, v := range data {
						args = append(args, "--data="+k+"="+v)
					}
				case strings.TrimSpace(value) == "urgent":
					args = append(args, "--urgent")
				}
			}
			out := s.begin(nil, "producer", args...)
			if out.end() == 0 {
				return ""
			}
			return out.stderr.String()
		}},
	}
}

// object is a job as JSON: data as an object, whatever it holds.
func object(t *testing.T, job map[string]string) []byte {
	t.Helper()
	o := map[string]any{}
	for name, value := range job {
		o[name] = value
		if name == push.FieldData {
			o[name] = json.RawMessage(value)
		}
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestTextsInEveryWay: what people hand in becomes the same push, or is refused with the
// name of the same field, whichever way it takes.
func TestTextsInEveryWay(t *testing.T) {
	s := setup(t, options{})
	s.consumer("consumer")
	zone, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().In(zone).AddDate(0, 0, 2).Truncate(time.Minute)
	const nfd = "\u1106\u1162\u1109\u116e" // 매수, as a Mac writes it
	job := func(more ...string) map[string]string {
		j := map[string]string{"device_id": "token", "msg_title": "t"}
		for i := 0; i < len(more); i += 2 {
			j[more[i]] = more[i+1]
		}
		return j
	}
	taken := []struct{ given, want map[string]string }{
		{job("id", " ID\u200b ", "csno", "10023459   ", "uuid_id", "\u00a0 u\u00ad1", "device_id", "\ufefftoken\t", "msg_title", nfd+" 👨\u200d👩\u200d👧", "msg_contents", " \u3164",
			"D_servicename", nfd+"\u3000", "push_grp_id", "Ｇ０１", "cust_telno", "\u202a０１０－1234-5678\u202c", "priority", "urgent    ", "ttl", " 600",
			"sndn_rsev_hour", "00000000000000", "data", `{"googleMapUrl":"x","gcm_type":"y","From":"`+nfd+`"}`),
			map[string]string{"csno": "10023459", "uuid_id": "u1", "device_id": "token", "msg_title": "매수 👨\u200d👩\u200d👧", "D_servicename": "매수", "push_grp_id": "G01",
				"cust_telno": "010-1234-5678", "priority": "urgent", "ttl": "600", "data": `{"From":"` + nfd + `","gcm_type":"y","googleMapUrl":"x"}`}},
		{job("id", "ID", "sndn_rsev_hour", at.Format("2006-01-02 15:04")), map[string]string{"device_id": "token", "msg_title": "t", "sndn_rsev_hour": at.Format("200601021504") + "00"}},
		{job("id", "ID", "sndn_rsev_hour", at.Format("2006. 1. 2. 15:04:05")+" "), map[string]string{"device_id": "token", "msg_title": "t", "sndn_rsev_hour": at.Format("200601021504") + "00"}},
	}
	refused := []struct {
		field string
		given map[string]string
	}{
		{"data", job("data", `{"gcm.n.e":"1","from":"x"}`)},
		{"msg_contents", job("msg_title", "  ", "msg_contents", "\u200b")},
		{"msg_title", job("msg_title", "a\u009fb")},
		{"csno", job("csno", "1\t2")},
		{"sndn_rsev_hour", job("sndn_rsev_hour", "20260229090000")},
		{"sndn_rsev_hour", job("sndn_rsev_hour", "20261122093060")},
		{"sndn_rsev_hour", job("sndn_rsev_hour", "99991231235959")},
		{"sndn_rsev_hour", job("sndn_rsev_hour", "19700101090000")},
		{"sndn_rsev_hour", job("sndn_rsev_hour", "20261122")},
		{"ttl", job("ttl", "0")},
	}
	for _, w := range s.ways() {
		handed := 0
		room := func() bool { handed++; return w.most == 0 || handed <= w.most }
		for i, one := range taken {
			id := w.name + "-" + string(rune('a'+i))
			given := maps.Clone(one.given)
			given["id"] = strings.Replace(given["id"], "ID", id, 1)
			if !room() {
				continue
			}
			if fault := w.hand(id, given); fault != "" {
				t.Errorf("%s is refused: %s", id, fault)
				continue
			}
			eventually(t, patience, id+" to have a record", func() error { _, err := s.log.Get(t.Context(), id); return err })
			record := s.rdb.HGetAll(t.Context(), "push:{0}:record:"+id).Val()
			for _, name := range push.Fields() {
				if name != "id" && record[name] != one.want[name] {
					t.Errorf("%s has %s %q, not %q", id, name, record[name], one.want[name])
				}
			}
		}
		for _, one := range refused {
			if room() {
				if fault := w.hand("refused", one.given); !strings.Contains(fault, one.field) {
					t.Errorf("%s: %v is not refused for its %s: %q", w.name, one.given, one.field, fault)
				}
			}
		}
	}
}

// TestHalvesOfCharacters: JSON can hold half of an emoji, in silence; it is refused by
// the name of its field wherever JSON comes in.
func TestHalvesOfCharacters(t *testing.T) {
	s := setup(t, options{})
	s.consumer("consumer")
	producer := s.producer()
	a := &api{t, "http://" + producer.addr("requests"), strings.TrimSpace(s.run("admin", "apitoken", "add", "shop", "--scope=submit"))}
	var problem struct {
		Faults []struct {
			Index  int
			Faults push.Faults
		}
	}
	lines := []string{
		`{"id":"sg-1","device_id":"token","msg_title":"\ud83d","msg_contents":"cut emoji \ud83d"}`,
		`{"id":"sg-2","device_id":"token","msg_title":"ok \ud83d\ude00","msg_contents":"whole"}`,
		`{"id":"sg-3","device_id":"token","msg_title":"nul \u0000 in it","data":{"k":"\u0000","\ud800":"x"}}`,
		`{"id":"sg-4","device_id":"token","msg_title":"  ","msg_contents":"\u200b"}`,
		`{"id":"sg-\ud800","device_id":"token","msg_title":"t"}`,
	}
	want := map[int][]string{0: {"msg_title", "msg_contents"}, 2: {"msg_title", "data", "data"}, 3: {"msg_contents"}, 4: {"id"}}
	a.call("POST", "/v1/pushes", "application/x-ndjson", strings.Join(lines, "\n"), http.StatusUnprocessableEntity, &problem)
	got := map[int][]string{}
	for _, one := range problem.Faults {
		for _, fault := range one.Faults {
			got[one.Index] = append(got[one.Index], fault.Field)
		}
	}
	if !maps.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("faults in %v, want %v", got, want)
	}
	a.call("POST", "/v1/pushes", "application/json", "["+strings.Join(lines[1:2], ",")+"]", http.StatusAccepted, nil)
	if r := s.reaches("sg-2", push.Sent); r.MsgTitle != "ok 😀" {
		t.Errorf("the title is %q", r.MsgTitle)
	}
	// As the text of an entry's data, too.
	s.xadd("push:{0}:jobs", "device_id", "token", "msg_title", "t", "data", `{"k":"\ude00"}`)
	s.settled(2)
	failed := s.rdb.ZRange(t.Context(), "push:{0}:index:status:failed", 0, -1).Val()
	if len(failed) != 1 {
		t.Fatalf("%v failed", failed)
	}
	if r := s.reaches(failed[0], push.Failed); !strings.Contains(r.Result, "data: value of \"k\" has half of a character") {
		t.Errorf("the result is %q", r.Result)
	}
}

// TestSoundOnIPhones: an iPhone plays a sound for what it shows, unless that is turned
// off.
func TestSoundOnIPhones(t *testing.T) {
	s := setup(t, options{})
	sound := func(id string) any {
		s.run("producer", "send", "--id", id, "--device-id", "token", "--contents", "private", "--data", "googleMapUrl=x")
		s.reaches(id, push.Sent)
		m, ok := s.sim.Message(id)
		var sent struct {
			Message struct {
				Data map[string]string
				APNS struct{ Payload map[string]any }
			}
		}
		if err := json.Unmarshal(m.Body, &sent); !ok || err != nil || sent.Message.Data["googleMapUrl"] != "x" {
			t.Fatalf("%s: %v %s", id, err, m.Body)
		}
		aps, _ := sent.Message.APNS.Payload["aps"].(map[string]any)
		return aps["sound"]
	}
	for setting, want := range map[string]any{"": "default", "none": nil, "bell.caf": "bell.caf"} {
		var env []string
		if setting != "" {
			env = []string{"APNS_SOUND=" + setting}
		}
		consumer := s.consumer("consumer-"+setting, env...)
		if got := sound("sound-" + setting); got != want {
			t.Errorf("with APNS_SOUND=%s the sound is %v, not %v", setting, got, want)
		}
		consumer.stop()
	}
}
