package fcm

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"cloud.google.com/go/auth/httptransport"
)

// maxBody is how much of an answer is read. FCM's are below 4 KiB.
const maxBody = 64 << 10

// statusNoRetry is the status that the SDK is told of for everything but a
// 200, since it repeats a request by itself after any transport error and any
// 503, and follows redirects. No server has this status.
const statusNoRetry = 599

// attempt is the record of one Send: written by oneShot while the SDK is at
// work, read by classify afterwards. It is never reused, because the hooks of
// a cancelled request may still come late.
type attempt struct {
	transport *http.Transport // of the permit that Send holds

	started bool        // the SDK came as far as a request
	written atomic.Bool // the request was put on the wire, or may have been

	answer     answer
	tokenErr   *tokenError // no OAuth token: nothing was sent
	networkErr error       // there was no answer
}

type attemptKey struct{}

// withContext returns ctx with the record and the hook that notes the writing.
//
// The hook is WroteHeaders, not WroteRequest: HTTP/2 calls the latter after
// the last byte is on the wire, and not at all if the stream breaks in
// between. The headers go out first. It is called even if they could not be
// written, which then counts as no answer, to be on the safe side; the fence's
// refusal alone is told apart, in classify.
func (a *attempt) withContext(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, attemptKey{}, a)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { a.written.Store(true) },
	})
}

// oneShot is the transport that the SDK sees: outermost, so that whatever it
// does to a request, one attempt is at most one request to FCM, and everything
// about the answer stands in the attempt.
type oneShot struct {
	tokens *tokens // nil: no credentials
}

// RoundTrip is for http.Client. It fails only for a request that no attempt
// made; all that happens to an attempt's request goes into the attempt.
func (o oneShot) RoundTrip(req *http.Request) (*http.Response, error) {
	a, ok := req.Context().Value(attemptKey{}).(*attempt)
	if !ok {
		closeBody(req)
		return nil, errors.New("fcm: a request that no Send made")
	}
	if a.started {
		closeBody(req)
		return synthetic(req), nil
	}
	a.started = true

	req, ok = o.authorize(req, a)
	if !ok {
		return synthetic(req), nil
	}
	resp, err := a.transport.RoundTrip(req)
	if err != nil {
		a.networkErr = err
		return synthetic(req), nil
	}
	a.answer.read(resp)
	if resp.StatusCode != http.StatusOK {
		return synthetic(req), nil
	}
	resp.Body = a.answer.reader()
	return resp, nil
}

// authorize adds the OAuth token to a copy of req. Without one it notes the
// reason in a, and reports false.
//
// It stands in for the auth library's transport. That one holds a mutex while
// it asks the token endpoint: with an endpoint that hangs, senders queue up
// behind each other's deadlines. It also asks in the request's own context,
// whose hook would take the token request for the send.
func (o oneShot) authorize(req *http.Request, a *attempt) (*http.Request, bool) {
	if o.tokens == nil {
		return req, true
	}
	token, err := o.tokens.get(req.Context())
	if err != nil {
		closeBody(req)
		a.tokenErr = err
		return req, false
	}
	clone := req.WithContext(req.Context())
	clone.Header = maps.Clone(req.Header)
	httptransport.SetAuthHeader(token, clone)
	return clone, true
}

// synthetic is the answer with which the SDK gives up at once.
func synthetic(req *http.Request) *http.Response {
	return &http.Response{
		Status:     "599 see the attempt",
		StatusCode: statusNoRetry,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     http.Header{},
		Body:       http.NoBody,
		Request:    req,
	}
}

// closeBody keeps a RoundTripper's promise for a request that isn't sent.
func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // it is a buffer
	}
}

// read takes over all that classify needs of resp, and closes it.
func (an *answer) read(resp *http.Response) {
	an.status = resp.StatusCode
	an.retryAfter = resp.Header.Get("Retry-After")
	an.date = resp.Header.Get("Date")
	an.contentType = resp.Header.Get("Content-Type")
	an.body, an.bodyErr = io.ReadAll(io.LimitReader(resp.Body, maxBody))
	_ = resp.Body.Close()
}
