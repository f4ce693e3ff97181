package fcmsim

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"
)

// maxBody bounds a request; FCM's messages are 4 KiB and some headers.
const maxBody = 64 << 10

// exchange is the room that one request needs, used again by later ones.
type exchange struct {
	request sendRequest
	in, out []byte
	reader  io.LimitedReader
}

var exchanges = sync.Pool{New: func() any { return &exchange{in: make([]byte, 0, 2048)} }}

// read reads and decodes the body into x. It returns what is wrong with it.
func (x *exchange) read(body io.Reader) *answer {
	x.reader = io.LimitedReader{R: body, N: maxBody + 1}
	x.in = x.in[:0]
	for {
		x.in = slices.Grow(x.in, 512)
		n, err := x.reader.Read(x.in[len(x.in):cap(x.in)])
		x.in = x.in[:len(x.in)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // the client went away while it sent
			x.request = sendRequest{}
			return &answer{tally: "CLIENT_GONE", how: reset}
		}
	}
	if len(x.in) > maxBody {
		x.request = sendRequest{}
		return badJSON(violation{Description: "Request payload size exceeds the limit: " + strconv.Itoa(maxBody) + " bytes."})
	}
	return x.request.decode(x.in)
}

// name makes the body of a 200 in x.out, and returns the name within it:
// projects/{p}/messages/0:{µs}%{serial}.
func (x *exchange) name(project string, now time.Time, serial int64) []byte {
	x.out = append(x.out[:0], "{\n  \"name\": \""...)
	from := len(x.out)
	x.out = append(x.out, "projects/"...)
	x.out = append(x.out, project...)
	x.out = append(x.out, "/messages/"...)
	if now.IsZero() {
		x.out = append(x.out, "fake_message_id"...) // what FCM says to validate_only
	} else {
		x.out = append(x.out, "0:"...)
		x.out = strconv.AppendInt(x.out, now.UnixMicro(), 10)
		x.out = append(x.out, '%')
		x.out = strconv.AppendInt(x.out, serial, 16)
	}
	to := len(x.out)
	x.out = append(x.out, "\"\n}\n"...)
	return x.out[from:to]
}
