package stream

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
	"pushstream/internal/redistest"
)

type nothing struct{}

func (nothing) Send(context.Context, *push.Job, time.Time) push.Outcome {
	return push.Outcome{Code: push.CodeAccepted, HTTPStatus: 200, MessageID: "projects/demo/messages/0:1700000000000000%31bd1c9631bd1c96", Took: time.Millisecond}
}

func benchJobs(n, offset int) []push.Job {
	jobs := make([]push.Job, n)
	for i := range jobs {
		k := offset + i
		jobs[i] = push.Job{
			ID: fmt.Sprintf("order-2026-11-22-%09d", k), Csno: fmt.Sprint(10000000 + k%50000), UUIDID: fmt.Sprintf("u-%08d", k%50000),
			DeviceID: fmt.Sprintf("c%08d:APA91b%s", k%50000, strings.Repeat("x1Yz_-9Q", 16)), MsgTitle: "체결 안내",
			MsgContents: "삼성전자 10주가 71,500원에 매수 체결되었습니다. 자세한 내용은 앱에서 확인하세요.", ServiceName: "trade",
			PushGrpID: fmt.Sprintf("G%d", k%40), CustTelno: "010-1234-5678", Priority: push.Normal, TTL: 3600,
		}
	}
	return jobs
}

// BenchmarkPipeline is accept, read and settle with a sender that does nothing.
func BenchmarkPipeline(b *testing.B) {
	srv := redistest.New(b, "--appendonly", "yes")
	rdb, blocking := srv.Client(b), srv.Client(b)
	keys := pushlog.Keys{Prefix: "push", Partitions: 1}
	ctx, cancel := context.WithCancel(context.Background())
	p := NewProducer(rdb, keys, ProducerOptions{})
	cpu := func() float64 {
		var u, s float64
		for _, line := range strings.Split(rdb.Info(context.Background(), "cpu").Val(), "\r\n") {
			fmt.Sscanf(line, "used_cpu_user_main_thread:%f", &u)
			fmt.Sscanf(line, "used_cpu_sys_main_thread:%f", &s)
		}
		return (u + s) * 1e6
	}
	if err := EnsureGroups(ctx, rdb, keys); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	before := cpu()
	for i := 0; i < b.N; i += 800 {
		if _, err := p.Accept(ctx, benchJobs(min(800, b.N-i), i)); err != nil {
			b.Fatal(err)
		}
	}
	accepted := cpu()
	b.ReportMetric((accepted-before)/float64(b.N), "redis-µs/accept")
	c := NewConsumer(rdb, blocking, keys, nothing{}, ConsumerOptions{})
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	for c.sent.Load() < int64(b.N) {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric((cpu()-accepted)/float64(b.N), "redis-µs/settle")
	os.WriteFile("/tmp/cmdstats", []byte(rdb.Info(context.Background(), "commandstats").Val()), 0o644)
}
