package dashboard

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
)

// assets is the folder of the files whose names are hashes.
const assets = "assets/"

// The codings in which a file may be there, the best first.
const (
	brotli   = "br"
	gzip     = "gzip"
	identity = "identity"
)

var codings = []string{brotli, gzip, identity}

// endings say in which coding a file is.
var endings = map[string]string{".br": brotli, ".gz": gzip}

// types are the files that a build has. What the machine thinks of their endings does
// not count.
var types = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": html, ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json",
	".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp", ".woff2": "font/woff2", ".woff": "font/woff",
}

// file is a file of the build, by the codings in which it is there; it is there as it is.
type file map[string]form

type form struct {
	name string // of the file that has it
	etag string // none if names are hashes
}

// filesOf returns what of a build is served by its name.
func filesOf(build fs.FS) (map[string]file, error) {
	all := map[string]file{}
	err := fs.WalkDir(build, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == indexFile || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		one := form{name: name}
		if !strings.HasPrefix(name, assets) {
			b, err := fs.ReadFile(build, name)
			if err != nil {
				return err
			}
			one.etag = fmt.Sprintf(`"%x"`, sha256.Sum256(b))
		}
		coding, coded := endings[path.Ext(name)]
		if !coded {
			all[name] = file{identity: one}
		} else if plain, ok := all[strings.TrimSuffix(name, path.Ext(name))]; ok { // it was before this one
			plain[coding] = one
		}
		return nil
	})
	return all, err
}

func (d *dashboard) serveFile(c *gin.Context, name string, f file) {
	coding := f.choose(strings.Join(c.Request.Header.Values("Accept-Encoding"), ","))
	b, err := fs.ReadFile(d.Files, f[coding].name)
	if err != nil {
		_ = c.Error(err) // for the log
		httpapi.Fail(c, http.StatusInternalServerError, "")
		return
	}
	kind, known := types[path.Ext(name)]
	if !known {
		kind = "application/octet-stream"
	}
	c.Header("Content-Type", kind)
	if len(f) > 1 {
		c.Header("Vary", "Accept-Encoding")
	}
	if coding != identity {
		c.Header("Content-Encoding", coding)
		c.Header("Content-Length", strconv.Itoa(len(b))) // ServeContent leaves it out
	}
	if etag := f[coding].etag; etag != "" {
		c.Header("Cache-Control", "no-cache")
		c.Header("ETag", etag)
	} else {
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(c.Writer, c.Request, name, time.Time{}, bytes.NewReader(b))
}

// choose returns the coding that suits a client best; as it is if none does.
func (f file) choose(accept string) string {
	best, most := identity, 0.0
	for _, coding := range codings {
		if _, there := f[coding]; !there {
			continue
		}
		if q := quality(accept, coding); q > most {
			best, most = coding, q
		}
	}
	return best
}

// quality is how much a client wants a coding (RFC 9110, 12.5.3).
func quality(accept, coding string) (q float64) {
	for one := range strings.SplitSeq(strings.ToLower(accept), ",") {
		name, weight, weighed := strings.Cut(one, ";")
		value := 1.0
		if weighed {
			value, _ = strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64) // 0 if it is none
		}
		switch strings.TrimSpace(name) {
		case coding:
			return value
		case "*":
			q = value
		}
	}
	return q
}
