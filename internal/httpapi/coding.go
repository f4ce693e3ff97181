package httpapi

import (
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"
)

// errPacked is a body that gzip can't unpack.
var errPacked = errors.New("the body is not valid gzip, which Content-Encoding says that it is; send it whole, or unpacked")

// BodyFault says why a body could not be read, if it is not too large.
func BodyFault(err error) string {
	if errors.Is(err, errPacked) {
		return errPacked.Error()
	}
	return "the body could not be read"
}

// decode has bodies read as what they are written as: UTF-8, unpacked. Bodies in another
// charset or another coding are refused, since their texts would go out as something
// else. The limit holds for what is unpacked, too.
func decode(maxBody int64) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.Body == nil || c.Request.Body == http.NoBody || c.Request.ContentLength == 0 {
			return
		}
		if charset := charsetOf(c.GetHeader("Content-Type")); charset != "" {
			refuse(c, fmt.Sprintf("Content-Type: the charset %.40q is not read; send the body as UTF-8", charset))
			return
		}
		switch coding := strings.ToLower(strings.TrimSpace(strings.Join(c.Request.Header.Values("Content-Encoding"), ","))); coding {
		case "", "identity":
		case "gzip", "x-gzip":
			c.Request.Body = &unpacked{packed: c.Request.Body, left: maxBody, limit: maxBody, c: c}
			c.Request.ContentLength = -1 // of what is read
		default:
			c.Header("Accept-Encoding", "gzip")
			refuse(c, fmt.Sprintf("Content-Encoding: %.40q is not read; send the body with gzip, or without a coding", coding))
		}
	}
}

// refuse answers a body of which nothing is read.
func refuse(c *gin.Context, detail string) {
	c.Header("Connection", "close")
	Fail(c, http.StatusUnsupportedMediaType, detail)
}

// charsetOf is the charset of a content type, if it is another than UTF-8 or a part of it.
func charsetOf(contentType string) string {
	_, params, _ := mime.ParseMediaType(contentType) // a broken one has no charset, and is its handler's business
	switch charset := strings.ToLower(params["charset"]); charset {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return ""
	default:
		return charset
	}
}

// Packed reports whether the body of a request is unpacked while it is read.
func Packed(c *gin.Context) bool {
	_, is := c.Request.Body.(*unpacked)
	return is
}

// unpacked is a body with gzip. Nothing of it is read before the first Read.
type unpacked struct {
	packed io.ReadCloser
	gzip   *gzip.Reader
	left   int64 // of limit, in bytes
	limit  int64
	c      *gin.Context
	err    error
}

func (u *unpacked) Read(b []byte) (n int, err error) {
	if u.err != nil {
		return 0, u.err
	}
	if u.gzip == nil {
		if u.gzip, err = gzip.NewReader(u.packed); err != nil {
			u.err = packedFault(err)
			return 0, u.err
		}
	}
	n, err = u.gzip.Read(b)
	if err != nil && err != io.EOF {
		err = packedFault(err)
	}
	if u.left -= int64(n); u.left < 0 {
		u.c.Header("Connection", "close") // what is left of it is not read
		n, err = 0, &http.MaxBytesError{Limit: u.limit}
	}
	u.err = err
	return n, err
}

func (u *unpacked) Close() error { return u.packed.Close() }

// packedFault tells what is wrong with gzip from what is wrong with the connection.
func packedFault(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF || errors.As(err, &corrupt) {
		return errPacked
	}
	return err
}
