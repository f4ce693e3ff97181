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
