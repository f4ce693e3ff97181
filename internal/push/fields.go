package push

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The wire names of a job's fields.
const (
	FieldID           = "id"
	FieldCsno         = "csno"
	FieldUUIDID       = "uuid_id"
	FieldServiceName  = "D_servicename"
	FieldPushGrpID    = "push_grp_id"
	FieldCustTelno    = "cust_telno"
	FieldDeviceID     = "device_id"
	FieldMsgTitle     = "msg_title"
	FieldMsgContents  = "msg_contents"
	FieldData         = "data"
	FieldSndnRsevHour = "sndn_rsev_hour"
	FieldPriority     = "priority"
	FieldTTL          = "ttl"
	FieldAPIKey       = "api_key"
)

// Field is a column of a push, and everything that depends on which column it is. The
// table below is the only list of columns: decoding, records, chunks, filters, masks,
// exports, imports and flags read it.
type Field struct {
	Name            string
	Korean, English string // heads of a file for Excel
	Flag            string // of the command line; the name with dashes if empty, "-": none
	Help            string // of that flag

	Internal bool   // pushstream sets it; a job that is handed in can't have it
	Long     bool   // its normal form is Text, as of words searched for in it; else it is Short
	Limit    int    // characters, of a short text; 0: check says
	Default  string // of an absent one; a record does not keep it

	Search Search // how a search compares it
	Exact  bool   // a filter has a parameter of its name: pushes with exactly this value
	Index  Index  // of all pushes with one value
	Moves  bool   // it can change after the push was accepted

	Personal bool // masked, never in a URL
	Mask     Mask // of a personal one

	text  func(*Job) *string // where it is; nil: get and set
	get   func(*Job) string  // as text
	set   func(*Job, string) // from what get returned
	check func(string) string
}

// Search says how a search compares a column with a word.
type Search int

// The ways.
const (
	NoSearch    Search = iota // it can't be searched
	SearchText                // by its characters
	SearchPhone               // by its digits
	SearchTime                // as times are shown
	SearchYesNo               // by the state
)

// Index says under which name a value is indexed.
type Index int

// The ways.
const (
	NoIndex Index = iota
	ByValue       // the value itself
	ByHash        // a hash of it: it is long, or a secret
)

// Mask is how many characters are shown of a personal value: the first or the last ones.
type Mask struct{ First, Last int }

// fields are the columns, in the order of the log's columns where it has one.
//
// Adding one: see "A new column" in docs/architecture.md.
var fields = []Field{
	{Name: FieldID, Korean: "푸시 ID", English: "Push id",
		Help: "Unique id and idempotency key of the push. Empty: generated.",
		text: func(j *Job) *string { return &j.ID }, check: checkID},
	{Name: FieldSndnRsevHour, Korean: "발송 예약 시각", English: "Scheduled at", Flag: "at",
		Help:   "Send at this time, within 366 days: yyyyMMddHHmmss or 2026-11-22 09:30 in PUSH_ZONE, or RFC 3339. Empty: now.",
		Search: SearchTime, Moves: true,
		text: func(j *Job) *string { return &j.SndnRsevHour }, check: checkNothing}, // see Job.resolve
	{Name: FieldCsno, Korean: "고객번호", English: "Customer no.", Help: "Customer number.",
		Limit: MaxText, Search: SearchText, Exact: true, Index: ByValue, Personal: true, Mask: Mask{Last: 3},
		text: func(j *Job) *string { return &j.Csno }},
	{Name: FieldUUIDID, Korean: "UUID", English: "UUID", Help: "UUID of the app.",
		Limit: MaxText, Search: SearchText, Personal: true, Mask: Mask{First: 4},
		text: func(j *Job) *string { return &j.UUIDID }},
	{Name: FieldDeviceID, Korean: "기기 토큰", English: "Device token", Help: "Device token (FCM registration token).",
		Search: SearchText, Exact: true, Index: ByHash, Personal: true, Mask: Mask{First: 6},
		text: func(j *Job) *string { return &j.DeviceID }, check: checkToken},
	// A title begins with what it is about, and often goes on with a name or an amount.
	{Name: FieldMsgTitle, Korean: "제목", English: "Title", Flag: "title", Help: "Title. A title or contents is required.",
		Long: true, Search: SearchText, Personal: true, Mask: Mask{First: 2},
		text: func(j *Job) *string { return &j.MsgTitle }, check: checkText},
	{Name: FieldMsgContents, Korean: "내용", English: "Body", Flag: "contents", Help: "Body.",
		Long: true, Search: SearchText, Personal: true, Mask: Mask{First: 2},
		text: func(j *Job) *string { return &j.MsgContents }, check: checkText},
	{Name: FieldServiceName, Korean: "서비스명", English: "Service", Flag: "servicename", Help: "Service (D_servicename).",
		Limit: MaxText, Search: SearchText, Exact: true,
		text: func(j *Job) *string { return &j.ServiceName }},
	{Name: FieldPushGrpID, Korean: "푸시 그룹", English: "Push group", Help: "Push group.",
		Limit: MaxText, Search: SearchText, Exact: true, Index: ByValue,
		text: func(j *Job) *string { return &j.PushGrpID }},
	{Name: FieldCustTelno, Korean: "전화번호", English: "Phone", Help: "Phone number of the customer.",
		Limit: MaxText, Search: SearchPhone, Personal: true, Mask: Mask{Last: 4},
		text: func(j *Job) *string { return &j.CustTelno }},
	{Name: FieldData, Flag: "-", get: (*Job).dataText, set: (*Job).setDataText},
	{Name: FieldPriority, Flag: "-", Default: string(Normal),
		text: func(j *Job) *string { return (*string)(&j.Priority) }, check: checkPriority},
	{Name: FieldTTL, Flag: "-", Default: strconv.Itoa(DefaultTTL), get: (*Job).ttlText, set: (*Job).setTTLText},
	{Name: FieldAPIKey, Korean: "API 토큰", English: "API token", Flag: "-", Internal: true,
		text: func(j *Job) *string { return &j.APIKey }, check: checkNothing},
}

// Columns returns the table. It must not be changed.
func Columns() []Field { return fields }

// Fields returns the wire names of the fields that a job may be handed in with, in the
// order of the log's columns where it has one.
func Fields() []string { return slices.Clone(fieldNames) }

var fieldNames = namesOf(func(f *Field) bool { return !f.Internal })

// KeptFields returns the names of what a record keeps of its job, in the order of
// KeptValues.
func KeptFields() []string { return slices.Clone(keptNames) }

var keptNames = namesOf(func(f *Field) bool { return f.Name != FieldID })

// IndexedFields returns the names of the fields that have an index.
func IndexedFields() []string { return slices.Clone(indexedNames) }

var indexedNames = namesOf(func(f *Field) bool { return f.Index != NoIndex })

// PersonalFields returns the names of the fields that hold customers' data, or may.
func PersonalFields() []string { return slices.Clone(personalNames) }

var personalNames = namesOf(func(f *Field) bool { return f.Personal })

// KeptValues are what a record keeps of a job, in the order of KeptFields. An absent
// value and the default are empty.
func (j *Job) KeptValues() []string {
	values := make([]string, 0, len(keptNames))
	for i := range fields {
		f := &fields[i]
		if f.Name == FieldID {
			continue
		}
		value := f.Get(j)
		if value == f.Default {
			value = ""
		}
		values = append(values, value)
	}
	return values
}

// Lookup returns the column of a name; nil if there is none.
func Lookup(name string) *Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

func namesOf(is func(*Field) bool) (names []string) {
	for i := range fields {
		if is(&fields[i]) {
			names = append(names, fields[i].Name)
		}
	}
	return names
}

// Text is where the text of the field is in a job; nil for data and ttl, which are none.
func (f *Field) Text(j *Job) *string {
	if f.text == nil {
		return nil
	}
	return f.text(j)
}

// Get returns the field of a job as text: that of data is JSON.
func (f *Field) Get(j *Job) string {
	if f.text != nil {
		return *f.text(j)
	}
	return f.get(j)
}

// Set sets the field of a job to what a record keeps of it. What can't be read is absent.
func (f *Field) Set(j *Job, kept string) {
	if kept == "" {
		kept = f.Default
	}
	if f.text != nil {
		*f.text(j) = kept
		return
	}
	f.set(j, kept)
}

// Normal is the normal form of a value of the field, or of a word that is searched for
// in it.
func (f *Field) Normal(s string) string {
	if f.Long {
		return Text(s)
	}
	return Short(s)
}

// FlagName is the name of the field's flag on a command line; empty if it has none.
func (f *Field) FlagName() string {
	switch f.Flag {
	case "-":
		return ""
	case "":
		return strings.ToLower(strings.ReplaceAll(f.Name, "_", "-"))
	}
	return f.Flag
}

// Required reports whether a job must have the field.
func (f *Field) Required() bool { return f.text != nil && f.fault("") != "" }

// fault says what is wrong with a text of the field, in its normal form.
func (f *Field) fault(s string) string {
	if f.check != nil {
		return f.check(s)
	}
	switch {
	case s == "":
		return ""
	case !utf8.ValidString(s):
		return notUTF8
	case len(s) > f.Limit && utf8.RuneCountInString(s) > f.Limit:
		return fmt.Sprintf("is longer than %d characters", f.Limit)
	}
	return checkChars(s, "")
}

func checkNothing(string) string { return "" }

func checkID(s string) string {
	if s == "" || ValidID(s) {
		return ""
	}
	return fmt.Sprintf("must be 1 to %d characters of A-Z a-z 0-9 . _ : -", MaxID)
}

func checkPriority(s string) string {
	if s == "" || s == string(Normal) || s == string(Urgent) {
		return ""
	}
	return "must be urgent or normal"
}

func (j *Job) dataText() string {
	if len(j.Data) == 0 {
		return ""
	}
	b, _ := json.Marshal(j.Data) // a map of texts always marshals
	return string(b)
}

func (j *Job) setDataText(kept string) {
	if kept != "" {
		_ = json.Unmarshal([]byte(kept), &j.Data)
	}
}

func (j *Job) ttlText() string { return strconv.Itoa(j.TTL) }

func (j *Job) setTTLText(kept string) {
	n, err := strconv.Atoi(kept)
	if err != nil {
		n = DefaultTTL
	}
	j.TTL = n
}
