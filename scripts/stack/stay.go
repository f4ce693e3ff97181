package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"pushstream/internal/launch"
	"pushstream/internal/push"
	"pushstream/internal/setting"
)

// stay starts everything, imports a file, shows where things are, and stays
// until it is told to stop or a process ends.
func (s *stack) stay(ctx context.Context) (err error) {
	defer func() {
		s.say("stopping")
		if e := s.stop(); err == nil {
			err = e
		}
	}()
	s.say("starting Redis, FCM simulator, producer, two consumers, admin (data and logs in %s)", s.Dir)
	if err := s.start(ctx); err != nil {
		return err
	}
	file := s.cli.File
	if file == "" {
		file = filepath.Join("scripts", "sample.ndjson")
	}
	s.say("importing %s", file)
	if _, err := s.load(ctx, file, s.Dir); err != nil {
		return err
	}
	later := time.Now().Add(20 * time.Second).UTC().Format(time.RFC3339)
	receipt, err := s.Run(ctx, "producer", "send", "--device-id", "demo-token", "--title", "예약 발송", "--contents", "20초 뒤에 나갑니다.", "--at", later)
	if err != nil {
		return err
	}
	_, _ = s.Run(ctx, "admin", "apitoken", "remove", "run") // of an earlier run
	key, err := s.Run(ctx, "admin", "apitoken", "add", "run", "--scope=submit")
	if err != nil {
		return err
	}
	counts, _, err := s.settle(ctx, 2*time.Second)
	if err != nil {
		return err
	}
	var so []string
	for _, status := range push.Statuses() {
		so = append(so, fmt.Sprintf("%d %s", counts[status], status))
	}
	password, err := s.password()
	if err != nil {
		return err
	}
	login, err := json.Marshal(map[string]string{"name": adminUser, "password": password})
	if err != nil {
		return err
	}
	api, jar := "http://"+s.admin+"/api/v1", setting.Quote(filepath.Join(s.Dir, "cookies"))
	fmt.Fprintf(s.stdout, `
the log so far: %s

  the dashboard     http://%s/
                      log in as %s; the password is in %s
  log in            curl -s -c %s %s/session -H 'Content-Type: application/json' \
                      -d %s
`, strings.Join(so, ", "), s.admin, adminUser, filepath.Join(s.Dir, passwordFile), jar, api, setting.Quote(string(login)))
	asks := "curl -s -b " + jar + " "
	for _, line := range [][2]string{
		{"the log", asks + setting.Quote(api+"/pushes?size=5") + " | head -c 2000"},
		{"what failed", asks + setting.Quote(api+"/pushes?status=failed")},
		{"pause one", asks + "-X PUT " + api + `/workers/consumer-1/desired -H 'Content-Type: application/json' -d '{"desired":"paused"}'`},
		{"who is there", asks + api + "/workers"},
		{"one is reserved", receipt},
		{"send one", "curl -s http://" + s.producer + "/v1/pushes -H " + setting.Quote("Authorization: Bearer "+key) + " \\\n" +
			strings.Repeat(" ", 22) + `-H 'Content-Type: application/json' -d '{"device_id":"demo-token","msg_title":"hello"}'`},
		{"look at the keys", "redis-cli -u redis://" + s.redis + " --scan --pattern 'push*'"},
		{"the simulator", "curl -s http://" + s.sim + "/_sim/stats"},
	} {
		fmt.Fprintf(s.stdout, "  %-16s  %s\n", line[0], line[1])
	}
	fmt.Fprintln(s.stdout, "\nCtrl-C stops everything.")
	return s.watch(ctx)
}

// watch waits for ctx, or for a process that ends by itself.
func (s *stack) watch(ctx context.Context) error {
	running := s.Running()
	ended := make(chan *launch.Process, len(running))
	for _, p := range running {
		go func() {
			<-p.Done()
			ended <- p
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case p := <-ended:
		return errors.Join(fmt.Errorf("%s ended by itself:\n%s", p.Name, p.Tail()), p.Err())
	}
}
