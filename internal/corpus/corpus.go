package corpus

import (
	"math/rand/v2"
	"strconv"
	"sync"

	"pushstream/internal/push"
)

// Words for searches, of a frequency that a test keeps.
const (
	// Rare is in the contents of one job in a hundred, and in some of their titles.
	Rare = "공모주"
	// Absent is in no title and no contents, though its beginning is in many.
	Absent = "체결오류"
	// AbsentToken is in no token and in no text at all, though its beginning is in
	// every token.
	AbsentToken = "APA91bNobodyHasThis"
)

// customers is how many there are.
const customers = 200_000

// How pushes are spread over them: the nth customer gets as many as
// (spreadFrom + n) to the power of -spread. The first ones get a thousand in a
// million, half of them less than three.
const (
	spread     = 1.1
	spreadFrom = 200
)

// maker makes one job at a time.
type maker struct {
	source rand.PCG
	rand   *rand.Rand
	spread *rand.Zipf
	buf    []byte
	who    customer
	about  scene
}

var makers = sync.Pool{New: func() any {
	m := &maker{buf: make([]byte, 0, 1024)}
	m.rand = rand.New(&m.source)
	m.spread = rand.NewZipf(m.rand, spread, spreadFrom, customers-1)
	return m
}}

// Job returns the nth job, valid and complete, with an id that begins with
// prefix.
func Job(prefix string, n int) push.Job {
	m := makers.Get().(*maker)
	defer makers.Put(m)
	m.source.Seed(1, uint64(n))
	m.who.is(int(m.spread.Uint64()))
	m.draw()
	t := texts().pick(m.rand)
	j := push.Job{
		ID:          m.id(prefix, n),
		Csno:        m.who.csno(),
		UUIDID:      m.who.uuid(),
		DeviceID:    m.token(),
		MsgTitle:    m.write(t.title, nil),
		MsgContents: m.write(t.contents, m.closings()),
		ServiceName: t.service,
		PushGrpID:   t.groups[m.below(m.below(groupsEach)+1)],
		CustTelno:   m.who.telno(),
		Priority:    push.Normal,
		TTL:         push.DefaultTTL,
	}
	if m.below(5) == 0 {
		j.Data = map[string]string{"screen": t.service, "order_no": strconv.Itoa(700_000 + n)}
	}
	return j
}

// id is prefix-000000001 and so on.
func (m *maker) id(prefix string, n int) string {
	m.buf = append(append(m.buf[:0], prefix...), '-')
	m.pad(n, 9)
	return string(m.buf)
}

// token is the first or the second one of the customer, who may have two phones.
func (m *maker) token() string {
	if m.who.devices() == 2 && m.below(3) == 0 {
		return Token(m.who.n + customers)
	}
	return Token(m.who.n)
}

// below is a number from 0 to n-1.
func (m *maker) below(n int) int { return m.rand.IntN(n) }
