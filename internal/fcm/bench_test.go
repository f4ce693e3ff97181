package fcm

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	firebase "firebase.google.com/go/v4"
	"google.golang.org/api/option"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// BenchmarkSend is Send against the simulator in the same process. cpu-s/10k is
// of both sides together, allocations too; BenchmarkSDK is what it compares to.
func BenchmarkSend(b *testing.B) {
	_, plain, secure := simulate(b, fcmsim.Config{KeepMessages: -1})
	for name, opts := range map[string]Options{"plain": plain, "tls": secure} {
		b.Run(name, func(b *testing.B) {
			s, err := New(b.Context(), opts)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(s.Close)
			expires := time.Now().Add(time.Hour)
			measure(b, func(j *push.Job) {
				if out := s.Send(b.Context(), j, expires); out.Code != push.CodeAccepted {
					b.Errorf("%+v", out)
				}
			})
		})
	}
}

// BenchmarkSDK is the same over plain HTTP with the SDK alone: no permits, no
// record, no classification, no metrics.
func BenchmarkSDK(b *testing.B) {
	_, opts, _ := simulate(b, fcmsim.Config{KeepMessages: -1})
	transport := newTransport("http", DefaultConcurrency, nil)
	b.Cleanup(transport.CloseIdleConnections)
	app, err := firebase.NewApp(b.Context(), &firebase.Config{ProjectID: demoProject},
		option.WithHTTPClient(&http.Client{Transport: transport}), option.WithEndpoint(opts.Endpoint+"/v1"))
	if err != nil {
		b.Fatal(err)
	}
	client, err := app.Messaging(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	expires := time.Now().Add(time.Hour)
	measure(b, func(j *push.Job) {
		if _, err := client.Send(b.Context(), build(j, expires, time.Now(), soundOf(DefaultSound))); err != nil {
			b.Error(err)
		}
	})
}

// measure runs do with new jobs from 256 goroutines on two cores.
func measure(b *testing.B, do func(*push.Job)) {
	template := testJob()
	template.DeviceID = "device:" + strings.Repeat("x", 140)
	template.MsgContents = "홍길동님 11/22 09:30 12,900원 일시불 승인되었습니다. 누적 금액은 앱에서 확인하세요."
	template.Data = map[string]string{"screen": "card", "no": "1234"}
	var n atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(128)
	b.ResetTimer()
	before := cpu(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			j := *template
			j.ID = fmt.Sprint("bench-", n.Add(1))
			do(&j)
		}
	})
	b.ReportMetric((cpu(b)-before).Seconds()/float64(b.N)*10_000, "cpu-s/10k")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkBuild(b *testing.B) {
	j, now := testJob(), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		build(j, now, now, soundOf(DefaultSound))
	}
}

func BenchmarkClassify(b *testing.B) {
	ok := record{answer: answer{status: 200}, token: testToken, messageID: "projects/demo/messages/0:1"}
	bad := record{token: testToken, answer: answer{status: 404,
		body: []byte(errorBody(404, "NOT_FOUND", "Requested entity was not found.", "UNREGISTERED", ""))}}
	for name, r := range map[string]*record{"accepted": &ok, "unregistered": &bad} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				classify(r)
			}
		})
	}
}
