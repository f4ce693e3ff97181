package main

import (
	"strings"
	"time"

	"pushstream/internal/corpus"
	"pushstream/internal/push"
)

// slowEnding is the end of a token that FCM answers late.
const slowEnding = "-slow"

// job returns the nth job of one way in. Most are ordinary; one in a hundred
// has each of the fates that the simulator knows (internal/fcm/fcmsim/doc.go).
// Those of one customer have one token, so that dead ones come again.
func job(prefix string, n int) push.Job {
	j := corpus.Job(prefix, n)
	switch n % 100 {
	case 3:
		j.DeviceID += "-unregistered"
	case 13:
		j.DeviceID += "-mismatch"
	case 23:
		j.DeviceID += "-invalid"
	case 33:
		j.DeviceID += "-apns"
	case 43:
		j.DeviceID += "-flaky"
	case 53:
		j.DeviceID += "-unavailable"
		j.TTL = 2 + n/100%3 // its retries come to an end
	case 63:
		j.DeviceID += slowEnding
	case 73:
		j.DeviceID += "-ghost"
	}
	if n%3000 == 83 { // it holds all sending for a second
		j.DeviceID += "-quota"
	}
	if n%5 == 0 {
		j.Priority = push.Urgent
	}
	if n%20 == 7 {
		ahead := time.Duration(1+n/20%4) * time.Second
		j.SndnRsevHour = time.Now().Add(ahead).UTC().Format(time.RFC3339)
	}
	return j
}

// answeredIn is how long FCM takes to answer for a token at most, on a good
// day, beyond what every answer takes.
func answeredIn(token string) time.Duration {
	if strings.HasSuffix(token, slowEnding) {
		return slowFor
	}
	return 0
}
