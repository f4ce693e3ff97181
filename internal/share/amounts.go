// Package share divides something that all need among parties, such as API keys or
// addresses, so that none of them can take all of it.
//
//	amounts.go  so much of something: bytes, places in a waiting room
//	line.go     places for work, and fair turns for who waits for one
//
// The rule is that of buffers in switches with dynamic thresholds: a party may hold as
// much as is left free. One party alone gets half, n busy ones get 1/(n+1) each, and as
// much is left for the next. Nothing is set aside for parties that are not there.
//
// A. K. Choudhury, E. L. Hahne: Dynamic queue length thresholds for shared-memory packet
// switches. IEEE/ACM Transactions on Networking 6 (1998).
package share

import "sync"

// Amounts divides a total. Its methods may be called at the same time.
type Amounts struct {
	mu    sync.Mutex
	total int64
	used  int64
	of    map[string]int64 // by party; who holds nothing is not in it
}

// NewAmounts divides a total.
func NewAmounts(total int64) *Amounts {
	return &Amounts{total: total, of: map[string]int64{}}
}

// Take takes n for a party, or nothing, if the party would then hold more than was
// free before.
func (a *Amounts) Take(party string, n int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of[party]+n > a.total-a.used {
		return false
	}
	a.used += n
	a.of[party] += n
	return true
}

// Give gives back n that a party has taken.
func (a *Amounts) Give(party string, n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.used -= n
	if a.of[party] -= n; a.of[party] == 0 {
		delete(a.of, party)
	}
}

// Used is how much is taken.
func (a *Amounts) Used() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.used
}
