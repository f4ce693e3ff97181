package pushlog

import (
	"errors"
	"time"

	"pushstream/internal/push"
)

// Filter says which pushes are meant: those that have all of what it names. The
// zero value is every push.
type Filter struct {
	Statuses  []push.Status  // one of these; empty: any
	Since     time.Time      // accepted then or later; zero: from the first
	Until     time.Time      // accepted before then; zero: to the last
	Exact     push.Job       // its columns of push.Field.Exact are these; an empty one: any
	ErrorCode push.Code      // empty: any
	FCMSendYN string         // SentYes or SentNo
	FCMSent   TimeRange      // fcm_send_time is in it
	Reserved  TimeRange      // sndn_rsev_hour is in it; a push without one is in none
	Text      Text           // a column has this word in it, or is it
	Zone      *time.Location // of reserved times, and of the times that Text is compared with; nil: UTC
}

// TimeRange is [Since, Until); a zero end is open.
type TimeRange struct{ Since, Until time.Time }

// Text is a word that a column of the record must contain, anywhere: the Latin
// letters A to Z match without regard to case, all else byte by byte. Or, with Whole,
// one that the column must be: byte by byte, letters too.
//
// Three kinds of columns are compared as people mean them. Phone numbers by their digits
// (push.PhoneDigits), if the word has any. Times, which are fcm_send_time and
// sndn_rsev_hour, as they are shown: see timeWord. And fcm_send_yn by the state: Y is
// what was sent, N what ended otherwise.
type Text struct {
	Column string // one of SearchColumns
	Word   string // in the normal form of the column, see NormalWord; empty: no search
	Whole  bool
}

// NormalWord is a word as it is searched for in a column: in the form that the column's
// values were given when they were accepted.
func NormalWord(column, word string) string {
	if c := ColumnOf(column); c != nil {
		return c.Normal(word)
	}
	return push.Short(word)
}

// MaxWord is the greatest length of Text.Word in bytes.
const MaxWord = 512

// ErrFilter is what a filter or query that makes no sense is refused with; the
// error's text says what is wrong.
var ErrFilter = errors.New("wrong filter")

// Query is a page of what a filter selects.
type Query struct {
	Filter
	Page   int       // from 1
	Size   int       // records on a page, 1 to MaxPageSize
	Oldest bool      // oldest first instead of newest first
	AsOf   time.Time // nothing accepted later; zero: now, and the answer says what that is
}

// How says by what a selection was found.
type How string

// The ways to find a selection.
const (
	ByIndex How = "index" // counted in sorted sets: any page at the same price
	ByWalk  How = "walk"  // the pushes of the smallest index were looked at one by one
	ByScan  How = "scan"  // columns of sealed chunks, and the records of the newest pushes
)

// Page is one page of the log.
type Page struct {
	Records []Record
	Total   int64     // pushes in the selection, as far as they were counted
	Exact   bool      // all were counted; if not, Total are at least so many
	Looked  int64     // pushes that were looked at for it; 0 if an index counted
	Of      int64     // pushes that there are to look at
	Newer   int64     // pushes accepted after AsOf, whatever they are
	AsOf    time.Time // for the next page: it holds the pages still while new pushes arrive
	How     How
}

// Progress is told how a Search is getting on. The first page with Records comes as
// soon as it is full, or when all has been looked at; the others have none. An
// error that it returns ends the search.
type Progress func(Page) error

// Span is one bar of a histogram.
type Span struct {
	At     time.Time             // it begins
	Total  int64                 // pushes accepted in it
	Counts map[push.Status]int64 // by their state now; only those that are there
}

// Histogram is how many pushes of a filter were accepted when.
type Histogram struct {
	Spans []Span // of equal length, oldest first, none left out
	Exact bool   // false: ctx ended before all was counted
	How   How
}

// MaxSpans is the greatest number of bars of a histogram.
const MaxSpans = 1500
