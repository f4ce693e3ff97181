package stream

import "time"

const (
	waveTries   = 50               // of the last tries, each with another token,
	waveShare   = 40               // so many UNREGISTERED are a wave
	waveFor     = 10 * time.Minute // tries that are older say nothing
	believedFor = 10 * time.Minute // what FCM says after a wave that was none
)

// window is the last tries that FCM answered, the newest of each token.
type window struct {
	tries []answeredTry
	// spared are the tokens of the last wave: they are not to be suppressed, and if
	// they are already, that is taken back.
	spared  map[string]bool
	pending []string // of them, those to be taken off the list
}

type answeredTry struct {
	token        string // its hash
	unregistered bool
	at           time.Time
}

// add notes a try.
func (w *window) add(token string, unregistered bool, now time.Time) {
	for i := range w.tries {
		if w.tries[i].token == token {
			w.tries = append(w.tries[:i], w.tries[i+1:]...)
			break
		}
	}
	if len(w.tries) == waveTries {
		w.tries = append(w.tries[:0], w.tries[1:]...)
	}
	w.tries = append(w.tries, answeredTry{token, unregistered, now})
}

// wave reports whether most of the last tries were UNREGISTERED.
func (w *window) wave(now time.Time) bool {
	n := 0
	for _, t := range w.tries {
		if t.unregistered && now.Sub(t.at) < waveFor {
			n++
		}
	}
	return len(w.tries) == waveTries && n >= waveShare
}

// end ends the window: it returns when its first UNREGISTERED was, and the tokens.
func (w *window) end(now time.Time) (since time.Time, tokens []string) {
	w.spared, since = map[string]bool{}, now
	for _, t := range w.tries {
		if t.unregistered && now.Sub(t.at) < waveFor {
			if t.at.Before(since) {
				since = t.at
			}
			tokens = append(tokens, t.token)
			w.spared[t.token] = true
		}
	}
	w.pending, w.tries = tokens, nil
	return since, tokens
}
