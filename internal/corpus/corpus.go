// Package corpus makes jobs for tests and benchmarks: Korean and English texts
// that vary, customers of whom few get many pushes, about 450 bytes of payload
// each. The nth job is always the same.
package corpus

import (
	"fmt"
	"math/rand/v2"

	"pushstream/internal/push"
)

var (
	stocks   = []string{"삼성전자", "SK하이닉스", "NAVER", "카카오", "현대차", "LG에너지솔루션", "셀트리온", "KB금융", "POSCO홀딩스", "기아", "삼성바이오로직스", "한화에어로스페이스"}
	services = []string{"trade", "price", "notice", "login", "event"}
	closings = []string{
		"자세한 내용은 앱에서 확인하세요.", "주문 내역은 잔고 화면에서 볼 수 있습니다.", "본인이 아니면 고객센터 1588-0000으로 연락해 주세요.",
		"오늘 장은 15시 30분에 마감됩니다.", "See the order screen for details.", "수수료와 세금은 별도입니다.",
	}
	alphabet = []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
)

// customers is how many there are; the first ones get most pushes.
const customers = 200_000

// Job returns the nth job, valid and complete, with an id that begins with
// prefix.
func Job(prefix string, n int) push.Job {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	c := int(float64(customers) * r.Float64() * r.Float64() * r.Float64())
	stock := stocks[r.IntN(len(stocks))]
	side := []string{"매수", "매도", "정정"}[r.IntN(3)]
	service := services[r.IntN(len(services))]
	j := push.Job{
		ID:       fmt.Sprintf("%s-%09d", prefix, n),
		Csno:     fmt.Sprint(10_000_000 + c),
		UUIDID:   fmt.Sprintf("%08x-%04x", c*2_654_435_761%(1<<32), c%65_536),
		DeviceID: Token(c),
		MsgTitle: fmt.Sprintf("%s %s 체결 안내", stock, side),
		MsgContents: fmt.Sprintf("%s %d주가 %d,%03d원에 %s 체결되었습니다. %s",
			stock, 1+r.IntN(500), 1+r.IntN(900), r.IntN(1000), side, closings[r.IntN(len(closings))]),
		ServiceName: service,
		PushGrpID:   fmt.Sprintf("G%02d", r.IntN(40)),
		CustTelno:   fmt.Sprintf("010-%04d-%04d", c/10_000+2_000, c%10_000),
		Priority:    push.Normal,
		TTL:         push.DefaultTTL,
	}
	if r.IntN(5) == 0 {
		j.Data = map[string]string{"screen": service, "order_no": fmt.Sprint(700_000 + n)}
	}
	return j
}

// Token is the FCM token of customer c, of the usual 152 characters.
func Token(c int) string {
	r := rand.New(rand.NewPCG(2, uint64(c)))
	b := make([]byte, 152)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	copy(b[11:], ":APA91b")
	return string(b)
}
