package httpapi

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// watched is a router with metrics, one page that takes ids, and one that always refuses.
func watched(t *testing.T) (*gin.Engine, *prometheus.Registry, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	reg := prometheus.NewPedanticRegistry()
	metrics := NewMetrics(reg)
	r := New(zap.New(core), 10, metrics)
	r.GET("/pushes/:id", func(c *gin.Context) {
		Identify(c, "key", "orders")
		if c.Param("id") == "none" {
			Fail(c, http.StatusNotFound, "no such push")
		}
	})
	r.POST("/pushes", func(c *gin.Context) { Fail(c, http.StatusUnauthorized, "no") })
	r.GET("/teapot", func(c *gin.Context) { c.Status(http.StatusTeapot) })
	metrics.Watch(r)
	return r, reg, logs
}

func ask(r http.Handler, method, path, body string) int {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	r, reg, _ := watched(t)
	before, err := testutil.GatherAndCount(reg, "pushstream_http_requests_total", "pushstream_http_request_seconds")
	if err != nil {
		t.Fatal(err)
	}
	if all := 3*len(statuses) + 2*len(methods) + 3; before != all { // an alert on a rate needs the zero
		t.Errorf("%d series at zero, want %d", before, all)
	}
	for i := range 50 {
		ask(r, "GET", fmt.Sprintf("/pushes/%d?csno=1", i), "")
		ask(r, "GET", fmt.Sprintf("/nowhere/%d", i), "")
		ask(r, fmt.Sprintf("M%d", i), "/pushes", "")
	}
	ask(r, "GET", "/pushes/none", "")
	ask(r, "POST", "/pushes", "x")
	ask(r, "GET", "/teapot", "")
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			if v := m.GetCounter().GetValue(); v > 0 {
				got[strings.Join(labels, " ")] = v // method, route, status
			}
		}
	}
	want := map[string]float64{"GET /pushes/:id 200": 50, "GET none 404": 50, "other none 405": 50, "GET /pushes/:id 404": 1,
		"POST /pushes 401": 1, "GET /teapot other": 1}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	// Requests make no series but those of these.
	if after, err := testutil.GatherAndCount(reg, "pushstream_http_requests_total"); err != nil || after != 3*len(statuses)+2*len(methods)+1 {
		t.Errorf("%d series: %v", after, err)
	}
}

// A refused request is a line that says who, where and why; what a client makes up is not
// in it. Others are no lines.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	r, _, logs := watched(t)
	ask(r, "GET", "/pushes/id-of-a-push?csno=10023451", "")
	if logs.Len() != 0 {
		t.Errorf("%v", logs.All())
	}
	ask(r, "GET", "/pushes/none?csno=10023451", "")
	ask(r, "POST", "/pushes?token=s3cret", "body-of-it")
	ask(r, "SECRET-10023451", "/elsewhere/10023451", "")
	lines := logs.FilterMessage("request refused").All()
	if len(lines) != 3 || logs.Len() != 3 {
		t.Fatalf("%v", logs.All())
	}
	for i, want := range []string{
		"key orders GET /pushes/:id 404", "POST /pushes 401", "other none 404",
	} {
		f := lines[i].ContextMap()
		got := strings.TrimPrefix(strings.TrimSpace(fmt.Sprint(or(f["kind"]), " ", or(f["by"]), " ", f["method"], " ", f["route"], " ", f["status"])), " ")
		if got != want || f["from"] != "192.0.2.1" || f["request_id"] == "" || f["took"] == nil || lines[i].Level != zapcore.InfoLevel {
			t.Errorf("%q, want %q: %v", got, want, f)
		}
		for name, value := range f {
			if text := fmt.Sprint(value); strings.Contains(text, "10023451") || strings.Contains(text, "s3cret") || strings.Contains(text, "body-of") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

func or(v any) any {
	if v == nil {
		return ""
	}
	return v
}

// A flood of refused requests is a handful of lines.
func TestAccessLogIsBounded(t *testing.T) {
	t.Parallel()
	r, _, logs := watched(t)
	for range 5000 {
		ask(r, "POST", "/pushes", "")
	}
	ask(r, "GET", "/pushes/none", "")
	refused := map[any]int{}
	for _, line := range logs.FilterMessage("request refused").All() {
		refused[line.ContextMap()["status"]]++
	}
	if n := refused[int64(401)]; n == 0 || n > 100 || refused[int64(404)] != 1 {
		t.Errorf("%v", refused)
	}
}

// An answer that is broken off by an error of ours counts as one, whatever its head said.
func TestBrokenOffCountsAsFailed(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	metrics := NewMetrics(reg)
	r := New(zap.NewNop(), 10, metrics)
	r.GET("/half", func(c *gin.Context) {
		c.String(http.StatusOK, "half")
		_ = c.Error(io.ErrUnexpectedEOF)
		panic(http.ErrAbortHandler)
	})
	metrics.Watch(r)
	func() {
		defer func() { _ = recover() }()
		ask(r, "GET", "/half", "")
	}()
	if n := testutil.ToFloat64(metrics.requests.WithLabelValues("/half", "GET", "500")); n != 1 {
		t.Errorf("%v", n)
	}
}
