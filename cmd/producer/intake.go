package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/httpapi"
	"pushstream/internal/share"
)

const (
	// bodyTime is how long a body may take to come.
	bodyTime = 20 * time.Second
	// placeTime is how long a request waits for one of MAX_REQUESTS places.
	placeTime = 2 * time.Second
	// maxBodies is how many bodies may be on their way or held at the same time.
	maxBodies = 1024
	// maxWaiting is how many requests may wait for a place.
	maxWaiting = 1024
	// heldBodies is of how many requests of the greatest size the jobs may be held, and
	// leastHeld the least of that, in bytes.
	heldBodies = 16
	leastHeld  = 64 << 20
	// bodyCost, packedCost and jobCost are what a body that is being read, the unpacking
	// of one, and a job, take of memory besides their text.
	bodyCost   = 32 << 10
	packedCost = 48 << 10
	jobCost    = 512
)

// Kinds of work, which have turns of their own: reads of a key don't delay its posts.
const (
	kindPost = "post"
	kindGet  = "get"
)

// intake divides what the interface has among the keys, so that what one of them does,
// slow bodies, large ones, or very many requests, is felt by that one.
//
//	key ── bodies, bytes ──▶ body is read, jobs are decoded ── place ──▶ Redis
//	         share            as they come, bodyTime           share
type intake struct {
	bodies *share.Amounts // on their way or held
	bytes  *share.Amounts // of memory that they take
	places *share.Line    // of requests that are served
}

func newIntake(s serving) *intake {
	full := int64(s.maxBody) + int64(s.maxJobs)*jobCost + 4*maxJob
	return &intake{
		bodies: share.NewAmounts(maxBodies), bytes: share.NewAmounts(max(leastHeld, heldBodies*full)),
		places: share.NewLine(share.LineOptions{Places: s.maxRequests, Waiting: maxWaiting}),
	}
}

// serve has a request of a key wait for its place. If there is none in time, it is
// answered, and ok is false.
func (in *intake) serve(c *gin.Context, kind string) (leave func(), ok bool) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), placeTime)
	defer cancel()
	leave, err := in.places.Enter(ctx, share.Who{Party: keyName(c), Kind: kind})
	if err != nil {
		busy(c, httpapi.LimitRequests, "MAX_REQUESTS: too many requests are served at the same time; try again")
		return nil, false
	}
	return leave, true
}

// busy refuses a request over a limit that all share.
func busy(c *gin.Context, limit, detail string) {
	c.Header("Retry-After", "1")
	httpapi.FailWith(c, httpapi.Problem{Type: limit, Status: http.StatusTooManyRequests, Detail: detail})
}

// errShare is that a key holds as much of bodies as it may.
var errShare = errors.New("too many, or too large, bodies at the same time")

// holding is what a request holds of its key's share.
type holding struct {
	in  *intake
	key string
	n   int64
}

// hold begins the reading of a body. It is errShare if the key has too many already.
func (in *intake) hold(key string, packed bool) (*holding, error) {
	cost := int64(bodyCost)
	if packed {
		cost += packedCost
	}
	if !in.bodies.Take(key, 1) {
		return nil, errShare
	}
	h := &holding{in: in, key: key}
	if err := h.grow(cost); err != nil {
		h.release()
		return nil, err
	}
	return h, nil
}

// grow takes n bytes more.
func (h *holding) grow(n int64) error {
	if !h.in.bytes.Take(h.key, n) {
		return errShare
	}
	h.n += n
	return nil
}

// shrink gives n bytes back.
func (h *holding) shrink(n int64) {
	h.in.bytes.Give(h.key, n)
	h.n -= n
}

// release gives everything back.
func (h *holding) release() {
	h.shrink(h.n)
	h.in.bodies.Give(h.key, 1)
}

// refuseBody answers a request whose body is not to be had. What is left of it is read,
// where it comes in time, since most clients look for an answer only behind it.
func (a *api) refuseBody(c *gin.Context, err error) {
	var f *formFault
	switch {
	case httpapi.TooLarge(err):
		httpapi.FailWith(c, httpapi.Problem{Type: httpapi.LimitBody, Status: http.StatusRequestEntityTooLarge,
			Detail: fmt.Sprintf("the body is larger than %d bytes (MAX_BODY); hand the jobs in in several requests", a.serving.maxBody)})
	case errors.Is(err, errTooMany):
		httpapi.Drain(c)
		httpapi.FailWith(c, httpapi.Problem{Type: httpapi.LimitJobs, Status: http.StatusRequestEntityTooLarge,
			Detail: fmt.Sprintf("%d jobs are more than %d (MAX_JOBS); hand them in in several requests", a.serving.maxJobs+1, a.serving.maxJobs)})
	case errors.Is(err, errShare):
		httpapi.Drain(c)
		busy(c, httpapi.LimitBodies, "this key has too many, or too large, bodies on their way at the same time; try again")
	case errors.Is(err, errMedia):
		httpapi.Drain(c)
		httpapi.Fail(c, http.StatusUnsupportedMediaType, err.Error())
	case errors.As(err, &f):
		httpapi.Drain(c)
		httpapi.Fail(c, http.StatusBadRequest, f.Error())
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.Header("Connection", "close")
		httpapi.Fail(c, http.StatusRequestTimeout, fmt.Sprintf("the body did not come within %v; send it faster, or less", bodyTime))
	default:
		c.Header("Connection", "close")
		httpapi.Fail(c, http.StatusBadRequest, httpapi.BodyFault(err))
	}
}
