package fill

import (
	"fmt"
	"strconv"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// row is one push, ready to be written.
type row struct {
	id     string
	ms     int64 // accepted
	job    *push.Job
	life   *life
	fields []string // names and values of its record
}

// fields are those of a record, in the order in which Redis has them: each where
// it was first written.
type fields []string

func (f *fields) add(name, value string) { *f = append(*f, name, value) }

func (f *fields) set(name, value string) {
	for i := 0; i < len(*f); i += 2 {
		if (*f)[i] == name {
			(*f)[i+1] = value
			return
		}
	}
	f.add(name, value)
}

// scribe writes records.
type scribe struct {
	chance
	serial int64               // of FCM's messages
	names  map[int64][4]string // consumers, by day
	entry  entries
}

// record writes what is known of a push when it has ended.
func (s *scribe) record(job *push.Job, l *life) fields {
	f := make(fields, 0, 64)
	s.accept(&f, job, l)
	switch {
	case l.status == push.Cancelled:
		f.add(pushlog.FieldResult, "cancelled before it was sent")
		f.add(pushlog.FieldFCMSendYN, "N")
		f.add(pushlog.FieldFCMSendTime, stamp(l.ended))
	case len(l.tries) == 0:
		result := "expired before it could be sent"
		if l.code == push.CodeSuppressed {
			said := l.accepted.Add(-s.span(time.Minute, 24*time.Hour))
			result = "SUPPRESSED: not sent, the device token is suppressed: FCM said UNREGISTERED on " +
				stamp(said) + ", and is asked again from " + stamp(said.Add(24*time.Hour)) + " on"
		}
		s.settle(&f, l, result, s.consumer(l.ended), nil)
	default:
		for n := range l.tries[:len(l.tries)-1] {
			s.retry(&f, l, n)
		}
		last := &l.tries[len(l.tries)-1]
		consumer := s.consumer(last.start)
		s.settle(&f, l, s.result(last), consumer, []string{pushlog.PrefixTry + strconv.Itoa(len(l.tries)), line(last, consumer)})
	}
	return f
}

// accept writes what accept.lua does.
func (s *scribe) accept(f *fields, job *push.Job, l *life) {
	f.add(pushlog.FieldStatus, string(l.status))
	f.add(pushlog.FieldAcceptedAt, stamp(l.accepted))
	f.add(pushlog.FieldExpiresAt, stamp(l.expires))
	switch { // of the last time that it was put on a stream
	case l.status == push.Cancelled && !l.due.IsZero():
		f.add("entry", "")
	case len(l.tries) > 1:
		f.add("entry", s.entry.at(l.tries[len(l.tries)-1].start.Add(-time.Millisecond)))
	default:
		f.add("entry", s.entry.at(l.start()))
	}
	names := push.KeptFields()
	for i, value := range job.KeptValues() {
		if value != "" {
			f.add(names[i], value)
		}
	}
	f.add(pushlog.FieldFingerprint, job.Fingerprint())
}

// retry writes what retry.lua does after the nth try, from 0.
func (s *scribe) retry(f *fields, l *life, n int) {
	t := &l.tries[n]
	consumer := s.consumer(t.start)
	f.set(pushlog.FieldAttempts, strconv.Itoa(n+1))
	f.set(pushlog.FieldDeliveries, strconv.Itoa(n+1))
	f.set(pushlog.FieldConsumer, consumer)
	f.set(pushlog.FieldResult, s.result(t))
	f.set(pushlog.FieldErrorCode, string(t.code))
	f.add(pushlog.PrefixTry+strconv.Itoa(n+1), line(t, consumer))
	if n == 0 {
		f.add(pushlog.FieldRetryUntil, stamp(t.end().Add(time.Hour)))
	}
}

// settle writes what settle.lua does; try is the field of the last try, or nil.
func (s *scribe) settle(f *fields, l *life, result, consumer string, try []string) {
	yn := "N"
	if l.status == push.Sent {
		yn = "Y"
	}
	f.set(pushlog.FieldAttempts, strconv.Itoa(len(l.tries)))
	f.set(pushlog.FieldDeliveries, strconv.Itoa(max(1, len(l.tries))))
	f.set(pushlog.FieldConsumer, consumer)
	f.set(pushlog.FieldResult, result)
	f.add(pushlog.FieldFCMSendYN, yn)
	f.add(pushlog.FieldFCMSendTime, stamp(l.ended))
	*f = append(*f, try...)
	if l.code != "" || len(l.tries) > 1 {
		f.set(pushlog.FieldErrorCode, string(l.code))
	}
}

// result is FCM's answer in one text.
func (s *scribe) result(t *try) string {
	if t.code == push.CodeAccepted {
		s.serial++
		return "projects/demo/messages/0:" + strconv.FormatInt(t.end().UnixMicro(), 10) + "%" + strconv.FormatInt(s.serial, 16)
	}
	return string(t.code) + ": " + said[t.code].detail
}

// line is what the record says of a try.
func line(t *try, consumer string) string {
	b := make([]byte, 0, 96)
	b = append(append(append(b, stamp(t.start)...), ' '), consumer...)
	b = append(b, ' ')
	if status := said[t.code].status; status != 0 {
		b = strconv.AppendInt(b, int64(status), 10)
	} else {
		b = append(b, '-')
	}
	b = append(append(append(b, ' '), t.code...), " took="...)
	if t.took < time.Second {
		b = strconv.AppendInt(b, t.took.Round(time.Millisecond).Milliseconds(), 10)
		b = append(b, "ms"...)
	} else {
		b = append(b, t.took.Round(time.Second).String()...)
	}
	if t.wait > 0 {
		b = append(append(b, " retry_in="...), t.wait.Round(time.Second).String()...)
	}
	return string(b)
}

// consumer is the one that sent it. There are four, restarted every day.
func (s *scribe) consumer(at time.Time) string {
	day := at.Unix() / 86400
	names, ok := s.names[day]
	if !ok {
		for i := range names {
			names[i] = fmt.Sprintf("consumer-%d-%d-%06x", i+1, 300+s.IntN(30_000), s.IntN(1<<24))
		}
		s.names[day] = names
	}
	return names[s.IntN(len(names))]
}

// entries makes the ids of stream entries: the time in ms, and a number within it.
type entries struct {
	ms  int64
	seq int
}

func (e *entries) at(t time.Time) string {
	if ms := t.UnixMilli(); ms != e.ms {
		e.ms, e.seq = ms, 0
	} else {
		e.seq++
	}
	return strconv.FormatInt(e.ms, 10) + "-" + strconv.Itoa(e.seq)
}

func stamp(t time.Time) string { return t.UTC().Format(pushlog.TimeFormat) }

// count is one step of a counter.
type count struct {
	ms    int64
	field string
}

// counts are what accept, retry, settle and cancel have counted of a push.
func (l *life) counts() []count {
	list := append(make([]count, 0, 4), count{l.accepted.UnixMilli(), "accepted"})
	for _, t := range l.tries {
		if t.wait > 0 {
			ms := t.end().UnixMilli()
			list = append(list, count{ms, string(push.Retrying)}, count{ms, errorField[t.code]})
		}
	}
	list = append(list, count{l.ended.UnixMilli(), string(l.status)})
	if l.code != "" {
		list = append(list, count{l.ended.UnixMilli(), errorField[l.code]})
	}
	return list
}

// errorField names the counter of each code.
var errorField = func() map[push.Code]string {
	m := map[push.Code]string{}
	for _, c := range append(push.Codes(), push.CodeSuppressed) {
		m[c] = "error." + string(c)
	}
	return m
}()
