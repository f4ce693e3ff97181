package fcmsim

import (
	"cmp"
	"math/bits"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Simulator is FCM, as an http.Handler. It is safe for concurrent use.
type Simulator struct {
	routes   *http.ServeMux
	bearers  *bearers
	settings atomic.Pointer[settings]
	ledger   atomic.Pointer[ledger]
	changing sync.Mutex // one Configure or Reset at a time
}

// settings is a Config made ready, with what is consumed of it.
type settings struct {
	Config
	odds      odds
	tokenOdds odds
	scripts   *scripts
	quota     *quota
	device    *quota        // of each token
	nameless  atomic.Uint64 // messages without an id, for their draws
	tokens    atomic.Uint64 // token requests, for theirs
}

func newSettings(c Config) *settings {
	return &settings{
		Config:    c,
		odds:      newOdds(c.Faults),
		tokenOdds: newOdds(c.TokenFaults),
		scripts:   newScripts(c.Scripts),
		quota:     newQuota(c.QuotaPerMinute),
		device:    newDeviceQuota(c.DevicePerMinute),
	}
}

// New returns a simulator. A config that c.Validate refuses is a bug of the
// caller, and panics; a config from outside goes through Validate first.
func New(c Config) *Simulator {
	if err := c.Validate(); err != nil {
		panic("fcmsim: " + err.Error())
	}
	s := &Simulator{bearers: newBearers()}
	s.settings.Store(newSettings(c))
	s.ledger.Store(newLedger(cmp.Or(c.KeepMessages, DefaultKeepMessages)))
	s.routes = s.control()
	return s
}

// Configure replaces the whole config, or returns everything that is wrong
// with it. Scripts, quota and draws start again; the counters go on.
func (s *Simulator) Configure(c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	s.settings.Store(newSettings(c))
	s.ledger.Load().kept.resize(cmp.Or(c.KeepMessages, DefaultKeepMessages))
	return nil
}

// Config returns what was set last.
func (s *Simulator) Config() Config { return s.settings.Load().Config }

// Reset starts again: counters, tries, kept messages, scripts, quota and draws.
// The config and the bearer tokens stay. A request in flight counts for what
// was before.
func (s *Simulator) Reset() {
	s.changing.Lock()
	defer s.changing.Unlock()
	c := s.Config()
	s.settings.Store(newSettings(c))
	s.ledger.Store(newLedger(cmp.Or(c.KeepMessages, DefaultKeepMessages)))
}

// Stats returns the counters.
func (s *Simulator) Stats() Stats { return s.ledger.Load().snapshot() }

// Message returns what is known of a msg_id, and whether it was ever tried.
func (s *Simulator) Message(msgID string) (Message, bool) {
	book := s.ledger.Load()
	e, ok := book.find(msgID)
	if !ok {
		return Message{}, false
	}
	m := Message{
		MsgID:         msgID,
		Attempts:      int(e.tries),
		Accepted:      int(e.accepted),
		AnswersBroken: bits.OnesCount64(e.broken),
		EarlyRetries:  int(e.early),
		First:         time.UnixMicro(e.firstUS).UTC(),
		Last:          time.UnixMicro(e.lastUS).UTC(),
		Body:          book.kept.lastBody(msgID),
	}
	if e.accepted > 0 {
		us, _ := e.acceptance(int(e.accepted) - 1)
		m.LastAccepted = time.UnixMicro(us).UTC()
	}
	return m, true
}

// Acceptances returns every acceptance of a msg_id, in their order; nil if
// there was none.
func (s *Simulator) Acceptances(msgID string) []Acceptance {
	e, _ := s.ledger.Load().find(msgID)
	var all []Acceptance
	for n := range int(e.accepted) {
		us, broken := e.acceptance(n)
		all = append(all, Acceptance{At: time.UnixMicro(us).UTC(), Broken: broken})
	}
	return all
}

// Messages returns up to limit kept acceptances, newest first; all of them if
// limit is negative.
func (s *Simulator) Messages(limit int) []Accepted { return s.ledger.Load().kept.newest(limit) }

// ServeHTTP answers as FCM does.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The one path that is asked 10,000 times a second goes past the mux.
	if rest, ok := strings.CutPrefix(r.URL.Path, "/v1/projects/"); ok && r.Method == http.MethodPost {
		if project, ok := strings.CutSuffix(rest, "/messages:send"); ok && validProject(project) {
			s.send(w, r, project)
			return
		}
	}
	s.routes.ServeHTTP(w, r)
}

// validProject keeps slashes and quotes out of message names.
func validProject(p string) bool {
	return p != "" && strings.IndexFunc(p, func(r rune) bool {
		return !alphanumeric(r) && !strings.ContainsRune("-_.:", r)
	}) < 0
}
