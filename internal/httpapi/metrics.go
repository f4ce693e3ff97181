package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// The label values of requests that have no route of their own, a method that no route
// has, or a status that we do not give. So no request adds a series.
const (
	noRoute = "none"
	other   = "other"
)

// statuses are the values of the label status, in ascending order.
var statuses = []int{200, 201, 202, 204, 206, 302, 304, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 502, 503, 504}

// methods are the values of the label method.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, other}

// Metrics are those of HTTP requests: how many by route, method and status, and how long
// they took. Routers of one process share one.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// NewMetrics registers the metrics at reg. What has no route is there from the start;
// the routes of a router are, once Watch knows it.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pushstream_http_requests_total",
			Help: "HTTP requests answered, by route, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "pushstream_http_request_seconds",
			Help:    "Time from the head of an HTTP request to the end of its answer, by route and method.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
	}
	for _, method := range methods {
		for _, status := range []int{http.StatusNotFound, http.StatusMethodNotAllowed} {
			m.requests.WithLabelValues(noRoute, method, statusLabel(status))
		}
	}
	reg.MustRegister(m.requests, m.seconds)
	return m
}

// Watch starts every route of a router at zero. On no Metrics it does nothing.
func (m *Metrics) Watch(r *gin.Engine) {
	if m == nil {
		return
	}
	for _, route := range r.Routes() {
		for _, status := range statuses {
			m.requests.WithLabelValues(route.Path, methodLabel(route.Method), statusLabel(status))
		}
		m.seconds.WithLabelValues(route.Path, methodLabel(route.Method))
	}
}

// observe counts one request; on no Metrics it does nothing.
func (m *Metrics) observe(route, method string, status int, took time.Duration) {
	if m == nil {
		return
	}
	route, method = routeLabel(route), methodLabel(method)
	m.requests.WithLabelValues(route, method, statusLabel(status)).Inc()
	m.seconds.WithLabelValues(route, method).Observe(took.Seconds())
}

func routeLabel(route string) string {
	if route == "" {
		return noRoute
	}
	return route
}

func methodLabel(method string) string {
	if slices.Contains(methods, method) {
		return method
	}
	return other
}

func statusLabel(status int) string {
	if _, known := slices.BinarySearch(statuses, status); known {
		return strconv.Itoa(status)
	}
	return other
}
