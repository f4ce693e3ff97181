package corpus

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// scene is what a job is about: the same in its title and in its contents.
type scene struct {
	stock, other, abroad stock
	amount, percent      int // won; hundredths
	choice               int // of each list of once
}

// closings are up to two sentences that follow the contents.
func (m *maker) closings() [][]part {
	all := texts().closings
	switch x := m.below(100); {
	case x < 92:
		return nil
	case x < 99:
		i := m.below(len(all))
		return all[i : i+1]
	}
	i := m.below(len(all) - 1)
	return all[i : i+2]
}

// write makes a text of a template and what follows it.
func (m *maker) write(parts []part, more [][]part) string {
	m.buf = m.buf[:0]
	m.append(parts)
	for _, sentence := range more {
		m.buf = append(m.buf, ' ')
		m.append(sentence)
	}
	return string(m.buf)
}

func (m *maker) append(parts []part) {
	for i := range parts {
		p := &parts[i]
		m.buf = append(m.buf, p.literal...)
		switch {
		case p.once > 0:
			m.text(p.words[(m.about.choice>>p.once)%len(p.words)])
		case p.words != nil:
			m.text(p.words[m.below(len(p.words))])
		case p.fill != "":
			m.fill(p.fill)
		}
	}
}

// draw chooses what a job is about.
func (m *maker) draw() {
	l := texts()
	home, abroad := l.stocks[:l.abroad], l.stocks[l.abroad:]
	m.about = scene{
		stock:   home[m.popular(len(home))],
		other:   home[m.popular(len(home))],
		abroad:  abroad[m.below(len(abroad))],
		amount:  m.amount(),
		percent: m.popular(3000),
		choice:  m.below(math.MaxInt32),
	}
	m.about.stock.price = tick(m.about.stock.price * (70 + m.below(60)) / 100)
}

func (m *maker) text(s string) { m.buf = append(m.buf, s...) }

// fill puts in what a name stands for.
func (m *maker) fill(name string) {
	switch name {
	case "stock":
		m.text(m.about.stock.name)
	case "stock2":
		m.text(m.about.other.name)
	case "us":
		m.text(m.about.abroad.name)
	case "이", "은", "을", "과":
		m.particle(name)
	case "name":
		m.join(&texts().people, m.who.n, m.who.n/7, m.who.n/3)
	case "person":
		m.join(&texts().people, m.below(1000), m.below(1000), m.below(1000))
	case "firm": // one that is on no list
		m.join(&texts().firms, m.below(1000), m.below(1000), m.below(1000))
	case "num":
		m.comma(m.popular(9000))
		m.buf = append(m.buf, '.')
		m.number(m.below(10))
	case "qty":
		m.comma(1 + m.popular(3000))
	case "n":
		m.number(1 + m.below(99))
	case "d":
		m.number(1 + m.below(9))
	case "price":
		m.comma(m.about.stock.price)
	case "amount":
		m.comma(m.about.amount)
	case "usd":
		m.comma(3 + m.popular(900))
		m.buf = append(m.buf, '.')
		m.pad(m.below(100), 2)
	case "rate":
		m.comma(1300 + m.below(150))
		m.buf = append(m.buf, '.')
		m.pad(m.below(10)*10, 2)
	case "pct":
		m.number(m.about.percent / 100)
		m.buf = append(m.buf, '.')
		m.pad(m.about.percent%100, 2)
	case "account":
		m.pad(100+m.who.n%800, 3)
		m.buf = append(m.buf, '-')
		m.pad(m.who.n%89, 2)
		m.buf = append(m.buf, '-')
		m.pad(m.who.n*7919%1_000_000, 6)
	case "order":
		m.pad(m.below(10_000_000), 10)
	case "code":
		m.pad(m.below(1_000_000), 6)
	case "code2":
		m.pad(m.below(10_000), 4)
	case "date":
		m.number(1 + m.below(12))
		m.buf = append(m.buf, "월 "...)
		m.number(1 + m.below(28))
		m.buf = append(m.buf, "일"...)
	case "datee":
		m.number(1 + m.below(28))
		m.buf = append(m.buf, [...]string{" September", " October", " November", " December"}[m.below(4)]...)
	case "time":
		m.pad(8+m.below(12), 2)
		m.buf = append(m.buf, ':')
		m.pad(m.below(60), 2)
	default:
		panic("nothing is known to put for {" + name + "}")
	}
}

// popular is a number from 0 to n-1, a low one more often.
func (m *maker) popular(n int) int {
	x := m.rand.Float64()
	return int(x * x * float64(n))
}

// amount is some won, from ten thousand to a hundred million; round more often
// than not.
func (m *maker) amount() int {
	step := [...]int{1, 10, 1000, 10_000, 10_000, 100_000}[m.below(6)]
	return max(10_000*(1+m.popular(100)*m.popular(100))+m.below(10_000), step) / step * step
}

// tick is a price as the exchange knows it.
func tick(won int) int {
	switch {
	case won < 2000:
		return won
	case won < 20_000:
		return won / 10 * 10
	case won < 200_000:
		return won / 100 * 100
	}
	return won / 500 * 500
}

// join writes a name of three parts.
func (m *maker) join(parts *[3][]string, a, b, c int) {
	for i, k := range [3]int{a, b, c} {
		m.buf = append(m.buf, parts[i][k%len(parts[i])]...)
	}
}

// particle writes 이 or 가, 은 or 는, 을 or 를, 과 or 와, by the sound that the word
// before ends with.
func (m *maker) particle(closed string) {
	r, _ := utf8.DecodeLastRune(m.buf)
	if open := r < 0xac00 || 0xd7a3 < r || (r-0xac00)%28 == 0; open {
		closed = afterVowel[closed]
	}
	m.buf = append(m.buf, closed...)
}

var afterVowel = map[string]string{"이": "가", "은": "는", "을": "를", "과": "와"}

func (m *maker) number(n int) { m.buf = strconv.AppendInt(m.buf, int64(n), 10) }

// pad writes a number with leading zeros.
func (m *maker) pad(n, digits int) {
	var b [20]byte
	text := strconv.AppendInt(b[:0], int64(n), 10)
	for range digits - len(text) {
		m.buf = append(m.buf, '0')
	}
	m.buf = append(m.buf, text...)
}

// comma writes a number with a comma every three digits.
func (m *maker) comma(n int) {
	if n < 1000 {
		m.number(n)
		return
	}
	m.comma(n / 1000)
	m.buf = append(m.buf, ',')
	m.pad(n%1000, 3)
}
