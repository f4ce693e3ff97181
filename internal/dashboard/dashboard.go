package dashboard

import (
	"cmp"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/httpapi"
)

// What index.html has where the server is to write.
const (
	indexFile = "index.html"
	baseMark  = `<base href="./">`
	nonceMark = "__NONCE__"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonceMark + "'; font-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

const html = "text/html; charset=utf-8"

//go:embed unbuilt.html
var unbuilt []byte

// notPages are paths where something else may listen, and never a page.
var notPages = []string{"healthz", "readyz", "metrics"}

// Options are what is served. Files, API and Logger are required.
type Options struct {
	Files  fs.FS        // the build; if it has no index.html, people are told how to build it
	API    http.Handler // of all below /api
	Logger *zap.Logger

	Base           string   // path below which all of it is, see ValidBase; / by default
	TrustedProxies []string // networks (CIDR) whose X-Forwarded-Prefix is trusted; none by default
	MaxRequests    int      // for files, served at the same time, above it 429; 256 by default

	Metrics *httpapi.Metrics // of requests for files; none by default
}

// New returns a handler of everything. It fails if an option is wrong, or if index.html
// lacks what the server is to write into it.
func New(o Options) (http.Handler, error) {
	o.Base = cmp.Or(o.Base, "/")
	if !ValidBase(o.Base) {
		return nil, errors.New("base path: " + NoBase)
	}
	d := &dashboard{Options: o, router: httpapi.New(o.Logger, 0, o.Metrics)}
	if err := httpapi.Trust(d.router, o.TrustedProxies); err != nil {
		return nil, err
	}
	var err error
	if d.index, err = readIndex(o.Files); err != nil {
		return nil, err
	}
	if d.files, err = filesOf(o.Files); err != nil {
		return nil, err
	}
	admit := httpapi.Admit(cmp.Or(o.MaxRequests, 256))
	d.router.GET("/*path", admit, d.serve)
	d.router.HEAD("/*path", admit, d.serve)
	o.Metrics.Watch(d.router)
	return d, nil
}

// NoBase is what is wrong with a path that is no ValidBase.
const NoBase = "must begin and end with /, and have names of A-Z a-z 0-9 . _ ~ - between, none with a dot at its begin"

var validBase = regexp.MustCompile(`^/([A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*$`)

// ValidBase reports whether everything can be below a path.
func ValidBase(path string) bool { return validBase.MatchString(path) }

type dashboard struct {
	Options
	router *gin.Engine
	index  string // without a build it is empty
	files  map[string]file
}

func (d *dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, below := strings.CutPrefix(r.URL.Path, d.Base+"api")
	if !below || path != "" && path[0] != '/' {
		d.router.ServeHTTP(w, r)
		return
	}
	inner, url := *r, *r.URL
	inner.URL, url.Path, url.RawPath = &url, "/api"+path, ""
	d.API.ServeHTTP(w, &inner)
}

// serve answers all that is not below api.
func (d *dashboard) serve(c *gin.Context) {
	path, below := strings.CutPrefix(c.Request.URL.Path, d.Base)
	found, there := d.files[path]
	switch {
	case !below && path+"/" == d.Base:
		c.Redirect(http.StatusFound, d.seenAs(c)+query(c.Request))
	case !below || slices.Contains(notPages, path):
		httpapi.Fail(c, http.StatusNotFound, "no such page")
	case there:
		d.serveFile(c, path, found)
	case strings.HasPrefix(path, assets):
		httpapi.Fail(c, http.StatusNotFound, "no such file in this version")
	case d.index == "":
		c.Data(http.StatusServiceUnavailable, html, unbuilt)
	default:
		d.serveIndex(c)
	}
}

func query(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	return "?" + r.URL.RawQuery
}

// seenAs is the base path as the browser sees it: with what a proxy took away.
func (d *dashboard) seenAs(c *gin.Context) string {
	prefix := strings.TrimSuffix(httpapi.Forwarded(c, "X-Forwarded-Prefix"), "/")
	if !ValidBase(prefix + "/") {
		return d.Base
	}
	return prefix + d.Base
}

func (d *dashboard) serveIndex(c *gin.Context) {
	random := make([]byte, 16)
	rand.Read(random) // never fails
	nonce := base64.StdEncoding.EncodeToString(random)
	c.Header("Content-Security-Policy", strings.ReplaceAll(policy, nonceMark, nonce))
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, html, []byte(strings.NewReplacer(baseMark, `<base href="`+d.seenAs(c)+`">`, nonceMark, nonce).Replace(d.index)))
}

// readIndex returns the page as it was built, or nothing if it was not.
func readIndex(files fs.FS) (string, error) {
	b, err := fs.ReadFile(files, indexFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	page := strings.Replace(string(b), `<base href="./" />`, baseMark, 1) // as it may be written, too
	for _, mark := range []string{baseMark, nonceMark} {
		if !strings.Contains(page, mark) {
			return "", errors.New("the dashboard's " + indexFile + " has no " + mark + ": build it again")
		}
	}
	return page, nil
}
