package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"pushstream/internal/launch"
)

const (
	benchUser     = "bench"
	benchPassword = "correct horse battery"
)

// adminServer is admin serve as a process, with a user logged in.
type adminServer struct {
	*launch.Process
	url    string
	client *http.Client
	cookie string
}

// serve starts the admin on the Redis of the pipeline.
func (p *pipeline) serve(ctx context.Context) (*adminServer, error) {
	addr, err := launch.FreeAddr()
	if err != nil {
		return nil, err
	}
	a := &adminServer{url: "http://" + addr, client: &http.Client{Timeout: 2 * time.Minute}}
	a.Process, err = launch.Start(p.dir, "admin", []string{"REDIS_URL=" + p.url, "LISTEN_ADDR=" + addr, "OPS_ADDR=",
		"ADMIN_USER=" + benchUser, "ADMIN_PASSWORD=" + benchPassword}, filepath.Join(p.bin, "admin"), "serve")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := a.ReadyAt(ctx, addr); err != nil {
		return nil, err
	}
	for { // the first user is made when it is ready
		err := a.login(ctx)
		if err == nil || ctx.Err() != nil {
			return a, err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func (a *adminServer) login(ctx context.Context) error {
	resp, err := a.do(ctx, "POST", "/session", "", `{"name":"`+benchUser+`","password":"`+benchPassword+`"}`)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || len(resp.Cookies()) == 0 {
		return fmt.Errorf("login: %s", resp.Status)
	}
	a.cookie = resp.Cookies()[0].Name + "=" + resp.Cookies()[0].Value
	return nil
}

// do makes a request as the dashboard does.
func (a *adminServer) do(ctx context.Context, method, path, accept, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.url+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Cookie", a.cookie)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return a.client.Do(r)
}

// get reads a page.
func (a *adminServer) get(ctx context.Context, path string) error {
	return whole(a.do(ctx, "GET", path, "", ""))
}

// whole reads an answer to its end.
func whole(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return err
}
