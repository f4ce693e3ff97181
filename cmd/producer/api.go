package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/stream"
)

// requestTimeout bounds the work of one request, its body aside.
const requestTimeout = 20 * time.Second

// api is the producer's HTTP interface.
type api struct {
	producer *stream.Producer
	log      *pushlog.Log
	tokens   *access.Guard
	zone     *time.Location
	serving  serving
	metrics  *httpapi.Metrics // nil: none
	intake   *intake          // router makes it
}

func (a *api) router(log *zap.Logger) *gin.Engine {
	r := httpapi.New(log, int64(a.serving.maxBody), a.metrics)
	a.intake = newIntake(a.serving)
	v1 := r.Group("/v1", a.authenticate)
	v1.POST("/pushes", a.accept)
	v1.GET("/pushes/:id", a.get)
	v1.POST("/device-tokens/registered", a.registered)
	a.metrics.Watch(r)
	return r
}

const keyNameKey = "producer.key"

// keyName is the name of the API token that a request came with.
func keyName(c *gin.Context) string { return c.GetString(keyNameKey) }

// authenticate wants "Authorization: Bearer TOKEN". A request without one takes no place,
// and nothing of its body is read.
func (a *api) authenticate(c *gin.Context) {
	scheme, secret, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		c.Header("WWW-Authenticate", `Bearer realm="pushstream"`)
		httpapi.Fail(c, http.StatusUnauthorized, "an API token is needed: Authorization: Bearer TOKEN; make one with: admin apitoken add NAME --scope submit")
		return
	}
	name, err := a.tokens.Check(c.Request.Context(), strings.TrimSpace(secret))
	c.Set(keyNameKey, name)
	if errors.Is(err, access.ErrNoToken) {
		c.Header("WWW-Authenticate", `Bearer realm="pushstream", error="invalid_token"`)
		httpapi.Fail(c, http.StatusUnauthorized, refusal(err))
	} else if err != nil {
		httpapi.Unavailable(c, err)
	} else {
		httpapi.Identify(c, "key", name)
	}
}

// refusal says why a token does not work.
func refusal(err error) string {
	switch {
	case errors.Is(err, access.ErrExpired):
		return "this API token has expired: make a new one with admin apitoken add NAME --scope submit"
	case errors.Is(err, access.ErrStopped):
		return "the user who owns this API token is disabled: an administrator gives it another owner with admin apitoken transfer"
	}
	return "unknown API token, or one without the scope submit"
}

// accept takes one job (a JSON object), several (an array), or NDJSON. Either
// all jobs of a request are valid, or none is accepted. A request takes a place when its
// body is there.
func (a *api) accept(c *gin.Context) {
	if c.Request.ContentLength > int64(a.serving.maxBody) {
		a.refuseBody(c, &http.MaxBytesError{Limit: int64(a.serving.maxBody)})
		return
	}
	lines, ok := mediaType(c)
	if !ok {
		return
	}
	hold, err := a.intake.hold(keyName(c), httpapi.Packed(c))
	if err != nil {
		c.Header("Connection", "close") // nothing of it is read
		busy(c, httpapi.LimitBodies, "this key has too many bodies on their way at the same time; try again")
		return
	}
	defer hold.release()
	rc := httpapi.Controller(c)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTime)) // a recorder in a test has none
	r := reader{body: c.Request.Body, zone: a.zone, most: a.serving.maxJobs, hold: hold}
	in, err := r.read(lines)
	if err != nil {
		a.refuseBody(c, err)
		return
	}
	idempotencyKey, ok := httpapi.IdempotencyKey(c)
	if !ok {
		return
	}
	if in.faults != nil {
		httpapi.Drain(c) // there is some left behind a job that is too long
		httpapi.FailWith(c, httpapi.Problem{Status: http.StatusUnprocessableEntity, Detail: "nothing was accepted", Faults: in.faults})
		return
	}
	_ = rc.SetReadDeadline(time.Time{})
	leave, ok := a.intake.serve(c, kindPost)
	if !ok {
		return
	}
	defer leave()
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	mark(in.jobs, keyName(c), idempotencyKey)
	answers, err := a.producer.Accept(ctx, in.jobs)
	if err != nil {
		httpapi.UnavailableAfter(c, err, receipts(in.jobs, answers))
		return
	}
	a.answer(c, in.jobs, answers, in.single)
}

// mark notes on jobs whose they are. With an Idempotency-Key it gives ids to those that
// have none: the same ones if the same request comes again.
func mark(jobs []push.Job, apiKey, idempotencyKey string) {
	for i := range jobs {
		jobs[i].APIKey = apiKey
		if idempotencyKey != "" && jobs[i].ID == "" {
			jobs[i].ID = httpapi.IdempotentID(32, "API key", apiKey, idempotencyKey, strconv.Itoa(i))
		}
	}
}

// batchAnswer is the answer to several jobs.
type batchAnswer struct {
	Accepted int       `json:"accepted"` // new ones, what is expired with them
	Expired  int       `json:"expired"`
	Repeated int       `json:"repeated"`
	Conflict int       `json:"conflict"`
	Items    []receipt `json:"items"`
}

// answer tells what became of each job: 202 if one is new; 200 if one was there before; 409
// if none of them can be taken; 429 if some were refused for now.
func (a *api) answer(c *gin.Context, jobs []push.Job, answers []stream.Answer, single bool) {
	b := batchAnswer{Items: receipts(jobs, answers)}
	refused, unusable := 0, 0
	for _, answer := range answers {
		switch {
		case answer == stream.Repeated:
			b.Repeated++
		case answer == stream.Conflict:
			b.Conflict++
		case answer.Refused():
			refused++
		case answer == stream.Unusable:
			unusable++
		case answer.New():
			b.Accepted++
		}
		if answer == stream.Expired {
			b.Expired++
		}
	}
	status := http.StatusAccepted
	switch {
	case refused > 0:
		limit, why := a.producer.Refusal(c.Request.Context(), answers)
		c.Header("Retry-After", "5")
		httpapi.FailWith(c, httpapi.Problem{Status: http.StatusTooManyRequests, Type: httpapi.LimitPrefix + string(limit), Items: b.Items,
			Detail: fmt.Sprintf("%s; %d of %d jobs were refused: hand them in again later, with these ids", why, refused, len(jobs))})
		return
	case b.Accepted+b.Repeated == 0:
		p := httpapi.Problem{Status: http.StatusConflict, Items: b.Items, Detail: notUsable}
		if unusable == 0 {
			p.Type, p.Detail = httpapi.TypeConflict, inConflict
		}
		httpapi.FailWith(c, p)
		return
	case b.Accepted == 0:
		status = http.StatusOK
	}
	if single {
		c.JSON(status, b.Items[0])
		return
	}
	c.JSON(status, b)
}

// notUsable is why a push is answered with unusable.
const notUsable = "keys in Redis that belong to this push hold other types than they should, so nothing was accepted; " +
	"the operator removes them (see /readyz and docs/operations.md), or the push is handed in with another id"

// inConflict is why a push is answered with conflict.
const inConflict = "a push with this id and other content was accepted before, so this one was not accepted, and nothing was changed; " +
	"hand it in with another id"

// receipts are what is known of each job, its id in any case, so that a client
// can hand it in again.
func receipts(jobs []push.Job, answers []stream.Answer) []receipt {
	items := make([]receipt, len(jobs))
	for i, answer := range answers {
		items[i] = receiptOf(jobs[i].ID, answer)
	}
	return items
}

// state is what a back end may know of a push it handed in: what became of it,
// without repeating the customer's data.
type state struct {
	ID          string      `json:"id"`
	Status      push.Status `json:"status"`
	AcceptedAt  string      `json:"accepted_at"`
	ExpiresAt   string      `json:"expires_at,omitempty"`
	Attempts    int         `json:"attempts"`
	Deliveries  int         `json:"deliveries"`
	FCMSendYN   string      `json:"fcm_send_yn,omitempty"`
	FCMSendTime string      `json:"fcm_send_time,omitempty"`
	Result      string      `json:"result,omitempty"`
	ErrorCode   push.Code   `json:"error_code,omitempty"`
	Tries       []string    `json:"tries,omitempty"`
	APIKey      string      `json:"api_key,omitempty"` // name of the key that handed it in
}

func (a *api) get(c *gin.Context) {
	id := c.Param("id")
	if !push.ValidID(id) {
		httpapi.Fail(c, http.StatusNotFound, pushlog.ErrNotFound.Error())
		return
	}
	leave, ok := a.intake.serve(c, kindGet)
	if !ok {
		return
	}
	defer leave()
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	r, err := a.log.Get(ctx, id)
	switch {
	case errors.Is(err, pushlog.ErrNotFound):
		httpapi.Fail(c, http.StatusNotFound, err.Error())
	case err != nil:
		httpapi.Unavailable(c, err)
	default:
		c.JSON(http.StatusOK, state{r.ID, r.Status, r.AcceptedAt, r.ExpiresAt, r.Attempts, r.Deliveries,
			r.FCMSendYN, r.FCMSendTime, r.Result, r.ErrorCode, r.Tries, r.APIKey})
	}
}
