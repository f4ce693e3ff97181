package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"
	"go.uber.org/zap"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What a handler reads is UTF-8, unpacked, and within the limit, by whichever way the
// body is taken.
func TestDecode(t *testing.T) {
	t.Parallel()
	r := New(zap.NewNop(), 100, nil)
	read := func(c *gin.Context) {
		b, err := io.ReadAll(c.Request.Body)
		switch {
		case TooLarge(err):
			Fail(c, http.StatusRequestEntityTooLarge, "")
		case err != nil:
			Fail(c, http.StatusBadRequest, BodyFault(err))
		default:
			c.String(http.StatusOK, string(b))
		}
	}
	r.POST("/direct", read)
	r.POST("/received", Receive(time.Minute, 10), read)
	srv := httptest.NewServer(r)
	defer srv.Close()
	fits, over := strings.Repeat("x", 100), strings.Repeat("x", 101)
	for _, tt := range []struct {
		body, contentType, coding string
		status                    int
		answer                    string
	}{
		{fits, "", "", 200, fits},
		{gzipped(t, fits), "", "gzip", 200, fits},
		{gzipped(t, over), "", "gzip", 413, ""},
		{gzipped(t, strings.Repeat(over, 10_000)), "", "gzip", 413, ""},
		{gzipped(t, "x") + gzipped(t, "y"), "", "gzip", 200, "xy"},
		{gzipped(t, "xyz")[:15], "", "gzip", 400, "not valid gzip"},
		{"xyz", "", "gzip", 400, "not valid gzip"},
		{"xyz", "", "zstd", 415, "Content-Encoding"},
		{"xyz", "text/plain;charset=utf-16", "", 415, "utf-16"},
		{"xyz", "text/plain;charset=UTF-8", "", 200, "xyz"},
		{"xyz", "text/plain;charset", "", 200, "xyz"},
		{"", "text/plain;charset=euc-kr", "zstd", 200, ""},
	} {
		for _, path := range []string{"/direct", "/received"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", tt.contentType)
			req.Header.Set("Content-Encoding", tt.coding)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != tt.status || !strings.Contains(string(answer), tt.answer) {
				t.Errorf("%s %.20q, %q, %q: %d %s %v", path, tt.body, tt.contentType, tt.coding, resp.StatusCode, answer, err)
			}
		}
	}
}
