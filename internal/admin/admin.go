package admin

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"pushstream/internal/access"
	"pushstream/internal/audit"
	"pushstream/internal/httpapi"
	"pushstream/internal/jobs"
	"pushstream/internal/live"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

const (
	requestTimeout = 10 * time.Second
	maxBody        = 64 << 10 // bytes
	// Audit entries on failed logins: so many, then one each time.
	failuresBurst = 1000
	failuresEvery = time.Second
)

// Options are what the API works on. All of it is required but what says so.
type Options struct {
	Redis  redis.UniversalClient
	Keys   pushlog.Keys
	Access *access.Store
	Audit  *audit.Log
	Live   *live.Hub    // somebody runs it
	Jobs   *jobs.Engine // this process need not be one that runs it
	Logger *zap.Logger

	OIDC           *access.OIDC // login by an identity provider, called back at OIDCCallback; none by default
	TrustedProxies []string     // networks (CIDR) whose X-Forwarded-For is believed; none by default
	MaxRequests    int          // served at the same time, above it 429; 256 by default
	Settings       []Setting    // to show; none by default

	Now func() time.Time // Redis's time; this machine's by default

	Requests   *httpapi.Metrics      // of HTTP requests; none by default
	Registerer prometheus.Registerer // of the other metrics; nil: no metrics

	FCM  Validator      // asked about test pushes; nil: they are only checked here
	Zone *time.Location // of reserved times; UTC by default
}

// New returns the API of one pushstream. Long requests end with stop, and say how
// far they came. It fails if TrustedProxies are no networks.
func New(stop context.Context, o Options) (http.Handler, error) {
	a := newAPI(stop, o)
	r := a.router()
	if err := httpapi.Trust(r, o.TrustedProxies); err != nil {
		return nil, err
	}
	return httpapi.Compress(r), nil
}

type api struct {
	Options
	stop      context.Context
	log       *pushlog.Log
	control   *stream.Control
	producer  *stream.Producer
	patience  time.Duration
	heartbeat time.Duration
	recheck   time.Duration
	journal   *zap.Logger
	logins    *loginMetrics

	failedLogins *rate.Limiter // of their audit entries

	shares   *shares
	paces    paces
	searches searches
	alarms   prometheus.Counter
}

func newAPI(stop context.Context, o Options) *api {
	o.Zone = cmp.Or(o.Zone, time.UTC)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &api{
		Options: o, stop: stop, patience: patience, heartbeat: heartbeat, recheck: recheck, journal: o.Logger.Named("api"),
		failedLogins: rate.NewLimiter(rate.Every(failuresEvery), failuresBurst),
		log:          pushlog.New(o.Redis, o.Keys), control: stream.NewControl(o.Redis, o.Keys),
		producer: stream.NewProducer(o.Redis, o.Keys, stream.ProducerOptions{Registerer: o.Registerer}),
		logins:   newLoginMetrics(o.Registerer),
		shares:   newShares(), paces: newPaces(), searches: searches{o.Redis, o.Keys.Prefix, o.Now}, alarms: newAlarms(o.Registerer),
	}
}

// bounded is the context of a request's work.
func bounded(c *gin.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.Request.Context(), requestTimeout)
}

// pagesOf is how many pages of a size a total fills.
func pagesOf(total int64, size int) int64 { return (total + int64(size) - 1) / int64(size) }
