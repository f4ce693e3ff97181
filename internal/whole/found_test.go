package whole

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"pushstream/internal/logkeep"
	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// handed are forms in which people hand in a value, or type it.
var handed = []func(string) string{
	func(s string) string { return s },
	func(s string) string { return "  " + s + " \t" },
	func(s string) string { return "\ufeff" + s + "\u00a0\u3000" },
	func(s string) string { return "\u200b" + s + "\u2060" },
	norm.NFD.String,
	norm.NFC.String,
	fullWidth,
}

// fullWidth is what a Korean or Japanese keyboard makes of ASCII.
func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r - '!' + 0xff01
		}
		return r
	}, s)
}

// spelled are the ways to write a phone.
var spelled = []func(a, b, c string) string{
	func(a, b, c string) string { return a + "-" + b + "-" + c },
	func(a, b, c string) string { return a + b + c },
	func(a, b, c string) string { return "+82-" + a[1:] + "-" + b + "-" + c },
	func(a, b, c string) string { return "+82" + a[1:] + b + c },
	func(a, b, c string) string { return a + " " + b + " " + c },
	func(a, b, c string) string { return "(" + a + ")" + b + "-" + c },
	func(a, b, c string) string { return a + "–" + b + "–" + c },
	func(a, b, c string) string { return a + "." + b + "." + c },
	func(a, b, c string) string { return fullWidth(a + "-" + b + "-" + c) },
}

// finding is a question that must find a push.
type finding struct {
	id   string
	text pushlog.Text
}

// foundModel makes pushes of values that were handed in oddly, and what people type.
type foundModel struct {
	*logModel
	asks []finding
}

func (m *foundModel) pick(all ...string) string { return all[m.r.IntN(len(all))] }

func (m *foundModel) form(s string) string { return handed[m.r.IntN(len(handed))](s) }

// asked notes questions for a value of a column: as a whole, and for a part of it, each
// typed in some form.
func (m *foundModel) asked(id, column, value string, text bool) {
	runes := []rune(value)
	from := m.r.IntN(len(runes))
	part := string(runes[from : from+1+m.r.IntN(len(runes)-from)])
	form := m.form
	if text { // titles and contents are looked through letter by letter, but for Hangul
		form = func(s string) string { return []func(string) string{norm.NFD.String, norm.NFC.String}[m.r.IntN(2)](s) }
	}
	for range 2 {
		m.ask1(id, column, form(value), true)
		if strings.TrimSpace(part) != "" {
			m.ask1(id, column, form([]func(string) string{strings.ToUpper, strings.ToLower}[m.r.IntN(2)](part)), false)
		}
	}
}

func (m *foundModel) ask1(id, column, word string, whole bool) {
	m.asks = append(m.asks, finding{id, pushlog.Text{Column: column, Word: pushlog.NormalWord(column, word), Whole: whole}})
}

// acceptOdd accepts a push, and notes what must find it.
func (m *foundModel) acceptOdd(n int) {
	digits := func(n int) string { return fmt.Sprintf("%0*d", n, m.r.IntN([]int{1, 10, 100, 1000, 10_000}[n])) }
	id := fmt.Sprintf("id-%d", n)
	m.n = n
	latin := m.pick("Gold", "VIP-1", "abc DEF", "00123456", "1E5", "Ab.c_d")
	hangul := m.pick("삼성전자", "체결 알림", "각 계좌", "가나다-7")
	values := map[string]string{
		push.FieldCsno: m.pick("0012", "A", "c-") + digits(4), push.FieldUUIDID: latin + digits(3), push.FieldDeviceID: "tok:" + digits(4) + "-Az_" + digits(2),
		push.FieldServiceName: m.pick(latin, hangul), push.FieldPushGrpID: m.pick(hangul, latin) + digits(1),
	}
	texts := map[string]string{push.FieldMsgTitle: hangul + " " + latin, push.FieldMsgContents: latin + "\n" + hangul + digits(4)}
	fields := map[string]string{push.FieldID: m.form(id)}
	for name, value := range values {
		fields[name] = m.form(value)
		m.asked(id, name, value, false)
	}
	for name, value := range texts {
		fields[name] = []func(string) string{norm.NFD.String, norm.NFC.String}[m.r.IntN(2)](value)
		m.asked(id, name, value, true)
	}
	a, b, c := m.pick("010", "011"), digits(4), digits(4)
	fields[push.FieldCustTelno] = m.form(spelled[m.r.IntN(len(spelled))](a, b, c))
	for _, spell := range spelled {
		m.ask1(id, push.FieldCustTelno, m.form(spell(a, b, c)), m.r.IntN(2) == 0)
	}
	for _, part := range []string{c, b + c, b + "-" + c, a + b, a, "+82 " + a[1:] + b} {
		m.ask1(id, push.FieldCustTelno, m.form(part), false)
	}
	at := time.Now().In(seoul).Add(time.Duration(m.r.IntN(7200)-3600) * time.Second)
	fields[push.FieldSndnRsevHour] = m.form(at.Format(m.pick("20060102150405", "2006-01-02 15:04:05", "2006/01/02 15:04:05", time.RFC3339)))
	for _, layout := range []string{"20060102150405", "2006-01-02 15:04:05", "2006/01/02 15:04:05", time.RFC3339} {
		m.ask1(id, push.FieldSndnRsevHour, m.form(at.Format(layout)), m.r.IntN(2) == 0)
	}
	for _, layout := range []string{"2006-01-02", "15:04", "2006-01-02 15:04", "20060102"} {
		m.ask1(id, push.FieldSndnRsevHour, m.form(at.Format(layout)), false)
	}
	j, err := push.FromFields(fields, seoul)
	if err != nil || j.ID != id {
		m.t.Fatalf("%q: %q %v", fields, j.ID, err)
	}
	if got := m.accept(m.t, j); got[0].Refused() {
		m.t.Fatal(got)
	}
}

// check asks all, and wants what a look at every record finds, among it the push.
func (m *foundModel) check(stage string) {
	m.t.Helper()
	var records []pushlog.Record
	records = m.naive(pushlog.Filter{})
	for _, one := range m.asks {
		f := pushlog.Filter{Zone: seoul, Text: one.text}
		var want []string
		for i := range records {
			if f.Matches(&records[i]) {
				want = append(want, records[i].ID)
			}
		}
		page, err := m.log.List(m.t.Context(), pushlog.Query{Filter: f, Page: 1, Size: 1000})
		var got []string
		for _, r := range page.Records {
			got = append(got, r.ID)
		}
		if err != nil || !slices.Contains(got, one.id) || !slices.Equal(got, want) || int(page.Total) != len(want) {
			at := slices.IndexFunc(records, func(r pushlog.Record) bool { return r.ID == one.id })
			m.t.Fatalf("%s: %+v finds %q by %s (%v), want %q, among it %s: %+v", stage, one.text, got, page.How, err, want, one.id, records[at].Job)
		}
	}
}

// Whatever is accepted is found by what a person would type for it, however it was handed
// in and however it is typed: of records, in chunks, and packed.
func TestWhatIsAcceptedIsFound(t *testing.T) {
	t.Parallel()
	for seed := range 3 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := &foundModel{logModel: newLogModel(t, uint64(seed+100))}
			m.r = rand.New(rand.NewPCG(uint64(seed), 77))
			const pushes = 16
			for n := range pushes {
				m.acceptOdd(n + 1)
			}
			m.check("unsealed")
			if err := m.sendNow(t); err != nil {
				t.Fatal(err)
			}
			m.deliver(t, pushes, func() push.Outcome { return sent })
			s := logkeep.NewSealer(m.rdb, m.keys, logkeep.Options{ChunkRows: 3})
			for _, p := range m.keys.All() {
				if _, err := s.Seal(t.Context(), p, time.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
				if m.rdb.ZCard(t.Context(), p.Chunks()).Val() == 0 {
					t.Errorf("%s has no chunk", p.Base)
				}
			}
			m.check("sealed")
			packed := 0
			for _, p := range m.keys.All() {
				n, err := m.packer.Pass(t.Context(), p, time.Now().Add(time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				packed += n
			}
			if packed == 0 {
				t.Error("nothing was packed")
			}
			m.check("packed")
			t.Log(len(m.asks), "questions,", packed, "of", pushes, "packed")
		})
	}
}
