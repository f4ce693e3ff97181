package telemetry

import (
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/time/rate"
)

const (
	linesBurst  = 5                // lines of a class that may come at once
	linesEvery  = time.Second      // and then one in this time
	leftOutTell = 10 * time.Second // how often a class's left-out lines are counted in a line
	maxClasses  = 64               // further classes share one
)

// Limiter writes log lines that clients or an outage can cause, and
// bounds their number: of each class five at once, then one a second. What it leaves
// out is counted in a line every 10 s. It is safe for concurrent use.
type Limiter struct {
	log  *zap.Logger
	tell time.Duration // leftOutTell

	mu      sync.Mutex
	classes map[string]*lineClass
}

// lineClass is the lines of one class.
type lineClass struct {
	rate *rate.Limiter
	left int // lines left out since the last count of them
}

// NewLimiter returns a limiter that writes to log.
func NewLimiter(log *zap.Logger) *Limiter {
	return &Limiter{log: log, tell: leftOutTell, classes: map[string]*lineClass{}}
}

// Log writes a line, or counts it if there were too many of its class. A class is one of
// a closed set, such as a status.
func (l *Limiter) Log(level zapcore.Level, class, message string, fields ...zap.Field) {
	line := l.log.Check(level, message)
	if line == nil || !l.allow(class) {
		return
	}
	line.Write(fields...)
}

func (l *Limiter) allow(class string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.classes[class]
	if c == nil && len(l.classes) >= maxClasses {
		class = "other"
		c = l.classes[class]
	}
	if c == nil {
		c = &lineClass{rate: rate.NewLimiter(rate.Every(linesEvery), linesBurst)}
		l.classes[class] = c
	}
	if c.rate.Allow() {
		return true
	}
	if c.left++; c.left == 1 {
		time.AfterFunc(l.tell, func() { l.tellLeft(class, c) })
	}
	return false
}

// tellLeft writes how many lines of a class were left out since the last time.
func (l *Limiter) tellLeft(class string, c *lineClass) {
	l.mu.Lock()
	left := c.left
	c.left = 0
	l.mu.Unlock()
	l.log.Info("lines left out of the log", zap.String("class", class), zap.Int("lines", left), zap.Duration("within", l.tell))
}
