package dashboard

import (
	"strings"
	"testing"
)

// immutable are the headers of what is kept for ever.
func immutable(kind, vary, coding string) map[string]string {
	return map[string]string{"Cache-Control": "public, max-age=31536000, immutable", "Content-Type": kind, "Vary": vary, "Content-Encoding": coding,
		"X-Content-Type-Options": "nosniff", "ETag": "", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := handler(t, Options{Files: build()})
	for _, tt := range []struct{ path, accept, name, kind, vary, coding string }{
		{"assets/index-B1.js", "", "assets/index-B1.js", "text/javascript; charset=utf-8", "Accept-Encoding", ""},
		{"assets/index-B1.js", "gzip, deflate, br, zstd", "assets/index-B1.js.br", "text/javascript; charset=utf-8", "Accept-Encoding", "br"},
		{"assets/style-C2.css", "gzip, deflate, br", "assets/style-C2.css.gz", "text/css; charset=utf-8", "Accept-Encoding", "gzip"},
		{"assets/style-C2.css", "br", "assets/style-C2.css", "text/css; charset=utf-8", "Accept-Encoding", ""},
		{"assets/font-D3.woff2", "br", "assets/font-D3.woff2", "font/woff2", "", ""},
		{"assets/logo-E4.svg", "br", "assets/logo-E4.svg", "image/svg+xml", "", ""},
		{"assets/shot-F5.png", "br", "assets/shot-F5.png", "image/png", "", ""},
		{"assets/words-G6.json", "br", "assets/words-G6.json", "application/json", "", ""},
		{"assets/odd-H7.xyz", "br", "assets/odd-H7.xyz", "application/octet-stream", "", ""},
		{"assets/deep/er-I8.js", "br", "assets/deep/er-I8.js", "text/javascript; charset=utf-8", "", ""},
	} {
		w := ask(h, "GET", "/"+tt.path, "Accept-Encoding", tt.accept)
		if w.Code != 200 || w.Body.String() != "this is "+tt.name {
			t.Errorf("%s for %q: %d %s", tt.path, tt.accept, w.Code, w.Body)
		}
		wantHeaders(t, tt.path, w, immutable(tt.kind, tt.vary, tt.coding))
	}
}

// What is not there by exactly its name is not there, and nobody remembers that.
func TestNoSuchAsset(t *testing.T) {
	t.Parallel()
	h := handler(t, Options{Files: build()})
	for _, path := range []string{"/assets/", "/assets/index-A0.js", "/assets/index-B1.js.br", "/assets/index-B1.js.gz", "/assets/lone-J9.js.br", "/assets/lone-J9.js",
		"/assets/.hidden-K0.js", "/assets/deep", "/assets/deep/", "/assets/../version.json", "/assets/..%2fversion.json", "/assets//index-B1.js", "/assets/./index-B1.js",
		"/assets/INDEX-B1.js", "/assets/index-B1.js/", "/assets/index-B1.js%00", "/assets/%2e%2e/%2e%2e/webapp.go"} {
		wantProblem(t, path, ask(h, "GET", path), 404)
	}
}

// Other files are asked for anew each time, and sent if they have changed.
func TestRootFiles(t *testing.T) {
	t.Parallel()
	files := build()
	h := handler(t, Options{Files: files})
	first := ask(h, "GET", "/version.json")
	etag := first.Header().Get("ETag")
	if first.Code != 200 || first.Body.String() != "this is version.json" || len(etag) < 20 {
		t.Errorf("%d %s %q", first.Code, first.Body, etag)
	}
	wantHeaders(t, "version.json", first, map[string]string{"Cache-Control": "no-cache", "Content-Type": "application/json", "Vary": "", "X-Content-Type-Options": "nosniff"})
	if w := ask(h, "GET", "/version.json", "If-None-Match", etag); w.Code != 304 || w.Body.Len() != 0 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	files["version.json"].Data = []byte("another version")
	if w := ask(handler(t, Options{Files: files}), "GET", "/version.json", "If-None-Match", etag); w.Code != 200 || w.Body.String() != "another version" {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	plain, coded := ask(h, "GET", "/favicon.svg"), ask(h, "GET", "/favicon.svg", "Accept-Encoding", "br")
	if plain.Body.String() != "this is favicon.svg" || coded.Body.String() != "this is favicon.svg.br" || plain.Header().Get("ETag") == coded.Header().Get("ETag") {
		t.Errorf("%s %v\n%s %v", plain.Body, plain.Header(), coded.Body, coded.Header())
	}
	wantHeaders(t, "favicon.svg", coded, map[string]string{"Cache-Control": "no-cache", "Vary": "Accept-Encoding", "Content-Encoding": "br"})
}

func TestPartOfAFile(t *testing.T) {
	t.Parallel()
	w := ask(handler(t, Options{Files: build()}), "GET", "/assets/index-B1.js", "Range", "bytes=0-3", "Accept-Encoding", "br")
	if w.Code != 206 || w.Body.String() != "this" || w.Header().Get("Content-Length") != "4" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := ask(handler(t, Options{Files: broken{build(), "assets/shot-F5.png"}}), "GET", "/assets/shot-F5.png")
	wantProblem(t, "shot", w, 500)
	if strings.Contains(w.Body.String(), "permission") {
		t.Errorf("%s", w.Body)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	all, gzipped, plain := file{identity: {}, brotli: {}, gzip: {}}, file{identity: {}, gzip: {}}, file{identity: {}}
	for _, tt := range []struct {
		accept string
		f      file
		want   string
	}{
		{"", all, identity},
		{"br", all, brotli},
		{"gzip", all, gzip},
		{"gzip, br", all, brotli},
		{"GZIP", all, gzip},
		{"deflate, zstd", all, identity},
		{"br", gzipped, identity},
		{"gzip, br", gzipped, gzip},
		{"gzip, br", plain, identity},
		{"*", all, brotli},
		{"*", gzipped, gzip},
		{"*;q=0", all, identity},
		{"br;q=0, *", all, gzip},
		{"br;q=0,gzip;q=0", all, identity},
		{"br;q=0.5, gzip;q=0.8", all, gzip},
		{"br;q=0.5, gzip", all, gzip},
		{"br;q=0.8 , gzip; q=0.8", all, brotli},
		{"br ; Q=0.1, gzip ; q=0.2", all, gzip},
		{"gzip;q=0.5, identity", all, identity},
		{"gzip;q=0.5, identity;q=0.4", all, gzip},
		{"identity;q=0, *;q=0", all, identity},
		{"gzip;q=much", all, identity},
		{"gzip;q=NaN, br;q=-1", all, identity},
		{"xbr, brx", all, identity},
		{",,;", all, identity},
	} {
		if got := tt.f.choose(tt.accept); got != tt.want {
			t.Errorf("%q of %d: %s, not %s", tt.accept, len(tt.f), got, tt.want)
		}
	}
}
