package fcmsim

// The salts keep the draws for different purposes independent.
const (
	saltFault = iota + 1
	saltRadius
	saltAngle
	saltToken
)

// identity is what a draw depends on besides the seed: which message, and
// which try of it.
type identity struct {
	hash uint64
	try  uint64
}

// uniform returns a number in [0, 1). It is a hash and not a stream of
// numbers, so that what one message meets doesn't depend on the order in
// which the others arrive.
func (i identity) uniform(seed, salt uint64) float64 {
	h := mix(seed + salt)
	h = mix(h ^ i.hash)
	h = mix(h ^ i.try)
	return float64(h>>11) / (1 << 53)
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hashOf is FNV-1a: the same in every process, unlike hash/maphash.
func hashOf(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return h
}
