package admin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// document is docs/openapi.yaml, valid, with the admin's paths on any host.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(cmp.Or(os.Getenv("OPENAPI_FILE"), "../../docs/openapi.yaml"))
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	doc.Servers = nil
	for path, item := range doc.Paths.Map() {
		if item.Servers = nil; !strings.HasPrefix(path, "/api/") {
			doc.Paths.Delete(path)
		}
	}
	return doc, nil
})

func spec(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// contract finds the routes of the document.
var contract = sync.OnceValues(func() (routers.Router, error) {
	openapi3filter.RegisterBodyDecoder("text/csv", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.PlainBodyDecoder)
	doc, err := document()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// asIDs are paths that are the id of a push too.
var asIDs = []string{"/api/v1/pushes/search", "/api/v1/pushes/export"}

// conform holds a request and its answer against docs/openapi.yaml. A request that
// was refused may be anything; its answer may not.
func conform(t testing.TB, r *http.Request, body string, w *httptest.ResponseRecorder) {
	t.Helper()
	spec, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	if r.Method == http.MethodGet && r.URL.RawQuery == "" && slices.Contains(asIDs, r.URL.Path) {
		return
	}
	again := r.Clone(t.Context())
	again.Body = io.NopCloser(strings.NewReader(body))
	route, params, err := spec.FindRoute(again)
	if err != nil { // no such route, or method
		if w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s %s is not documented: %v; it answered %d", r.Method, r.URL, err, w.Code)
		}
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: again, PathParams: params, Route: route, Options: &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
	}}
	// An empty value is an absent one here, and a wrong one to the library.
	if w.Code < 300 && !slices.ContainsFunc(slices.Collect(maps.Values(r.URL.Query())), func(v []string) bool { return v[0] == "" }) {
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("%s %s was answered with %d, and is not documented so: %v", r.Method, r.URL, w.Code, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: in.Options}
	out.SetBodyBytes(bytes.Clone(w.Body.Bytes()))
	if w.Header().Get("Content-Type") == ndjson {
		out.Options = &openapi3filter.Options{ExcludeResponseBody: true, IncludeResponseStatus: true}
		conformLines(t, route.Operation.Responses.Status(w.Code).Value.Content.Get(ndjson).Schema.Value, w.Body.Bytes())
	}
	if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
		t.Errorf("the answer to %s %s is not as documented: %v", r.Method, r.URL, err)
	}
}

// conformLines holds each line of an answer against its schema.
func conformLines(t testing.TB, schema *openapi3.Schema, body []byte) {
	t.Helper()
	for line := range bytes.Lines(body) {
		var value any
		if err := json.Unmarshal(line, &value); err != nil {
			t.Errorf("a line is no JSON: %v: %s", err, line)
		} else if err := schema.VisitJSON(value); err != nil {
			t.Errorf("a line is not as documented: %v", err)
		}
	}
}
