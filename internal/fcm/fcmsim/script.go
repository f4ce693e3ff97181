package fcmsim

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Answer is one scripted answer: the name of a fault ("ok" for none), or a
// code of FCM, an HTTP status, or both. A status without a code is answered
// without an FcmError; a code without a status comes with its own.
type Answer struct {
	Fault      string `json:"fault,omitempty"`
	Code       string `json:"code,omitempty"`        // FcmError.errorCode
	Status     int    `json:"status,omitempty"`      // HTTP: 200, or 300 to 599
	RetryAfter string `json:"retry_after,omitempty"` // the header as it is sent
}

func (a Answer) validate() error {
	var errs []error
	switch {
	case a.Fault == "" && a.Code == "" && a.Status == 0:
		errs = append(errs, errors.New("fault, code or status is needed"))
	case a.Fault != "" && (a.Code != "" || a.Status != 0):
		errs = append(errs, errors.New("fault excludes code and status"))
	}
	if _, ok := faults[a.Fault]; !ok && a.Fault != "" && a.Fault != answerOK {
		errs = append(errs, fmt.Errorf("no fault %q; there are ok %s", a.Fault, names(faults)))
	}
	if _, ok := codes[a.Code]; !ok && a.Code != "" {
		errs = append(errs, fmt.Errorf("no code %q; there are %s", a.Code, names(codes)))
	}
	if a.Status != 0 && a.Status != http.StatusOK && (a.Status < 300 || a.Status > 599) {
		errs = append(errs, fmt.Errorf("status must be 200, or 300 to 599, not %d", a.Status))
	}
	return errors.Join(errs...)
}

// compile makes the answer that a stands for; a must be valid.
func (a Answer) compile() *answer {
	var made answer
	switch {
	case a.Fault == answerOK, a.Fault == "" && a.Code == "" && a.Status == http.StatusOK:
		made = *okAnswer
	case a.Fault != "":
		made = *faultAnswers[a.Fault]
	case a.Code != "":
		made = *coded(a.Code)
	default:
		made = answer{tally: fmt.Sprintf("HTTP_%d", a.Status), state: "UNKNOWN", message: http.StatusText(a.Status)}
	}
	if a.Status != 0 {
		made.status = a.Status
	}
	made.retryAfter = a.RetryAfter
	return &made
}

// scripts hands out scripted answers, one per try.
type scripts struct {
	mu   sync.Mutex
	left map[string][]*answer
}

func newScripts(config map[string][]Answer) *scripts {
	s := &scripts{left: make(map[string][]*answer, len(config))}
	for token, answers := range config {
		for _, one := range answers {
			s.left[token] = append(s.left[token], one.compile())
		}
	}
	return s
}

// next returns the next answer for token, or nil if there is none left.
func (s *scripts) next(token string) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	answers := s.left[token]
	if len(answers) == 0 {
		return nil
	}
	s.left[token] = answers[1:]
	return answers[0]
}
