package main

import (
	"bufio"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/access/oidctest"
	"pushstream/internal/admin"
	"pushstream/internal/jobs"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
	"pushstream/internal/stream"
)

func TestServe(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	rdb, keys := s.Client(t), pushlog.Keys{Prefix: "push", Partitions: 1}
	addr := freeAddr(t)
	url := "http://" + addr
	p := start(t, "--redis-url="+s.URL(), "serve", "--listen-addr="+addr)
	eventuallyStatus(t, p, url+"/healthz", 200)
	eventuallyStatus(t, p, url+"/readyz", 503) // there is no administrator
	p.cancel()
	p.wait(t)
	p = start(t, "--redis-url="+s.URL(), "serve", "--listen-addr="+addr, "--admin-user=first", "--admin-password=a long enough one")
	eventuallyStatus(t, p, url+"/healthz", 200)
	eventuallyStatus(t, p, url+"/readyz", 503) // nobody has made the streams yet
	if err := stream.EnsureGroups(t.Context(), rdb, keys); err != nil {
		t.Fatal(err)
	}
	eventuallyStatus(t, p, url+"/readyz", 200)
	if _, err := stream.NewProducer(rdb, keys, stream.ProducerOptions{}).Accept(t.Context(), []push.Job{jobOf("a")}); err != nil {
		t.Fatal(err)
	}
	if status, body := page(url + "/api/v1/pushes"); status != 401 {
		t.Errorf("%d %s", status, body)
	}
	page := pageAs(t, rdb)
	if status, body := page(url + "/api/v1/pushes"); status != 200 || !strings.Contains(body, `"total":1`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := page(url + "/api/v1/pushes/a"); status != 200 || !strings.Contains(body, `"queued"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := page(url + "/api/v1/workers"); status != 200 || !strings.Contains(body, `"desired":"running"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := page(url + "/metrics"); status != 200 || !strings.Contains(body, "pushstream_") {
		t.Errorf("%d %s", status, body)
	}
	p.cancel()
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

// Dashboard and API are below one path; without a build of the dashboard, the API alone.
func TestServeDashboard(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	if err := stream.EnsureGroups(t.Context(), s.Client(t), pushlog.Keys{Prefix: "push", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	built := fstest.MapFS{"index.html": {Data: []byte(`<base href="./"> __NONCE__`)}, "assets/a.js": {Data: []byte("a script")}}
	for _, tt := range []struct {
		build  fs.FS
		base   string
		status int
		words  string
		script int
	}{
		{fstest.MapFS{".gitkeep": {}}, "/", 503, "npm run build", 404},
		{built, "/", 200, `<base href="/">`, 200},
		{built, "/push/", 200, `<base href="/push/">`, 200},
	} {
		addr := freeAddr(t)
		url := "http://" + addr
		p := startBuilt(t, tt.build, "", "--redis-url="+s.URL(), "serve", "--listen-addr="+addr, "--base-path="+tt.base, "--admin-user=first", "--admin-password=a long enough one")
		eventuallyStatus(t, p, url+"/readyz", 200)
		for _, path := range []string{tt.base, tt.base + "log", strings.TrimSuffix(tt.base, "/")} {
			if status, body := page(url + path); status != tt.status || !strings.Contains(body, tt.words) {
				t.Errorf("%v, %s: %d %s", tt, path, status, body)
			}
		}
		for path, want := range map[string]int{tt.base + "assets/a.js": tt.script, tt.base + "api/v1/login": 200, tt.base + "api/v1/pushes": 401,
			tt.base + "api/nowhere": 404, "/healthz": 200, "/metrics": 200} {
			if status, body := page(url + path); status != want {
				t.Errorf("%v, %s: %d %s", tt, path, status, body)
			}
		}
		if status, body := page(url + "/api/v1/login"); tt.base != "/" && status != 404 {
			t.Errorf("outside of it: %d %s", status, body)
		}
		p.cancel()
		if code := p.wait(t); code != 0 {
			t.Errorf("exit code %d: %s", code, p.stderr.String())
		}
	}
	p := startBuilt(t, fstest.MapFS{"index.html": {}}, "", "--redis-url="+s.URL(), "serve", "--listen-addr=127.0.0.1:0")
	p.wait(t)
	checkRun(t, p, 1, nil, []string{"build it again"})
}

// serve works on bulk jobs, and tells what happens.
func TestServeWorks(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	rdb, keys := s.Client(t), pushlog.Keys{Prefix: "push", Partitions: 1}
	if err := stream.EnsureGroups(t.Context(), rdb, keys); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.NewProducer(rdb, keys, stream.ProducerOptions{}).Accept(t.Context(), []push.Job{jobOf("a"), jobOf("b")}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond)
	bulk := jobs.New(rdb, keys, "a test", zap.NewNop())
	j, err := bulk.Order(t.Context(), jobs.Order{Kind: jobs.Cancel, Filter: pushlog.Filter{Statuses: []push.Status{push.Queued}}})
	if err != nil {
		t.Fatal(err)
	}
	addr := freeAddr(t)
	p := start(t, "--redis-url="+s.URL(), "serve", "--listen-addr="+addr, "--endpoint=http://127.0.0.1:1")
	for end := time.Now().Add(20 * time.Second); j.State != jobs.Done; time.Sleep(10 * time.Millisecond) {
		if j, err = bulk.Get(t.Context(), j.ID); err != nil || time.Now().After(end) {
			t.Fatalf("%+v, %v", j, err)
		}
	}
	if j.Changes[stream.ChangeCancelled] != 2 {
		t.Errorf("%+v", j)
	}
	secret, err := access.New(rdb, "push", access.Options{}).AddToken(t.Context(),
		access.NewToken{Name: "watcher", Scopes: access.Scopes(), By: "test", ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/api/v1/events?topics=counts", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	told := false
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			if told = strings.Contains(lines.Text(), `"cancelled":2`); told {
				break
			}
		}
	}
	if !told {
		t.Errorf("%d, %v", resp.StatusCode, lines.Err())
	}
	p.cancel()
	for lines.Scan() { // the last word is there although the server stops
		told = told && !strings.Contains(lines.Text(), "stopped")
	}
	if told {
		t.Error("it ends without a word")
	}
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

func TestServeWithoutFCM(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	p := runs(t, s, "serve", "--endpoint=nonsense", "--zone=Mars/Olympus")
	checkRun(t, p, 2, nil, []string{"FCM_ENDPOINT: ", "PUSH_ZONE: "})
	p = runs(t, s, "serve", "--credentials=/nowhere")
	checkRun(t, p, 2, nil, []string{"GOOGLE_APPLICATION_CREDENTIALS: "})
}

func TestServeIsStoppedWhileItWaits(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	s.Kill()
	addr := freeAddr(t)
	p := start(t, "--redis-url="+s.URL(), "serve", "--listen-addr="+addr)
	eventuallyStatus(t, p, "http://"+addr+"/healthz", 200)
	eventuallyStatus(t, p, "http://"+addr+"/readyz", 503)
	p.cancel()
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

// Beyond this machine, neither passwords nor figures travel in the open.
func TestBeyondLoopback(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	for _, addr := range []string{"0.0.0.0:0", "[::]:0", "10.0.0.1:8080", "example.com:8080"} {
		p := runs(t, s, "serve", "--listen-addr="+addr)
		checkRun(t, p, 2, nil, []string{"LISTEN_ADDR: ", "TLS_CERT_FILE", "TRUSTED_PROXIES", "OPS_ADDR: "})
	}
	p := runs(t, s, "serve", "--listen-addr=0.0.0.0:0", "--trusted-proxies=10.0.0.0/8,nonsense", "--ops-addr=127.0.0.1:0", "--tls-cert-file=x",
		"--admin-user=root", "--session-idle=1s", "--max-requests=0", "--base-path=push")
	checkRun(t, p, 2, nil, []string{`BASE_PATH: "push" must begin and end with /`, `TRUSTED_PROXIES: "nonsense"`, "TLS_KEY_FILE: ", "ADMIN_PASSWORD: ", "SESSION_IDLE: ", "MAX_REQUESTS: "})
	if strings.Contains(p.stderr.String(), "LISTEN_ADDR") {
		t.Errorf("%s", p.stderr.String())
	}
}

// An identity provider is named by variables; its mistakes are, too, and its secret is
// nowhere.
func TestIdentityProvider(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	for name, tt := range map[string]struct {
		args []string
		want []string
	}{
		"all wrong": {[]string{"--oidc-issuer=http://idp.firm.kr", "--oidc-client-secret=hush", "--oidc-redirect-url=https://push.firm.kr/", "--oidc-roles=a=king,b,=admin,c=viewer,c=admin"},
			[]string{"\nOIDC_ISSUER: must be a URL with https", "\nOIDC_CLIENT_ID: is needed", "\nOIDC_REDIRECT_URL: must end in /api/v1/oidc/callback",
				"\nOIDC_ROLES: \"a\": ", "\nOIDC_ROLES: \"b\" must be VALUE=ROLE", "\nOIDC_ROLES: \"\": ", "\nOIDC_ROLES: \"c\" is there twice"}},
		"only one": {[]string{"--oidc-reveal=x"}, []string{"\nOIDC_ISSUER: ", "\nOIDC_CLIENT_ID: ", "\nOIDC_REDIRECT_URL: ", "\nOIDC_ROLES: no user could log in"}},
		"elsewhere": {[]string{"--base-path=/push/", "--oidc-redirect-url=https://push.firm.kr/api/v1/oidc/callback"},
			[]string{"\nOIDC_REDIRECT_URL: must end in /push/api/v1/oidc/callback"}},
		"a query": {[]string{"--oidc-redirect-url=https://push.firm.kr/api/v1/oidc/callback?x=1"}, []string{"\nOIDC_REDIRECT_URL: must end in"}},
	} {
		p := runs(t, s, append([]string{"serve", "--listen-addr=127.0.0.1:0"}, tt.args...)...)
		checkRun(t, p, 2, nil, tt.want)
		if strings.Contains(p.stderr.String(), "hush") {
			t.Errorf("%s: %s", name, p.stderr.String())
		}
	}

	idp := oidctest.New(t)
	rdb, addr := s.Client(t), freeAddr(t)
	if err := stream.EnsureGroups(t.Context(), rdb, pushlog.Keys{Prefix: "push", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--redis-url="+s.URL(), "serve", "--listen-addr="+addr, "--oidc-issuer="+idp.URL, "--oidc-client-id="+oidctest.ClientID,
		"--oidc-client-secret=hush-hush", "--oidc-redirect-url=http://"+addr+admin.OIDCCallback, "--oidc-roles=push-operators=operator,cn=x=viewer")
	eventuallyStatus(t, p, "http://"+addr+"/readyz", 200)
	if status, body := page("http://" + addr + "/api/v1/login"); status != 200 || body != `{"password":true,"oidc":true,"logged_in":false}` {
		t.Errorf("%d %s", status, body)
	}
	resp, err := client.Transport.RoundTrip(httptest.NewRequest("GET", "http://"+addr+"/api/v1/oidc/start", nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if _, state := idp.Visit(t, resp.Header.Get("Location")); resp.StatusCode != 302 || state == "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	status, body := pageAs(t, rdb)("http://" + addr + "/api/v1/settings")
	for _, want := range []string{`"variable":"OIDC_ISSUER","value":"` + idp.URL, `"variable":"OIDC_CLIENT_SECRET","value":"***"`,
		`"variable":"OIDC_ROLES","value":"push-operators=operator,cn=x=viewer"`, `"variable":"OIDC_NAME_CLAIM","value":"preferred_username"`} {
		if status != 200 || !strings.Contains(body, want) {
			t.Errorf("%d: no %s in %s", status, want, body)
		}
	}
	p.cancel()
	if code := p.wait(t); code != 0 || strings.Contains(body+p.stderr.String(), "hush") {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

// Who is there first is named once, by whoever starts it.
func TestFirstAdministrator(t *testing.T) {
	t.Parallel()
	s := redistest.New(t)
	if err := stream.EnsureGroups(t.Context(), s.Client(t), pushlog.Keys{Prefix: "push", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	for i, password := range []string{"correct horse battery", "another horse battery"} {
		addr := freeAddr(t)
		p := start(t, "--redis-url="+s.URL(), "serve", "--listen-addr="+addr, "--admin-user=root", "--admin-password="+password)
		login := func(password string) int {
			resp, err := http.Post("http://"+addr+"/api/v1/session", "application/json", strings.NewReader(`{"name":"root","password":"`+password+`"}`))
			if err != nil {
				return 0
			}
			defer resp.Body.Close()
			return resp.StatusCode
		}
		eventuallyStatus(t, p, "http://"+addr+"/readyz", 200)
		for end := time.Now().Add(20 * time.Second); login("correct horse battery") != 200; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("no login")
			}
		}
		if i == 1 && login(password) != 401 {
			t.Error("the password of later counts")
		}
		p.cancel()
		if code := p.wait(t); code != 0 || strings.Contains(p.stderr.String(), "horse") {
			t.Errorf("exit code %d: %s", code, p.stderr.String())
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, "--redis-url=redis://:hunter2/more@host", "--prefix={x}", "--partitions=0", "--log-level=loud", "serve", "--listen-addr=x", "--ops-addr=x", "--password-memory=x", "--password-passes=0")
	code := p.wait(t)
	for _, name := range variables {
		if !strings.Contains(p.stderr.String(), "\n"+name+": ") {
			t.Errorf("%s is not named", name)
		}
	}
	if code != 2 || p.stdout.String() != "" || strings.Contains(p.stderr.String(), "hunter2") {
		t.Errorf("exit code %d: %q\n%s", code, p.stdout.String(), p.stderr.String())
	}
}

func TestHelpListsEveryVariable(t *testing.T) {
	t.Parallel()
	all := start(t, "--help")
	serve := start(t, "serve", "--help")
	if all.wait(t) != 0 || serve.wait(t) != 0 {
		t.Errorf("exit codes %d, %d", all.code, serve.code)
	}
	text := all.stdout.String() + serve.stdout.String()
	for _, name := range append(variables, "serve", "worker list", "worker pause", "worker resume", "push redrive", "push cancel", "push show", "log export",
		"hold list", "hold end", "token list", "token forget", "user add", "user list", "user role",
		"user disable", "user enable", "user passwd", "session list", "session end", "apitoken add", "apitoken list", "apitoken remove", "apitoken transfer", "apitoken convert",
		"audit list", "audit export") {
		if !strings.Contains(text, name) {
			t.Errorf("no word of %s", name)
		}
	}
}

func TestUnfitRedis(t *testing.T) {
	t.Parallel()
	p := runs(t, redistest.New(t, "--maxmemory-policy", "allkeys-lru"), "serve", "--listen-addr=127.0.0.1:0")
	if p.code != 1 || !strings.Contains(p.stderr.String(), "noeviction") {
		t.Errorf("exit code %d: %s", p.code, p.stderr.String())
	}
}
