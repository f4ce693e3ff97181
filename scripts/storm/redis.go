package main

import (
	"context"
	"fmt"
	"time"
)

// strikeRedis breaks connections, scripts, the group and Redis itself until
// ctx ends, and leaves it running.
func (s *storm) strikeRedis(ctx context.Context) {
	d := newDraws(s.flags.Seed, trackRedis)
	away := min(time.Second, s.flags.Lease/4)
	cards := [][]func(context.Context, float64){
		card(4, s.killConnections), card(3, s.flushScripts), card(1, s.destroyGroup),
		card(3, func(ctx context.Context, share float64) { s.killRedis(ctx, time.Duration(share*float64(away))) }),
	}
	if time.Duration(s.flags.Seconds)*time.Second >= 6*s.flags.Lease {
		cards = append(cards, card(1, func(ctx context.Context, share float64) {
			s.killRedis(ctx, s.flags.Lease+time.Duration((0.5+share)*float64(2*time.Second)))
		}))
	}
	faults := newDeck(d, cards...)
	for sleep(ctx, d.span(1500*time.Millisecond, 4*time.Second)) {
		fault, share := faults.deal(), d.Float64()
		fault(ctx, share)
	}
}

// killRedis kills redis-server and starts it again on the same data.
func (s *storm) killRedis(ctx context.Context, away time.Duration) {
	begin := time.Now()
	end := s.journal.begin(event{what: redisAway, at: begin})
	s.journal.note(event{what: killed, who: "redis", at: begin})
	s.sys.killRedis()
	sleep(ctx, away)
	start, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	s.must(s.sys.startRedis(start))
	end()
}

// killConnections breaks every connection to Redis.
func (s *storm) killConnections(ctx context.Context, _ float64) {
	s.journal.note(event{what: connectionsKilled})
	s.struck(ctx, s.rdb.Do(ctx, "CLIENT", "KILL", "TYPE", "normal").Err())
}

// flushScripts makes Redis forget every script.
func (s *storm) flushScripts(ctx context.Context, _ float64) {
	s.journal.note(event{what: scriptsFlushed})
	s.struck(ctx, s.rdb.ScriptFlush(ctx).Err())
}

// destroyGroup destroys the group of both lanes, and with it all knowledge of
// which pushes are in flight where.
func (s *storm) destroyGroup(ctx context.Context, _ float64) {
	end := s.journal.begin(event{what: groupDestroyed})
	for _, lane := range lanes {
		s.struck(ctx, s.rdb.XGroupDestroy(ctx, lane, "fcm").Err())
	}
	end()
}

// struck complains of a fault that could not be made, unless the storm is over.
func (s *storm) struck(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.must(fmt.Errorf("make a fault in Redis: %w", err))
	}
}

// lanes are the work streams.
var lanes = []string{keys.Partition(0).Base + ":jobs", keys.Partition(0).Base + ":jobs:urgent"}
