package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/admin"
	"pushstream/internal/audit"
	"pushstream/internal/dashboard"
	"pushstream/internal/fcm"
	"pushstream/internal/health"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redisclock"
	"pushstream/internal/redisconn"
	"pushstream/internal/setting"
	"pushstream/internal/stream"
	"pushstream/internal/telemetry"
)

// cli is every knob of the admin.
type cli struct {
	setting.Common
	Serve  serveFlags `cmd:"" help:"Serve the dashboard, and the API under /api/v1."`
	Worker struct {
		List   struct{}    `cmd:"" help:"List the workers, what each is doing and what is desired of it."`
		Pause  workerFlags `cmd:"" help:"Have a worker, or all, start nothing more, until it is resumed. What is in flight finishes."`
		Resume workerFlags `cmd:"" help:"End a pause. A worker goes on only if neither it nor all are paused."`
	} `cmd:"" help:"The consumers: list, pause, resume."`
	Push struct {
		Redrive pushFlags `cmd:"" help:"Queue pushes that failed, expired or were cancelled once more, each with its whole ttl."`
		Cancel  pushFlags `cmd:"" help:"Take pushes back that are scheduled, queued or retrying and in nobody's hand."`
		Show    showFlags `cmd:"" help:"Print the record of a push, all fields as Redis has them, as JSON; a packed one too, which HGETALL does not show."`
	} `cmd:"" help:"Show one push; redrive or cancel pushes, by id or all of a selection."`
	Log struct {
		Export exportFlags `cmd:"" help:"Write the log, or what a filter selects of it, as CSV or NDJSON."`
		Flush  flushFlags  `cmd:"" help:"Remove what has ended from the log, or what a filter selects of it, for good. The consumers do it."`
	} `cmd:"" help:"The push log."`
	Hold struct {
		List struct{}  `cmd:"" help:"List why nothing is sent, until when, and what mends it."`
		End  holdFlags `cmd:"" help:"End a hold by hand; sending begins slowly. If the trouble goes on, so will the hold."`
	} `cmd:"" help:"What holds all sending to a Firebase project."`
	Project struct {
		Show struct{}     `cmd:"" help:"Print the FCM project that this store sends to."`
		Set  projectFlags `cmd:"" help:"Have this store send to another FCM project. Consumers of the one before stop within a second, and refuse to start."`
	} `cmd:"" help:"The FCM project that this store sends to: its first consumer notes it."`
	Token struct {
		List   tokenListFlags `cmd:"" help:"List the dead tokens, newest first."`
		Forget tokenFlags     `cmd:"" help:"Have pushes to a token sent again, or to all that a code or a time selects."`
	} `cmd:"" help:"Tokens that FCM called dead: pushes to them fail at once."`
	Key struct {
		Add      keyAddFlags   `cmd:"" help:"Make an API key for a producer, and print it once."`
		List     struct{}      `cmd:"" help:"List the keys by name: when it was made, by whom, its owner, its end, and whether it works."`
		Remove   keyFlags      `cmd:"" help:"Take a key away; it stops working at once."`
		Transfer transferFlags `cmd:"" help:"Give a key another owner. A key stops when its owner is disabled."`
	} `cmd:"" help:"API keys of the back ends that hand in pushes."`
	User struct {
		Add     userAddFlags    `cmd:"" help:"Make a user. The password is asked for twice; without a terminal it is one line of stdin."`
		List    struct{}        `cmd:"" help:"List the users by name."`
		Role    userRoleFlags   `cmd:"" help:"Give a user another role; it counts at once."`
		Disable userFlags       `cmd:"" help:"Shut a user out; all sessions end at once."`
		Enable  userFlags       `cmd:"" help:"Let a disabled user in again."`
		Passwd  userPasswdFlags `cmd:"" help:"Give a user another password, asked for as by add; all sessions end at once."`
	} `cmd:"" help:"Who may log in, and what they may do: viewer (reads, masked), operator (also export, redrive, cancel, send, pause), admin (also flush, users, keys, audit)."`
	Session struct {
		List sessionListFlags `cmd:"" help:"List the sessions, those used last first."`
		End  sessionEndFlags  `cmd:"" help:"End a session, or all of a user."`
	} `cmd:"" help:"Who is logged in."`
	APIToken struct {
		Add      apiTokenAddFlags `cmd:"" help:"Make a token for a machine, and print it once."`
		List     struct{}         `cmd:"" help:"List the tokens by name; expired ones for another 30 days."`
		Remove   apiTokenFlags    `cmd:"" help:"Take a token away; it stops working at once."`
		Transfer transferFlags    `cmd:"" help:"Give a token another owner. A token stops when its owner is disabled, and may do what its owner may at most."`
	} `cmd:"" name:"apitoken" help:"Tokens by which machines use the admin's API."`
	Audit struct {
		List   auditListFlags   `cmd:"" help:"List what people did, newest first."`
		Export auditExportFlags `cmd:"" help:"Write the audit log, or what a filter selects of it, as CSV or NDJSON."`
	} `cmd:"" help:"The audit log."`
}

type serveFlags struct {
	ListenAddr     string   `env:"LISTEN_ADDR" default:"127.0.0.1:8080" help:"Address of dashboard and API. Beyond this machine only with TLS_CERT_FILE, or with TRUSTED_PROXIES that do HTTPS, and with OPS_ADDR."`
	OpsAddr        string   `env:"OPS_ADDR" help:"Address of /healthz, /readyz and /metrics; beside them if empty."`
	TLSCertFile    string   `env:"TLS_CERT_FILE" placeholder:"FILE" help:"Certificate (PEM) for HTTPS; read anew when it changes."`
	TLSKeyFile     string   `env:"TLS_KEY_FILE" placeholder:"FILE" help:"Its key."`
	BasePath       string   `env:"BASE_PATH" default:"/" help:"Path below which dashboard and API are, such as /push/, if a proxy hands on paths as they are."`
	TrustedProxies []string `env:"TRUSTED_PROXIES" placeholder:"CIDR" help:"Networks of proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Prefix are believed, with commas between them."`
	MaxRequests    string   `env:"MAX_REQUESTS" default:"256" help:"Requests served at the same time; above it 429."`
	SessionIdle    string   `env:"SESSION_IDLE" default:"30m" help:"After which a session that no person uses ends; what a page asks by itself is no use."`
	SessionLength  string   `env:"SESSION_LENGTH" default:"12h" help:"After which every session ends."`
	AuditMaxAge    string   `env:"AUDIT_MAX_AGE" default:"17544h" help:"How long entries of the audit log are kept."`
	Zone           string   `env:"PUSH_ZONE" default:"Asia/Seoul" help:"Time zone of reserved times (yyyyMMddHHmmss)."`
	ProjectID      string   `env:"FCM_PROJECT_ID" help:"Firebase project that is asked about test pushes; that of the credentials if empty."`
	Credentials    string   `env:"GOOGLE_APPLICATION_CREDENTIALS" placeholder:"FILE" help:"Service account file with which it is asked. Without it, and FCM_ENDPOINT, a test push is only checked here before it is sent."`
	Endpoint       string   `env:"FCM_ENDPOINT" placeholder:"URL" help:"A simulator instead of FCM, http or https; no credentials then."`
	Sound          string   `name:"apns-sound" env:"APNS_SOUND" default:"default" help:"As the consumers have it, so that FCM is asked about what they would send: default, the name of a sound file in the app, or none."`
	AdminUser      string   `env:"ADMIN_USER" help:"Name of the first administrator, made if there is no user at all."`
	AdminPassword  string   `env:"ADMIN_PASSWORD" secret:"" help:"Their password. Both count once; later they are not looked at."`
	oidcFlags
	passwordFlags
}

// validateTimeout is how long FCM has to answer for a test push, less than the API has.
const validateTimeout = 8 * time.Second

// serving are the checked knobs of serve.
type serving struct {
	tls                    *tls.Config
	maxRequests            int
	idle, length, auditAge time.Duration
	oidc                   *access.OIDCConfig // nil: none
	settings               []admin.Setting
	zone                   *time.Location
	fcm                    *fcm.Sender // nil: nobody asks FCM
}

type keyFlags struct {
	Name string `arg:"" help:"Name of the key: 1 to 64 characters of A-Z a-z 0-9 . _ -"`
}

type keyAddFlags struct {
	keyFlags
	Owner   string `placeholder:"USER" help:"User with whom the key stops; nobody if empty."`
	Expires string `placeholder:"AGE" help:"How long it works, such as 90d; without an end if empty."`
}

// transferFlags name what gets another owner.
type transferFlags struct {
	Name string `arg:"" help:"Name, as list shows it."`
	To   string `required:"" placeholder:"USER" help:"Name of the user who is to own it."`
}

type workerFlags struct {
	Name string `arg:"" optional:"" help:"Name of the worker, as list shows it."`
	All  bool   `help:"All workers, those that start later too."`
}

type holdFlags struct {
	Project string `arg:"" help:"Firebase project, as list shows it."`
}

type projectFlags struct {
	Project string `arg:"" name:"name" help:"Firebase project, as FCM_PROJECT_ID of the consumers has it."`
}

type tokenListFlags struct {
	Page string `default:"1" help:"Page, from 1."`
	Size string `default:"100" help:"Tokens on a page, 1 to 1000."`
}

type tokenFlags struct {
	Hash  string  `arg:"" optional:"" help:"Hash of the token: printf %s TOKEN | sha256sum | cut -c1-32"`
	Token bool    `help:"Read the device token itself from standard input, one line."`
	All   bool    `help:"All suppressed tokens."`
	Code  *string `help:"Those of which FCM said this: UNREGISTERED or INVALID_ARGUMENT."`
	Since *string `placeholder:"TIME" help:"Those of which FCM said so then or later; RFC 3339, such as 2026-11-24T09:30:00+09:00."`
	Yes   bool    `help:"Forget many; without it they are counted only."`
}

// check reads which tokens are meant.
func (f *tokenFlags) check(check *setting.Checker) (filter stream.TokenFilter) {
	many := f.All || f.Code != nil || f.Since != nil
	ways := 0
	for _, is := range []bool{f.Hash != "", f.Token, many} {
		if is {
			ways++
		}
	}
	switch {
	case ways != 1, f.All && (f.Code != nil || f.Since != nil):
		check.Fault("HASH", "give the hash of a token; or --token, and the token on standard input; or --code or --since, or both; or --all")
	case f.Hash != "" && !admin.ValidHash(f.Hash):
		check.Fault("HASH", admin.NoHash)
	}
	if f.Code != nil {
		if filter.Code = push.Code(*f.Code); !slices.Contains(stream.DeadCodes(), filter.Code) {
			check.Fault("--code", fmt.Sprintf("%.40q must be one of %v", *f.Code, stream.DeadCodes()))
		}
	}
	if f.Since != nil {
		var err error
		if filter.Since, err = time.Parse(time.RFC3339, *f.Since); err != nil || filter.Since.Year() < 1970 {
			check.Fault("--since", fmt.Sprintf("%.40q must be a time as RFC 3339 has it, such as 2026-11-24T09:30:00+09:00", *f.Since))
		}
	}
	return filter
}

// many reports whether more than one token is meant.
func (f *tokenFlags) many() bool { return f.Hash == "" && !f.Token }

// pushFlags name pushes. A flag that is given and empty must be told from one
// that is absent: a script's unset variable must not select everything.
type pushFlags struct {
	IDs       []string `arg:"" optional:"" name:"id" help:"Ids of pushes."`
	Status    *string  `help:"Instead of ids: all pushes in this state. To redrive failed, expired or cancelled; to cancel scheduled, queued or retrying."`
	Since     *string  `placeholder:"TIME" help:"Of those, the ones accepted then or later; RFC 3339, such as 2026-11-24T09:30:00+09:00."`
	Until     *string  `placeholder:"TIME" help:"The ones accepted before then."`
	ErrorCode *string  `placeholder:"CODE" help:"The ones with this error code, such as UNREGISTERED."`
	Csno      *string  `help:"The ones of this customer."`
	PushGrpID *string  `placeholder:"GROUP" help:"The ones of this push group."`
	DeviceID  *string  `placeholder:"TOKEN" help:"The ones to this FCM registration token."`
	timeFlags
	DryRun bool `help:"Change nothing: say how many pushes of the state it would take, since when, and how many are past their ttl."`
	Yes    bool `help:"Redrive pushes that are past their ttl, too, though no --since bounds the period."`
}

type showFlags struct {
	ID string `arg:"" help:"Id of the push."`
}

// filterFlags are a filter. As in pushFlags, empty is not absent.
type filterFlags struct {
	Status      *string `help:"Pushes in these states, with commas between them."`
	Since       *string `placeholder:"TIME" help:"The ones accepted then or later; RFC 3339, such as 2026-11-24T09:30:00+09:00."`
	Until       *string `placeholder:"TIME" help:"The ones accepted before then."`
	Csno        *string `help:"The ones of this customer."`
	PushGrpID   *string `placeholder:"GROUP" help:"The ones of this push group."`
	DeviceID    *string `placeholder:"TOKEN" help:"The ones to this FCM registration token."`
	ServiceName *string `name:"d-servicename" placeholder:"SERVICE" help:"The ones of this service."`
	ErrorCode   *string `placeholder:"CODE" help:"The ones with this error code, such as UNREGISTERED."`
	Column      *string `help:"Together with --contains or --equals: csno, uuid_id, device_id, msg_title, msg_contents, D_servicename, push_grp_id, cust_telno, result, sndn_rsev_hour, fcm_send_yn or fcm_send_time."`
	Contains    *string `placeholder:"WORD" help:"The ones whose column has this word in it; A to Z in either case, phones by their digits, times as 2026-11-30 09:30:00 in --zone."`
	Equals      *string `placeholder:"WORD" help:"The ones whose column is this word, letter by letter; phones and times as by --contains."`
	FCMSendYN   *string `name:"fcm-send-yn" placeholder:"Y|N" help:"The ones that FCM accepted (Y), or that ended otherwise (N)."`
	timeFlags
}

// timeFlags are ranges of times beside that of when pushes were accepted.
type timeFlags struct {
	FCMSendSince  *string `name:"fcm-send-since" placeholder:"TIME" help:"The ones whose fcm_send_time is then or later."`
	FCMSendUntil  *string `name:"fcm-send-until" placeholder:"TIME" help:"The ones whose fcm_send_time is before then."`
	SndnRsevSince *string `name:"sndn-rsev-since" placeholder:"TIME" help:"The ones that are reserved for then or later; a push without sndn_rsev_hour is none of them."`
	SndnRsevUntil *string `name:"sndn-rsev-until" placeholder:"TIME" help:"The ones that are reserved for before then."`
	Zone          string  `env:"PUSH_ZONE" default:"Asia/Seoul" help:"Time zone of reserved times, and in which the columns of times are searched."`
}

// given are those of the flags that were given, and others.
func (f *timeFlags) given(others map[string]*string) admin.Given {
	maps.Copy(others, map[string]*string{
		admin.FieldFCMSendSince: f.FCMSendSince, admin.FieldFCMSendUntil: f.FCMSendUntil,
		admin.FieldSndnRsevSince: f.SndnRsevSince, admin.FieldSndnRsevUntil: f.SndnRsevUntil,
	})
	return givenFlags(others)
}

// exportFlags are a filter and a file.
type exportFlags struct {
	filterFlags
	Order  *string `help:"newest or oldest first; newest if absent."`
	Format *string `help:"csv (exact values, which producer load takes again) or ndjson (the API's records); csv if absent."`
	For    *string `placeholder:"excel" help:"excel: a CSV that Excel shows as the log is, all values as texts, no formulas, times in --zone, for people. Without it a spreadsheet takes some values for numbers, dates or formulas."`
	Lang   *string `placeholder:"ko|en" help:"Language of the heads and states with --for excel; ko if absent."`
	Output string  `default:"-" placeholder:"FILE" help:"Where to; - is stdout. A file is there when it is whole, and replaces one of that name."`
}

type flushFlags struct {
	filterFlags
	Yes    bool `help:"Yes, remove it. Its ids are unknown then: handed in again, they are sent again."`
	Cancel bool `help:"Instead: end the flush that is running. What is removed stays so."`
}

// app is what the commands share.
type app struct {
	rdb     redis.UniversalClient
	keys    pushlog.Keys
	health  health.Options
	control *stream.Control
	clock   *redisclock.Clock
	access  *access.Store
	audit   *audit.Log
	log     *zap.Logger
	build   fs.FS   // of the dashboard
	serving serving // of serve
	stdin   io.Reader
	chosen  selection          // of push
	page    tokenPage          // of token list
	tokens  stream.TokenFilter // of token forget
	export  admin.Export       // of log export
	flush   pushlog.Filter     // of log flush
	expires time.Duration      // of apitoken add and key add; 0: never
	entries audit.Query        // of audit
	result  map[string]string  // of the command, for the audit log
}

// selection is the checked flags of push: ids, or what they have in common.
type selection struct {
	ids []string
	all stream.Selection
	dry bool // only say what it would take
	yes bool // what is past its ttl, too
}

// tokenPage is the checked flags of token list.
type tokenPage struct{ number, size int }

// newApp checks every knob of the command and connects nothing yet.
func newApp(c *cli, command string, stdin io.Reader, stderr io.Writer) (*app, error) {
	var check setting.Checker
	var opt access.Options
	a := &app{keys: c.Keys(&check), stdin: stdin, log: telemetry.NewLogger(stderr, c.Level(&check)).Named("admin")}
	switch command {
	case "serve":
		a.serving = c.Serve.check(&check, a.log)
		a.serving.settings = settings(c)
		opt = access.Options{Cost: c.Serve.cost(&check), Idle: a.serving.idle, Absolute: a.serving.length}
	case "worker pause":
		c.Worker.Pause.check(&check)
	case "worker resume":
		c.Worker.Resume.check(&check)
	case "push redrive":
		a.chosen = c.Push.Redrive.check(&check, admin.Redrivable())
	case "push cancel":
		a.chosen = c.Push.Cancel.check(&check, admin.Cancellable())
	case "log export":
		a.export = c.Log.Export.check(&check)
	case "log flush":
		a.flush = c.Log.Flush.check(&check)
	case "project set":
		if !stream.ValidProject(c.Project.Set.Project) {
			check.Fault("NAME", fmt.Sprintf("%.80q is no Firebase project: 1 to 100 characters of A-Z a-z 0-9 - _ . :", c.Project.Set.Project))
		}
	case "token list":
		a.page = tokenPage{check.Int("--page", c.Token.List.Page, 1, 1_000_000), check.Int("--size", c.Token.List.Size, 1, pushlog.MaxPageSize)}
	case "token forget":
		a.tokens = c.Token.Forget.check(&check)
	case "user add":
		opt.Cost = c.User.Add.cost(&check)
	case "user passwd":
		opt.Cost = c.User.Passwd.cost(&check)
	case "session end":
		c.Session.End.check(&check)
	case "apitoken add":
		a.expires = c.APIToken.Add.check(&check)
	case "key add":
		if text := c.Key.Add.Expires; text != "" {
			a.expires = checkAge(&check, text, longestKey)
		}
	case "audit list":
		a.entries = c.Audit.List.check(&check)
	case "audit export":
		a.entries = c.Audit.Export.query(&check)
	}
	rdb, err := redisconn.Open(c.RedisURL)
	if err != nil {
		check.Fault("REDIS_URL", err.Error())
	}
	if err := check.Err(); err != nil {
		if rdb != nil {
			_ = rdb.Close() // it never connected
		}
		return nil, err
	}
	a.health = health.Options{Redis: rdb, Keys: a.keys, Role: stream.RoleAdmin, WithoutAOF: c.AllowNoAOF}
	a.rdb, a.control, a.clock = rdb, stream.NewControl(rdb, a.keys), stream.NewClock(rdb, a.keys, a.log)
	opt.Now = a.clock.Now
	a.access, a.audit = access.New(rdb, a.keys.Prefix, opt), audit.New(rdb, a.keys.Prefix, audit.Options{})
	return a, nil
}

func (a *app) close() { _ = a.rdb.Close() }

func (f *serveFlags) check(check *setting.Checker, log *zap.Logger) serving {
	addr := check.Addr("LISTEN_ADDR", f.ListenAddr)
	if f.OpsAddr != "" {
		check.Addr("OPS_ADDR", f.OpsAddr)
	}
	if _, _, err := net.SplitHostPort(addr); err == nil && !setting.Loopback(addr) {
		if f.TLSCertFile == "" && len(f.TrustedProxies) == 0 {
			check.Fault("LISTEN_ADDR", "others than this machine reach it: passwords must not travel in the clear, so give "+
				"TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES if a proxy before it does HTTPS")
		}
		if f.OpsAddr == "" {
			check.Fault("OPS_ADDR", "must be given when others than this machine reach LISTEN_ADDR: /metrics has no login")
		}
	}
	if !dashboard.ValidBase(f.BasePath) {
		check.Fault("BASE_PATH", fmt.Sprintf("%.80q %s", f.BasePath, dashboard.NoBase))
	}
	for _, network := range f.TrustedProxies {
		_, _, err := net.ParseCIDR(network)
		if err != nil && net.ParseIP(network) == nil {
			check.Fault("TRUSTED_PROXIES", fmt.Sprintf("%.60q must be a network such as 10.0.0.0/8, or an address", network))
		}
	}
	if (f.AdminUser == "") != (f.AdminPassword == "") {
		check.Fault("ADMIN_PASSWORD", "goes together with ADMIN_USER")
	}
	s := serving{
		maxRequests: check.Int("MAX_REQUESTS", f.MaxRequests, 1, 100_000),
		idle:        check.Duration("SESSION_IDLE", f.SessionIdle, time.Minute, 24*time.Hour),
		length:      check.Duration("SESSION_LENGTH", f.SessionLength, time.Minute, 30*24*time.Hour),
		oidc:        f.oidcFlags.check(check, f.BasePath),
		auditAge:    check.Duration("AUDIT_MAX_AGE", f.AuditMaxAge, 24*time.Hour, 20*366*24*time.Hour),
		zone:        check.Zone("PUSH_ZONE", f.Zone),
	}
	if (f.TLSCertFile == "") != (f.TLSKeyFile == "") {
		check.Fault("TLS_KEY_FILE", "goes together with TLS_CERT_FILE")
	} else if f.TLSCertFile != "" {
		var err error
		if s.tls, err = telemetry.LoadTLS(log, f.TLSCertFile, f.TLSKeyFile); err != nil {
			check.Fault("TLS_CERT_FILE", err.Error())
		}
	}
	s.fcm = f.sender(check)
	return s
}

// sender asks FCM about test pushes, and sends none; nil if nothing says where it is.
func (f *serveFlags) sender(check *setting.Checker) *fcm.Sender {
	o := fcm.Options{ProjectID: f.ProjectID, Endpoint: f.Endpoint, Concurrency: 4, Timeout: validateTimeout, Sound: f.Sound}
	if f.Endpoint == "" { // else a real token would go to a simulator
		o.CredentialsFile = f.Credentials
	}
	if o.Endpoint == "" && o.CredentialsFile == "" {
		return nil
	}
	sender, err := fcm.New(context.Background(), o) // for its values, of which there are none
	if err != nil {
		check.Add(err)
	}
	return sender
}

func (f *workerFlags) check(check *setting.Checker) {
	if (f.Name == "") == !f.All {
		check.Fault("NAME", "give the name of a worker, or --all")
	}
}

// given are the flags that were given, by the names of the API.
func (f *pushFlags) given() admin.Given {
	return f.timeFlags.given(map[string]*string{
		admin.FieldStatus: f.Status, admin.FieldSince: f.Since, admin.FieldUntil: f.Until, admin.FieldErrorCode: f.ErrorCode,
		push.FieldCsno: f.Csno, push.FieldPushGrpID: f.PushGrpID, push.FieldDeviceID: f.DeviceID,
	})
}

func (f *pushFlags) check(check *setting.Checker, states []push.Status) selection {
	given := f.given()
	if (len(f.IDs) == 0) == (len(given) == 0) {
		check.Fault("ID", "give ids of pushes, or --status and what else they have in common")
		return selection{}
	}
	for i, id := range f.IDs {
		id = push.Short(id)
		f.IDs[i] = id
		if !push.ValidID(id) {
			check.Fault("ID", fmt.Sprintf("%.80q must be 1 to %d characters of A-Z a-z 0-9 . _ : -", id, push.MaxID))
		}
	}
	if len(f.IDs) > 0 {
		if f.DryRun || f.Yes {
			check.Fault("ID", "--dry-run and --yes go with --status, not with ids")
		}
		return selection{ids: f.IDs}
	}
	all, err := admin.ParseSelection(given, states, check.Zone("PUSH_ZONE", f.Zone))
	if err != nil {
		check.Add(err)
	}
	return selection{all: all, dry: f.DryRun, yes: f.Yes}
}

// given: see pushFlags.
func (f *filterFlags) given() admin.Given {
	given := f.timeFlags.given(map[string]*string{
		admin.FieldStatus: f.Status, admin.FieldSince: f.Since, admin.FieldUntil: f.Until, admin.FieldErrorCode: f.ErrorCode,
		push.FieldCsno: f.Csno, push.FieldPushGrpID: f.PushGrpID, push.FieldDeviceID: f.DeviceID, push.FieldServiceName: f.ServiceName,
		admin.FieldColumn: f.Column, admin.FieldContains: f.Contains, admin.FieldEquals: f.Equals,
		pushlog.FieldFCMSendYN: f.FCMSendYN,
	})
	if f.Status != nil {
		given[admin.FieldStatus] = strings.Split(*f.Status, ",")
	}
	return given
}

func (f *exportFlags) check(check *setting.Checker) admin.Export {
	given := f.given()
	maps.Copy(given, givenFlags(map[string]*string{admin.FieldOrder: f.Order, admin.FieldFormat: f.Format, admin.FieldFor: f.For, admin.FieldLanguage: f.Lang}))
	e, err := admin.ParseExport(given, check.Zone("PUSH_ZONE", f.Zone))
	if err != nil {
		check.Add(err)
	}
	if f.Output == "" {
		check.Fault("--output", "must be the name of a file, or -")
	}
	return e
}

func (f *flushFlags) check(check *setting.Checker) pushlog.Filter {
	given := f.given()
	switch {
	case f.Cancel && (f.Yes || len(given) > 0):
		check.Fault("--cancel", "goes with nothing else")
	case !f.Cancel && !f.Yes:
		check.Fault("--yes", "is needed: what leaves the log does not come back")
	}
	filter, err := admin.ParseFlush(given, check.Zone("PUSH_ZONE", f.Zone))
	if err != nil {
		check.Add(err)
	}
	return filter
}

// givenFlags are the flags that were given.
func givenFlags(flags map[string]*string) admin.Given {
	given := admin.Given{}
	for name, value := range flags {
		if value != nil {
			given[name] = []string{*value}
		}
	}
	given.Normalize()
	return given
}
