package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/redistest"
)

// poster is a load with two producers that are played.
func poster(t *testing.T, handler http.HandlerFunc) *load {
	t.Helper()
	l := newLoad(&system{}, nil, "secret", &cli{Rate: 100}, &journal{})
	for range 2 {
		srv := httptest.NewServer(handler)
		t.Cleanup(srv.Close)
		l.sys.producers = append(l.sys.producers, &unit{addr: strings.TrimPrefix(srv.URL, "http://")})
	}
	t.Cleanup(l.client.CloseIdleConnections)
	return l
}

// A job is handed in until it is answered for, under the same id.
func TestPost(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	l := poster(t, func(w http.ResponseWriter, r *http.Request) {
		var jobs []push.Job
		if err := json.NewDecoder(r.Body).Decode(&jobs); err != nil || len(jobs) != 2 || jobs[1].ID != "x-000000001" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("asked %v, %v, %v", jobs, r.Header, err)
		}
		switch asked.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.WriteHeader(http.StatusTooManyRequests)
		case 3:
			panic(http.ErrAbortHandler) // killed
		case 4: // half an answer
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(http.StatusAccepted)
		default:
			w.WriteHeader(http.StatusOK) // accepted the time before
		}
	})
	l.post(t.Context(), []push.Job{job("x", 0), job("x", 1)}, 0)
	accepted, handed, wrong := l.jobs()
	if len(accepted) != 2 || handed != 2 || len(wrong) != 0 || asked.Load() != 5 {
		t.Errorf("%d accepted, %d handed in, %v after %d requests", len(accepted), handed, wrong, asked.Load())
	}
}

func TestPostComplains(t *testing.T) {
	t.Parallel()
	l := poster(t, func(w http.ResponseWriter, r *http.Request) { http.Error(w, "why", http.StatusUnauthorized) })
	l.post(t.Context(), []push.Job{job("x", 0)}, 0)
	if accepted, _, wrong := l.jobs(); len(accepted) != 0 || len(wrong) != 1 || !strings.Contains(wrong[0], "401 to jobs x-000000000 …: why") {
		t.Errorf("%d accepted, %v", len(accepted), wrong)
	}
}

func TestPostGivesUp(t *testing.T) {
	t.Parallel()
	ctx, giveUp := context.WithCancel(t.Context())
	l := poster(t, func(w http.ResponseWriter, r *http.Request) {
		giveUp()
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	l.post(ctx, []push.Job{job("x", 0)}, 0)
	if accepted, handed, wrong := l.jobs(); len(accepted) != 0 || handed != 1 || len(wrong) != 0 {
		t.Errorf("%d accepted, %d handed in, %v", len(accepted), handed, wrong)
	}
}

func TestByHand(t *testing.T) {
	t.Parallel()
	l := newLoad(&system{}, redistest.New(t).Client(t), "", &cli{Rate: 2000}, &journal{})
	ctx, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	l.byHand(ctx, t.Context())
	accepted, handed, _ := l.jobs()
	n := l.rdb.XLen(t.Context(), lanes[0]).Val() + l.rdb.XLen(t.Context(), lanes[1]).Val()
	if len(accepted) == 0 || handed != len(accepted) || int(n) != handed {
		t.Errorf("%d accepted, %d handed in, %d entries", len(accepted), handed, n)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	next := 0
	pace(ctx, 1000, func() int { return 7 }, func(from, to int) {
		if from != next || to <= from || to > from+7 {
			t.Errorf("%d to %d after %d", from, to, next)
		}
		if next = to; next >= 100 {
			stop()
		}
	})
	if next < 100 || next > 120 {
		t.Errorf("handed in %d", next)
	}
}

// Who was held up does not make up for all of it.
func TestPaceSkips(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), 1300*time.Millisecond)
	defer stop()
	n := 0
	pace(ctx, 10, func() int { return 1 }, func(from, to int) {
		if n++; n == 1 {
			sleep(t.Context(), 1200*time.Millisecond)
		}
	})
	if n > 13 {
		t.Errorf("handed in %d in 1.3 s at 10/s", n)
	}
}
