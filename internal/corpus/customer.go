package corpus

import (
	"encoding/hex"
	"math/rand/v2"
	"strconv"
)

// customer is what belongs to one of them. Neighbours have nothing in common, as
// in a real firm, where who gets most pushes is not who came first.
type customer struct {
	n      int
	source rand.PCG // of what is random in them, always the same
}

func (c *customer) is(n int) { c.n = n }

// csno is a number of eight digits, another for each customer: the factor shares
// no divisor with the range.
func (c *customer) csno() string { return strconv.Itoa(10_000_000 + c.n*48_271_103%90_000_000) }

// telno is a Korean mobile number.
func (c *customer) telno() string {
	const range8 = 100_000_000
	s := strconv.Itoa(range8 + c.n*73_939_133%range8)
	return "010-" + s[1:5] + "-" + s[5:]
}

// uuid is of version 4.
func (c *customer) uuid() string {
	c.source.Seed(3, uint64(c.n))
	var u [16]byte
	for i := 0; i < len(u); i += 8 {
		x := c.source.Uint64()
		for k := range 8 {
			u[i+k] = byte(x >> (8 * k))
		}
	}
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	var b [36]byte
	hex.Encode(b[0:], u[0:4])
	hex.Encode(b[9:], u[4:6])
	hex.Encode(b[14:], u[6:8])
	hex.Encode(b[19:], u[8:10])
	hex.Encode(b[24:], u[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// devices is how many phones they have: one in four has two.
func (c *customer) devices() int {
	if c.n%4 == 1 {
		return 2
	}
	return 1
}

// alphabet has the 64 characters of a token, one for each value of six bits.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// Token is an FCM token of the usual 152 characters, another for each n. Those of
// the customers come first, then the second ones of those who have two.
func Token(n int) string {
	var source rand.PCG
	source.Seed(2, uint64(n))
	var b [152]byte
	for i := 0; i < len(b); {
		x := source.Uint64()
		for k := 0; k < 10 && i < len(b); k, i = k+1, i+1 {
			b[i] = alphabet[x&63]
			x >>= 6
		}
	}
	copy(b[11:], ":APA91b")
	return string(b[:])
}
