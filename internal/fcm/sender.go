package fcm

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/messaging"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/api/option"

	"pushstream/internal/push"
)

const (
	// DefaultTimeout is the time that one send has. Google asks for 10 s at
	// least; shorter ones made duplicates in the field.
	// https://firebase.google.com/docs/cloud-messaging/scale-fcm
	DefaultTimeout = 15 * time.Second

	// DefaultConcurrency is how many requests may be under way.
	DefaultConcurrency = 256

	// demoProject is the project of a simulator without a named one.
	// Firebase keeps the prefix demo- for projects that don't exist.
	// https://firebase.google.com/docs/emulator-suite/connect_and_prototype
	demoProject = "demo-pushstream"

	// DefaultSound is the sound that iPhones play: the system's. NoSound is none.
	DefaultSound = "default"
	NoSound      = "none"

	checkTimeout = 5 * time.Second
)

// validSound is what Options.Sound may be: the name of a file in the app.
var validSound = regexp.MustCompile(`^[A-Za-z0-9._ -]{1,64}$`)

// Options of a Sender. One of CredentialsFile and Endpoint is required.
type Options struct {
	// ProjectID is the Firebase project (FCM_PROJECT_ID). Empty: the one that
	// the credentials file names, or with an Endpoint alone "demo-pushstream".
	ProjectID string

	// CredentialsFile is the path of a service account's key file
	// (GOOGLE_APPLICATION_CREDENTIALS). Tokens come from its token_uri.
	CredentialsFile string

	// Endpoint is where to send instead of to FCM (FCM_ENDPOINT): a simulator,
	// as http://host:port or https://host:port, with or without /v1.
	Endpoint string

	Concurrency int           // requests under way at most; default 256
	Timeout     time.Duration // of one request; default 15 s

	// Sound is what an iPhone plays for a push with a title or text (APNS_SOUND): the
	// name of a sound file in the app, DefaultSound if empty, or NoSound.
	Sound string

	// RootCAs are the authorities to trust, for tests with a certificate of
	// their own. Nil: the system's, which SSL_CERT_FILE can replace.
	RootCAs *x509.CertPool

	// Fence, if not nil, is asked before each write to FCM: false, and nothing is
	// written, since another process may have reclaimed the in-flight pushes.
	Fence func() bool

	Registerer prometheus.Registerer // nil: no metrics
}

// Sender sends pushes to FCM. It may be used by many goroutines at once.
type Sender struct {
	project     string
	client      *messaging.Client
	pool        *pool
	tokens      *tokens // nil: no credentials
	tokenClient *http.Client
	sound       *messaging.APNSPayload // nil: none
	metrics     *metrics
	timeout     time.Duration
}

// New makes a Sender, without touching the network. Its error names every
// setting that is wrong, by its variable, and repeats no secret. ctx is for
// its values only; Close ends the Sender.
func New(ctx context.Context, opts Options) (*Sender, error) {
	opts.Concurrency = cmp.Or(max(opts.Concurrency, 0), DefaultConcurrency)
	opts.Timeout = cmp.Or(max(opts.Timeout, 0), DefaultTimeout)

	opts.Sound = cmp.Or(opts.Sound, DefaultSound)

	s := &Sender{timeout: opts.Timeout, tokenClient: newTokenClient(opts.RootCAs), sound: soundOf(opts.Sound)}
	endpoint, err := s.configure(ctx, &opts)
	if err != nil {
		return nil, err
	}
	s.project = opts.ProjectID
	s.pool = newPool(opts.Concurrency, endpoint.Scheme, opts.RootCAs, opts.Fence)

	// WithHTTPClient makes the SDK leave credentials to us.
	app, err := firebase.NewApp(ctx, &firebase.Config{ProjectID: opts.ProjectID},
		option.WithHTTPClient(&http.Client{Transport: oneShot{s.tokens}}),
		option.WithEndpoint(endpoint.String()))
	if err != nil {
		return nil, fmt.Errorf("start Firebase SDK: %w", err)
	}
	if s.client, err = app.Messaging(ctx); err != nil {
		return nil, fmt.Errorf("start Firebase SDK: %w", err)
	}
	if s.metrics, err = newMetrics(opts.Registerer); err != nil {
		return nil, err
	}
	return s, nil
}

// configure checks opts, completes the project, and makes the credentials.
func (s *Sender) configure(ctx context.Context, opts *Options) (*url.URL, error) {
	if opts.CredentialsFile == "" && opts.Endpoint == "" {
		return nil, errors.New("nowhere to send to: set FCM_PROJECT_ID and GOOGLE_APPLICATION_CREDENTIALS for FCM, " +
			"or FCM_ENDPOINT for a simulator")
	}
	var faults []error
	endpoint, err := normalizeEndpoint(cmp.Or(opts.Endpoint, production))
	if err != nil {
		faults = append(faults, err)
	}
	fallback := demoProject
	if opts.CredentialsFile != "" {
		fallback = ""
		if account, err := readAccount(opts.CredentialsFile, s.tokenClient); err != nil {
			faults = append(faults, err)
		} else {
			fallback = account.projectID
			s.tokens = newTokens(ctx, account.provider, opts.Timeout)
		}
	}
	if !validSound.MatchString(opts.Sound) {
		faults = append(faults, errors.New("APNS_SOUND: must be default, none, or the name of a sound file in the app: at most 64 characters of A-Z a-z 0-9 . _ - and blanks"))
	}
	opts.ProjectID = cmp.Or(opts.ProjectID, fallback)
	switch {
	case opts.ProjectID == "" && len(faults) == 0:
		faults = append(faults, errors.New("FCM_PROJECT_ID: is not set, and the credentials file names no project"))
	case strings.Trim(opts.ProjectID, projectChars) != "":
		faults = append(faults, errors.New("FCM_PROJECT_ID: must be of letters, digits and - _ . :"))
	}
	return endpoint, errors.Join(faults...)
}

// Project is the id of the Firebase project that the Sender sends to.
func (s *Sender) Project() string { return s.project }

// projectChars are those of a project's id, its number, or an old id with a
// domain. https://cloud.google.com/resource-manager/docs/creating-managing-projects
const projectChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:"

// Send tries once to send j, which may be shown until expiresAt (zero: j's own
// ttl from now), and says what became of it. It waits for a permit as long as
// ctx lasts, and from then on takes at most Options.Timeout. If ctx ends after
// the request was written, the outcome is CodeNoAnswer: FCM may have it.
func (s *Sender) Send(ctx context.Context, j *push.Job, expiresAt time.Time) push.Outcome {
	out := s.once(ctx, j, expiresAt, s.client.Send)
	s.metrics.observe(out)
	return out
}

// Validate is Send that only asks FCM whether it would take j (validate_only): no phone
// hears of it, and no metric.
func (s *Sender) Validate(ctx context.Context, j *push.Job) push.Outcome {
	return s.once(ctx, j, time.Time{}, s.client.SendDryRun)
}

// sendFunc is one of the SDK's ways to send a message.
type sendFunc func(context.Context, *messaging.Message) (string, error)

// once waits for a permit and makes one request.
func (s *Sender) once(ctx context.Context, j *push.Job, expiresAt time.Time, send sendFunc) push.Outcome {
	transport, err := s.pool.get(ctx)
	if err != nil {
		return classify(&record{stopped: true, networkErr: err})
	}
	defer s.pool.put(transport)
	s.metrics.inFlight.Inc()
	defer s.metrics.inFlight.Dec()

	start := time.Now()
	out := s.try(ctx, transport, build(j, expiresAt, start, s.sound), send)
	out.Took = time.Since(start)
	if out.Code == push.CodeCredential && out.HTTPStatus != 0 && s.tokens != nil {
		s.tokens.doubt()
	}
	return out
}

// try has the SDK send m, and judges by the record.
func (s *Sender) try(ctx context.Context, transport *http.Transport, m *messaging.Message, send sendFunc) push.Outcome {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	a := &attempt{transport: transport}
	name, err := send(a.withContext(limited), m)

	r := record{
		answer:     a.answer,
		token:      m.Token,
		messageID:  name,
		written:    a.written.Load(),
		stopped:    ctx.Err() != nil,
		tokenErr:   a.tokenErr,
		networkErr: a.networkErr,
	}
	if !a.started && err != nil {
		r.refusal = err.Error()
	}
	return classify(&r)
}

// Check says whether the Sender could send now: nil, or why not, without
// secrets. With credentials that means that an OAuth token can be had, which
// is asked for if there is none that is still good, for 5 s at most; a failure
// is remembered for 5 s. Without credentials there is nothing to check.
func (s *Sender) Check(ctx context.Context) error {
	if s.tokens == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if _, err := s.tokens.get(ctx); err != nil {
		return fmt.Errorf("no OAuth token for FCM: %w", err)
	}
	return nil
}

// Close ends a request for a token that is under way, and closes idle
// connections. Call it when the last Send has returned.
func (s *Sender) Close() {
	if s.tokens != nil {
		s.tokens.close()
	}
	s.tokenClient.CloseIdleConnections()
	s.pool.close()
}
