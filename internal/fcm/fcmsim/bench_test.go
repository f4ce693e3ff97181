package fcmsim_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"pushstream/internal/fcm/fcmsim"
)

// typical is what the consumer sends, 700 bytes.
func typical(id string) []byte {
	return fmt.Appendf(nil, `{"message":{"topic":"","data":{"msg_id":%q,"push_grp_id":"GRP-0042","csno":"0001234567"},`+
		`"notification":{"title":"[안내] 카드 승인 알림","body":"홍길동님 11/22 09:30 12,900원 일시불 승인되었습니다. 누적 금액은 앱에서 확인하세요."},`+
		`"android":{"ttl":"3600s","priority":"high","notification":{"tag":%q}},`+
		`"apns":{"headers":{"apns-collapse-id":%q,"apns-priority":"10"},"payload":{"aps":{"sound":"default"}}},`+
		`"token":"fGz1dGVzdA:APA91bH0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}}`,
		id, id, id)
}

// BenchmarkHandler is the simulator alone.
func BenchmarkHandler(b *testing.B) {
	sim := fcmsim.New(fcmsim.Config{})
	const ids = 10_000
	bodies := make([][]byte, ids)
	for i := range bodies {
		bodies[i] = bytes.Replace(typical("id-"+strconv.Itoa(i)), []byte(`"topic":"",`), nil, 1)
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/projects/p/messages:send", nil)
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Body = io.NopCloser(bytes.NewReader(bodies[i%ids]))
		sim.ServeHTTP(w, r)
		if w.status != 0 {
			b.Fatalf("answered %d", w.status)
		}
	}
}

// sink is a ResponseWriter that keeps nothing but a status that was set.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

// BenchmarkTLS is the simulator and its client over TLS and HTTP/2, beside the
// same with a handler that does nothing: the difference is the simulator's.
func BenchmarkTLS(b *testing.B) {
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"name":"projects/p/messages/1"}`)
	})
	for name, handler := range map[string]http.Handler{"bare": bare, "sim": fcmsim.New(fcmsim.Config{})} {
		b.Run(name, func(b *testing.B) {
			srv, err := fcmsim.Listen(handler, fcmsim.ServerOptions{TLSAddr: "127.0.0.1:0"})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = srv.Close(ended()) })
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(srv.Certificate())
			transport := http.DefaultTransport.(*http.Transport).Clone()
			transport.TLSClientConfig = &tls.Config{RootCAs: roots}
			transport.MaxConnsPerHost = 1
			b.Cleanup(transport.CloseIdleConnections)
			client := &http.Client{Transport: transport}
			var n atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(45)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					body := bytes.Replace(typical("id-"+strconv.FormatInt(n.Add(1), 10)), []byte(`"topic":"",`), nil, 1)
					answer, err := client.Post(srv.TLSURL()+"/v1/projects/p/messages:send", "application/json", bytes.NewReader(body))
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, answer.Body)
					_ = answer.Body.Close()
					if answer.StatusCode != http.StatusOK {
						b.Errorf("answered %d", answer.StatusCode)
						return
					}
				}
			})
		})
	}
}
