package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/apikey"
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
	keys     *apikey.Store
	zone     *time.Location
	serving  serving
	metrics  *httpapi.Metrics // nil: none
}

func (a *api) router(log *zap.Logger) *gin.Engine {
	r := httpapi.New(log, int64(a.serving.maxBody), a.metrics)
	v1 := r.Group("/v1", httpapi.Admit(a.serving.maxRequests), a.authenticate)
	v1.POST("/pushes", a.accept)
	v1.GET("/pushes/:id", a.get)
	a.metrics.Watch(r)
	return r
}

// authenticate wants "Authorization: Bearer KEY".
func (a *api) authenticate(c *gin.Context) {
	scheme, secret, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		c.Header("WWW-Authenticate", `Bearer realm="pushstream"`)
		httpapi.Fail(c, http.StatusUnauthorized, "an API key is needed: Authorization: Bearer KEY; make one with: admin key add NAME")
		return
	}
	name, err := a.keys.Check(c.Request.Context(), strings.TrimSpace(secret))
	if errors.Is(err, apikey.ErrUnknown) {
		c.Header("WWW-Authenticate", `Bearer realm="pushstream", error="invalid_token"`)
		httpapi.Fail(c, http.StatusUnauthorized, "unknown API key")
	} else if err != nil {
		httpapi.Unavailable(c, err)
	} else {
		httpapi.Identify(c, "key", name)
	}
}

// accept takes one job (a JSON object), several (an array), or NDJSON. Either
// all jobs of a request are valid, or none is accepted.
func (a *api) accept(c *gin.Context) {
	body, err := io.ReadAll(c.Request.Body)
	switch {
	case httpapi.TooLarge(err):
		httpapi.Fail(c, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", a.serving.maxBody))
		return
	case err != nil:
		httpapi.Fail(c, http.StatusBadRequest, "the body could not be read")
		return
	}
	texts, single, err := split(body, c.ContentType())
	if err != nil {
		httpapi.Fail(c, http.StatusBadRequest, err.Error())
		return
	}
	if len(texts) > a.serving.maxJobs {
		httpapi.Fail(c, http.StatusRequestEntityTooLarge, fmt.Sprintf("%d jobs are more than %d", len(texts), a.serving.maxJobs))
		return
	}
	jobs, faults := a.decode(texts)
	if faults != nil {
		httpapi.FailWith(c, httpapi.Problem{Status: http.StatusUnprocessableEntity, Detail: "nothing was accepted", Faults: faults})
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	answers, err := a.producer.Accept(ctx, jobs)
	if err != nil {
		httpapi.UnavailableAfter(c, err, receipts(jobs, answers))
		return
	}
	a.answer(c, jobs, answers, single)
}

// maxFaulty is how many faulty jobs an answer names.
const maxFaulty = 100

func (a *api) decode(texts []json.RawMessage) (jobs []push.Job, faulty []httpapi.ItemFaults) {
	jobs = make([]push.Job, 0, len(texts))
	for i, text := range texts {
		job, err := push.FromJSON(text, a.zone)
		var faults push.Faults
		if errors.As(err, &faults) && len(faulty) < maxFaulty {
			faulty = append(faulty, httpapi.ItemFaults{Index: i, Faults: faults})
		}
		jobs = append(jobs, job)
	}
	return jobs, faulty
}

// batchAnswer is the answer to several jobs.
type batchAnswer struct {
	Accepted int       `json:"accepted"`
	Repeated int       `json:"repeated"`
	Items    []receipt `json:"items"`
}

// answer tells what became of each job: 202, or 200 if all were there before,
// or 429 if some were refused.
func (a *api) answer(c *gin.Context, jobs []push.Job, answers []stream.Answer, single bool) {
	b := batchAnswer{Items: receipts(jobs, answers)}
	refused := 0
	for _, answer := range answers {
		switch answer {
		case stream.Repeated:
			b.Repeated++
		case stream.Refused:
			refused++
		default:
			b.Accepted++
		}
	}
	status := http.StatusAccepted
	switch {
	case refused > 0:
		c.Header("Retry-After", "5")
		httpapi.FailWith(c, httpapi.Problem{Status: http.StatusTooManyRequests, Items: b.Items,
			Detail: fmt.Sprintf("the backlog is full: %d of %d jobs were refused; hand them in again later, with these ids", refused, len(jobs))})
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

// receipts are what is known of each job, its id in any case, so that a client
// can hand it in again.
func receipts(jobs []push.Job, answers []stream.Answer) []receipt {
	items := make([]receipt, len(jobs))
	for i, answer := range answers {
		items[i] = receiptOf(jobs[i].ID, answer)
	}
	return items
}

// split takes a body apart into the texts of its jobs.
func split(body []byte, contentType string) (texts []json.RawMessage, single bool, err error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	switch {
	case len(body) == 0:
		return nil, false, errors.New("the body is empty")
	case strings.Contains(contentType, "ndjson"), strings.Contains(contentType, "jsonl"):
		for text := range bytes.Lines(body) {
			if text = bytes.TrimSpace(text); len(text) > 0 {
				texts = append(texts, text)
			}
		}
		return texts, false, nil
	case body[0] == '[':
		if err := json.Unmarshal(body, &texts); err != nil {
			return nil, false, errors.New("the body is not a JSON array")
		}
		if len(texts) == 0 {
			return nil, false, errors.New("the array is empty")
		}
		return texts, false, nil
	}
	return []json.RawMessage{body}, true, nil
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
}

func (a *api) get(c *gin.Context) {
	id := c.Param("id")
	if !push.ValidID(id) {
		httpapi.Fail(c, http.StatusNotFound, pushlog.ErrNotFound.Error())
		return
	}
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
			r.FCMSendYN, r.FCMSendTime, r.Result, r.ErrorCode, r.Tries})
	}
}
