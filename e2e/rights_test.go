package e2e

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pushstream/internal/push"
	"pushstream/internal/stream"
)

// least makes a Redis user of a role with exactly the rights that the docs list, without
// one command if it is given, and returns a system whose processes are this user.
func (s *system) least(name string, role stream.Role, without string) *system {
	s.t.Helper()
	args := []any{"ACL", "SETUSER", name, "reset", "on", ">secret-one", "resetchannels"}
	for _, rule := range role.Rules(s.keys) {
		if rule != "+"+without {
			args = append(args, rule)
		}
	}
	if err := s.rdb.Do(s.t.Context(), args...).Err(); err != nil {
		s.t.Fatal(err)
	}
	as := *s
	as.env = append(slices.Clone(s.env), "REDIS_URL=unix://"+name+":secret-one@"+s.redis.Socket)
	return &as
}

// TestLeastRights: with exactly the rights that docs/operations.md lists, a push goes
// through its whole life, and everything that a user or operator does works. Redis
// refused nothing.
func TestLeastRights(t *testing.T) {
	s := setup(t, options{partitions: 2})
	producers, consumers, admins := s.least("least-producer", stream.RoleProducer, ""), s.least("least-consumer", stream.RoleConsumer, ""), s.least("least-admin", stream.RoleAdmin, "")
	consumer := consumers.consumer("consumer", "CONSUMER_NAME=consumer-1")
	admin := admins.admin()
	producer := producers.producer()
	a := &api{t, "http://" + admin.addr("requests"), s.token()}

	status, body, err := request(http.MethodPost, a.url+"/api/v1/session", "", "application/json", `{"name":"e2e-first","password":"a long enough one"}`)
	if err != nil || status != http.StatusOK {
		t.Errorf("login: %d %s, %v", status, body, err)
	}
	if status, _, err = request(http.MethodPost, a.url+"/api/v1/session", "", "application/json", `{"name":"e2e-first","password":"a wrong one, too"}`); err != nil || status != http.StatusUnauthorized {
		t.Errorf("wrong login: %d, %v", status, err)
	}
	key := strings.TrimSpace(admins.run("admin", "apitoken", "add", "bank", "--scope=submit"))
	lines := jobs("push", 40, func(n int) string { return []string{"", "-invalid"}[n%2] })
	status, body, err = request(http.MethodPost, "http://"+producer.addr("requests")+"/v1/pushes", key, "application/x-ndjson", string(ndjson(lines[:20])))
	if err != nil || status != http.StatusOK && status != http.StatusAccepted {
		t.Errorf("accept: %d %s, %v", status, body, err)
	}
	if got := producers.load(lines); got.Lines != 40 || got.Accepted+got.Repeated != 40 {
		t.Errorf("%+v", got)
	}
	s.settled(40)
	for _, path := range []string{"/pushes", "/pushes?status=failed", "/pushes/push-000000001", "/histogram", "/counts", "/counters/minutes", "/counters/hours", "/failures", "/workers", "/scheduled", "/holds",
		"/dead-tokens", "/summary", "/sessions", "/users", "/api-tokens", "/jobs", "/settings"} {
		if status, body, err := get(a.url+"/api/v1"+path, a.key); err != nil || status == http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s, %v", path, status, body, err)
		}
	}
	a.call("POST", "/api/v1/pushes/push-000000001/redrive", "", "", http.StatusOK, nil)
	if status, body, err = request(http.MethodPost, a.url+"/api/v1/pushes/search", a.key, "application/json", `{"csno":"`+lines[0].Csno+`"}`); err != nil || status != http.StatusOK {
		t.Errorf("search: %d %s, %v", status, body, err)
	}
	s.settled(40)
	for _, args := range [][]string{
		{"apitoken", "convert", "--all"}, {"key", "list"}, {"key", "remove", "bank"}, {"user", "add", "second", "--role", "viewer"}, {"user", "list"}, {"user", "role", "second", "--role", "operator"},
		{"user", "disable", "second"}, {"user", "enable", "second"}, {"session", "list"}, {"session", "end", "--user", "e2e-first"}, {"apitoken", "list"}, {"audit", "list"},
		{"audit", "export", "audit.ndjson"}, {"log", "export"}, {"worker", "list"}, {"worker", "pause", "consumer-1"}, {"worker", "resume", "consumer-1"}, {"hold", "list"}, {"project", "show"}, {"token", "list"},
		{"push", "show", "push-000000000"}, {"push", "redrive", "--status", "failed"}, {"log", "flush", "--yes"},
	} {
		c := admins.begin(strings.NewReader("another long one\n"), "admin", args...)
		if code := c.end(); code != 0 {
			t.Errorf("%v: exit code %d\n%s", args, code, c.stderr.String())
		}
	}
	eventually(t, patience, "the flush", func() error {
		if s.status("push-000000000") != push.Status("") {
			return errors.New("the record is there")
		}
		return nil
	})
	admin.stop()
	consumer.stop()
	producer.stop()
	for _, p := range []*process{producer, consumer, admin} {
		for _, l := range p.lines() {
			if strings.Contains(l.Text, "NOPERM") || strings.Contains(l.Text, "rights: ") {
				t.Errorf("%s: %s", p.Name, l.Text)
			}
		}
	}
	refused, err := s.rdb.ACLLog(t.Context(), 20).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range refused {
		t.Errorf("Redis refused %s %s to %s (%s)", r.Reason, r.Object, r.Username, r.Context)
	}
}

// TestOneRightLess: with one command less a process ends at its start, and names it;
// nothing is written.
func TestOneRightLess(t *testing.T) {
	s := setup(t, options{})
	for name, role := range map[string]stream.Role{"producer": stream.RoleProducer, "consumer": stream.RoleConsumer, "admin": stream.RoleAdmin} {
		commands := role.Commands()
		for _, command := range []string{commands[len(commands)/3], "XGROUP CREATE", "HSET", commands[len(commands)-2]} {
			right := strings.ReplaceAll(strings.ToLower(command), " ", "|")
			args := []string{"serve"}
			if role == stream.RoleConsumer {
				args = nil
			}
			c := s.least("less-"+name, role, right).begin(nil, name, args...)
			if code := c.end(); code != 1 {
				t.Errorf("%s without %s: exit code %d", name, right, code)
			}
			if text := c.stderr.String(); !strings.Contains(text, "rights: ") || !strings.Contains(text, strings.ToLower(command)) || strings.Contains(text, "secret-one") {
				t.Errorf("%s without %s: %s", name, right, text)
			}
		}
	}
	if n := s.rdb.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys were written", n)
	}
}
