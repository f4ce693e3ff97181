package telemetry

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	"go.uber.org/zap"
)

// lookAgain is how long a certificate is taken to be the one of its files.
const lookAgain = time.Second

// LoadTLS returns how to serve HTTPS with a certificate and key in PEM files. When
// the files change, new connections get the new certificate; if it can't be read, or
// does not fit its key, the old one stays, with a warning.
func LoadTLS(log *zap.Logger, certFile, keyFile string) (*tls.Config, error) {
	c := &certificate{log: log, certFile: certFile, keyFile: keyFile}
	var err error
	if c.current, c.state, err = c.load(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get(), nil },
	}, nil
}

// certificate is one that is read again when its files change.
type certificate struct {
	log               *zap.Logger
	certFile, keyFile string

	mu      sync.Mutex
	current *tls.Certificate
	state   string // of the files, when current was read, or could not be
	looked  time.Time
}

func (c *certificate) get() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookAgain {
		return c.current
	}
	c.looked = time.Now()
	if c.stat() == c.state {
		return c.current
	}
	next, state, err := c.load()
	if c.state = state; err != nil {
		c.log.Warn("the new certificate can't be used; the old one stays", zap.Error(err))
		return c.current
	}
	c.current = next
	c.log.Info("new certificate", zap.Time("until", next.Leaf.NotAfter))
	return c.current
}

// load reads the files; state is theirs before that.
func (c *certificate) load() (*tls.Certificate, string, error) {
	state := c.stat()
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return nil, state, fmt.Errorf("read certificate: %w", err)
	}
	return &pair, state, nil
}

// stat is another text when one of the files has changed.
func (c *certificate) stat() (state string) {
	for _, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file) // follows the links that Kubernetes swaps
		if err != nil {
			state += err.Error()
			continue
		}
		state += fmt.Sprint(info.ModTime().UnixNano(), info.Size(), ";")
	}
	return state
}
