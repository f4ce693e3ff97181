package fcmsim

import (
	"reflect"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds nesting; deeper bodies are left to encoding/json.
const maxDepth = 32

// scanner decodes the JSON that clients really send in a tenth of the time
// that encoding/json takes, which would be a fifth of what a request costs.
// It knows no errors: what it can't read (an unknown name, another type, null,
// a list, a name twice, a mistake) it gives up on, and decodeSlowly begins
// anew. The strings it sets share the memory of text.
type scanner struct {
	text string
	at   int
}

// shape is a type that the scanner can fill.
type shape struct {
	kind   reflect.Kind // Struct, Map, String, Pointer (to a string), Bool; Invalid: skipped
	fields map[string]member
}

type member struct {
	index int
	shape *shape
}

// sendShape is the shape of sendRequest.
var sendShape = shapeOf(reflect.TypeFor[sendRequest]())

// shapeOf returns nil for a type that is left to encoding/json.
func shapeOf(t reflect.Type) *shape {
	switch {
	case t == reflect.TypeFor[free]():
		return &shape{kind: reflect.Invalid}
	case t.Kind() == reflect.String, t.Kind() == reflect.Bool,
		t == reflect.TypeFor[*string](), t == reflect.TypeFor[map[string]string]():
		return &shape{kind: t.Kind()}
	case t.Kind() == reflect.Struct:
		s := &shape{kind: reflect.Struct, fields: map[string]member{}}
		for i := range t.NumField() {
			s.fields[t.Field(i).Tag.Get("json")] = member{i, shapeOf(t.Field(i).Type)}
		}
		return s
	}
	return nil
}

// scan fills r from body and reports whether it could. If not, r is half full.
func (r *sendRequest) scan(body []byte) bool {
	s := scanner{text: string(body)}
	if !s.fill(reflect.ValueOf(r).Elem(), sendShape) {
		return false
	}
	s.peek()
	return s.at == len(s.text)
}

// fill reads a value into v.
func (s *scanner) fill(v reflect.Value, to *shape) bool {
	if to == nil {
		return false
	}
	switch to.kind {
	case reflect.Struct:
		return s.fillStruct(v, to)
	case reflect.Map:
		m := v.Interface().(map[string]string)
		if m == nil {
			m = map[string]string{}
			v.Set(reflect.ValueOf(m))
		}
		return s.object(func(name string) bool {
			value, ok := s.str()
			m[name] = value
			return ok
		})
	case reflect.String:
		value, ok := s.str()
		v.SetString(value)
		return ok
	case reflect.Pointer:
		value, ok := s.str()
		v.Set(reflect.ValueOf(&value))
		return ok
	case reflect.Bool:
		v.SetBool(s.peek() == 't')
		return s.word("true") || s.word("false")
	default:
		return s.skip(0)
	}
}

func (s *scanner) fillStruct(v reflect.Value, to *shape) bool {
	var seen uint64
	return s.object(func(name string) bool {
		field, ok := to.fields[name]
		if !ok || seen>>field.index&1 == 1 {
			return false
		}
		seen |= 1 << field.index
		return s.fill(v.Field(field.index), field.shape)
	})
}

// object reads an object; value reads the value of each name.
func (s *scanner) object(value func(name string) bool) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	for {
		name, ok := s.str()
		if !ok || !s.take(':') || !value(name) {
			return false
		}
		if !s.take(',') {
			return s.take('}')
		}
	}
}

// skip reads any value.
func (s *scanner) skip(depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch s.peek() {
	case '{':
		return s.object(func(string) bool { return s.skip(depth + 1) })
	case '[':
		s.at++
		if s.take(']') {
			return true
		}
		for s.skip(depth + 1) {
			if !s.take(',') {
				return s.take(']')
			}
		}
		return false
	case '"':
		_, ok := s.str()
		return ok
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

// number reads a whole number of one to nine digits; others are rare here.
func (s *scanner) number() bool {
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	n := s.at - from
	return n == 1 || n > 1 && n < 10 && s.text[from] != '0'
}

// str reads a string.
func (s *scanner) str() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	from, ascii := s.at, true
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			value := s.text[from:s.at]
			s.at++
			return value, ascii || utf8.ValidString(value)
		case c == '\\':
			return s.escaped(from)
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// escaped reads the rest of a string from its first backslash on.
func (s *scanner) escaped(from int) (string, bool) {
	value := []byte(s.text[from:s.at])
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '"':
			return string(value), utf8.Valid(value)
		case c < ' ':
			return "", false
		case c != '\\':
			value = append(value, c)
		default:
			r, ok := s.escape()
			if !ok {
				return "", false
			}
			value = utf8.AppendRune(value, r)
		}
	}
	return "", false
}

// escape reads what follows a backslash.
func (s *scanner) escape() (rune, bool) {
	if s.at >= len(s.text) {
		return 0, false
	}
	c := s.text[s.at]
	s.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		high, ok := s.hex()
		if !ok || !utf16.IsSurrogate(high) {
			return high, ok
		}
		if !s.word(`\u`) {
			return 0, false
		}
		low, ok := s.hex()
		r := utf16.DecodeRune(high, low)
		return r, ok && r != utf8.RuneError
	}
	return 0, false
}

func (s *scanner) hex() (rune, bool) {
	if s.at+4 > len(s.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(s.text[s.at:s.at+4], 16, 16)
	s.at += 4
	return rune(n), err == nil
}

// word reads exactly w.
func (s *scanner) word(w string) bool {
	if len(s.text)-s.at < len(w) || s.text[s.at:s.at+len(w)] != w {
		return false
	}
	s.at += len(w)
	return true
}

// take reads c, after white space.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// peek passes white space and returns what follows, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}
