package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// Each kind of fault has a track of its own, with random numbers of its own,
// so that what one draws does not depend on how long another takes.
const (
	trackConsumers uint64 = iota + 1
	trackProducers
	trackRedis
	trackFCM
	trackImports
	trackHTTP
)

// draws are the random numbers of one track.
type draws struct{ *rand.Rand }

func newDraws(seed, track uint64) draws { return draws{rand.New(rand.NewPCG(seed, track))} }

// span draws a time between two.
func (d draws) span(least, most time.Duration) time.Duration {
	return least + time.Duration(d.Float64()*float64(most-least))
}

// deck deals each of its cards once before it is shuffled again, so that even
// a short storm has something of everything.
type deck[T any] struct {
	draws draws
	cards []T
	left  []T
}

// card is a card that a deck has n times.
func card[T any](n int, what T) []T { return slices.Repeat([]T{what}, n) }

func newDeck[T any](d draws, cards ...[]T) *deck[T] {
	return &deck[T]{draws: d, cards: slices.Concat(cards...)}
}

func (d *deck[T]) deal() T {
	if len(d.left) == 0 {
		d.left = slices.Clone(d.cards)
		d.draws.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
	}
	top := d.left[0]
	d.left = d.left[1:]
	return top
}

// weather runs every track until ctx ends and all is healed again.
func (s *storm) weather(ctx context.Context) {
	tracks := []func(context.Context){s.strikeConsumers, s.strikeProducers, s.strikeRedis, s.strikeFCM}
	if s.flags.Parties {
		tracks = []func(context.Context){s.strikeParties}
	}
	for _, track := range tracks {
		s.strikes.Go(func() { track(ctx) })
	}
	s.strikes.Wait()
}
