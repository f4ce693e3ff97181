package share

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// One party alone gets half, and there is always something left for the next.
func TestShares(t *testing.T) {
	t.Parallel()
	for total, want := range map[int64][]int64{1: {1}, 2: {1, 0}, 3: {2, 0}, 64: {32, 16, 8, 4}} {
		a := NewAmounts(total)
		for i, want := range want {
			party, n := fmt.Sprint(i), int64(0)
			for a.Take(party, 1) {
				n++
			}
			if n != want && total > 3 || i == 0 && n != want {
				t.Errorf("of %d, party %d gets %d, want %d", total, i, n, want)
			}
		}
	}
}

func TestAmountsComeBack(t *testing.T) {
	t.Parallel()
	a := NewAmounts(100)
	if a.Take("a", 101) || !a.Take("a", 100) || a.Take("b", 1) {
		t.Error("all of it may be taken at once, and no more")
	}
	a.Give("a", 100)
	if a.Used() != 0 || len(a.of) != 0 {
		t.Errorf("%+v", a)
	}
}

// enter waits for a place in the background.
func enter(l *Line, w Who) chan func() {
	in := make(chan func(), 1)
	go func() {
		if leave, err := l.Enter(context.Background(), w); err == nil {
			in <- leave
		}
	}()
	return in
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// Who has many waiting delays another by one turn, and who goes ahead by none.
func TestTurns(t *testing.T) {
	t.Parallel()
	l := NewLine(LineOptions{Places: 1, Waiting: 1000, Whole: true})
	leave, err := l.Enter(t.Context(), Who{Party: "flood"})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var order []string
	var all sync.WaitGroup
	waiting := int64(0)
	join := func(n int, w Who) {
		for range n {
			all.Go(func() {
				leave, err := l.Enter(context.Background(), w)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, w.Party+w.Kind)
				mu.Unlock()
				leave()
			})
			waiting++
			eventually(t, "it waits", func() bool { return l.Waiting() == waiting })
		}
	}
	join(100, Who{Party: "flood"})
	join(1, Who{Party: "flood", Kind: "2"})
	join(1, Who{Party: "other"})
	join(1, Who{Party: "known", Ahead: true})
	leave()
	all.Wait()
	if at := []int{slices.Index(order, "known"), slices.Index(order, "flood2"), slices.Index(order, "other")}; !slices.Equal(at, []int{0, 2, 3}) {
		t.Errorf("%v: %v", at, order)
	}
	if l.used != 0 || len(l.of) != 0 || len(l.flows[0])+len(l.flows[1]) != 0 || l.Waiting() != 0 {
		t.Errorf("%+v", l)
	}
}

// A party that has its share lets others go first, however long it keeps its places.
func TestPlacesAreShared(t *testing.T) {
	t.Parallel()
	l := NewLine(LineOptions{Places: 4, Waiting: 100})
	var held []chan func()
	for range 10 {
		held = append(held, enter(l, Who{Party: "slow"}))
	}
	eventually(t, "its share is taken", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.of["slow"] == 2 })
	for range 50 {
		leave, err := l.Enter(t.Context(), Who{Party: "other"})
		if err != nil {
			t.Fatal(err)
		}
		leave()
	}
	for served := 0; served < len(held); { // each gets its turn
		for _, in := range held {
			select {
			case leave := <-in:
				leave()
				served++
			default:
			}
		}
	}
}

func TestWaitingRoom(t *testing.T) {
	t.Parallel()
	l := NewLine(LineOptions{Places: 1, Waiting: 4, Whole: true})
	leave, err := l.Enter(t.Context(), Who{Party: "a"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 2)
	for range 2 {
		go func() { _, err := l.Enter(ctx, Who{Party: "a"}); failed <- err }()
	}
	eventually(t, "two wait", func() bool { return l.Waiting() == 2 })
	if _, err := l.Enter(t.Context(), Who{Party: "a"}); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
	b, known := enter(l, Who{Party: "b"}), enter(l, Who{Party: "a", Ahead: true}) // there is room for others
	eventually(t, "four wait", func() bool { return l.Waiting() == 4 })
	cancel()
	for range 2 {
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	leave()
	(<-known)()
	(<-b)()
}

// Whoever gives up while the place comes loses none.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	l := NewLine(LineOptions{Places: 2, Waiting: 1000})
	var all sync.WaitGroup
	var in atomic.Int64
	for i := range 200 {
		all.Go(func() {
			for j := range 50 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(j)*10*time.Microsecond)
				leave, err := l.Enter(ctx, Who{Party: fmt.Sprint(i % 3), Ahead: j%2 == 0})
				if err == nil {
					if in.Add(1) > 2 {
						t.Error("more than there are places")
					}
					in.Add(-1)
					leave()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if l.used != 0 || l.Waiting() != 0 || len(l.flows[0])+len(l.flows[1]) != 0 {
		t.Errorf("%+v", l)
	}
}
