package admin

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"pushstream/internal/access"
)

// How a login ended, as the metric's label says it.
const (
	loginOK          = "ok"
	loginWrong       = "wrong_password"
	loginUnknown     = "unknown_user"
	loginDisabled    = "disabled"
	loginThrottled   = "throttled"
	loginNoRole      = "no_role"
	loginRefused     = "refused" // by the identity provider, or its answer was not one we asked for
	loginUnavailable = "unavailable"
)

// loginMetrics counts logins by way and result.
type loginMetrics struct{ total *prometheus.CounterVec }

// newLoginMetrics registers the metrics, every label value at zero; reg may be nil.
func newLoginMetrics(reg prometheus.Registerer) *loginMetrics {
	m := &loginMetrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "pushstream_logins_total",
		Help: "Logins, and passwords checked to change one, by how and result.",
	}, []string{"how", "result"})}
	for how, results := range map[access.How][]string{
		access.ByPassword: {loginOK, loginWrong, loginUnknown, loginDisabled, loginThrottled, loginUnavailable},
		access.ByOIDC:     {loginOK, loginDisabled, loginNoRole, loginRefused, loginUnavailable},
	} {
		for _, result := range results {
			m.total.WithLabelValues(string(how), result)
		}
	}
	if reg != nil {
		reg.MustRegister(m.total)
	}
	return m
}

func (m *loginMetrics) count(how access.How, result string) {
	m.total.WithLabelValues(string(how), result).Inc()
}

// passwordResult is why a login by password failed.
func passwordResult(err error) string {
	var wait *access.ThrottledError
	var wrong *access.LoginError
	switch {
	case errors.As(err, &wait):
		return loginThrottled
	case !errors.As(err, &wrong):
		return loginUnavailable
	case wrong.Why == access.WhyUnknown:
		return loginUnknown
	case wrong.Why == access.WhyDisabled:
		return loginDisabled
	}
	return loginWrong
}

// oidcResult is why a login by the identity provider failed, by what is answered.
func oidcResult(r oidcRefusal) string {
	switch r {
	case oidcNoRole:
		return loginNoRole
	case oidcDisabled:
		return loginDisabled
	case oidcAway, oidcNoStore:
		return loginUnavailable
	}
	return loginRefused
}
