package push

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
)

// fingerprintBytes is how much of the hash a fingerprint keeps. Only pushes of the same id
// are compared, so 128 bits have no collision by chance, and nobody gains by making one.
const fingerprintBytes = 16

// Fingerprint names what a validated job says: everything but its id and who handed it
// in. Two jobs of one fingerprint are the same push, however they were spelled: a
// reserved time counts as the moment that it means, a default as if it were given. It is
// base64url of a part of a SHA-256, 22 characters.
//
// An absent field leaves no trace, so that a field that is added later keeps the
// fingerprints of before.
func (j *Job) Fingerprint() string {
	due := ""
	if !j.DueAt.IsZero() {
		due = strconv.FormatInt(j.DueAt.UnixMilli(), 10)
	}
	return j.fingerprint(due)
}

// FingerprintAtOnce is the fingerprint of the same job without a reserved time.
func (j *Job) FingerprintAtOnce() string { return j.fingerprint("") }

// fingerprint is SHA-256 of names and values, each with its length before it.
func (j *Job) fingerprint(due string) string {
	b := make([]byte, 0, 512)
	add := func(name, value string) {
		if value != "" {
			b = appendText(appendText(b, name), value)
		}
	}
	for i := range fields {
		switch f := &fields[i]; {
		case f.Name == FieldID || f.Internal:
		case f.Name == FieldSndnRsevHour:
			add(f.Name, due)
		case f.Name == FieldData:
			var data []byte
			for _, k := range sortedKeys(j.Data) {
				data = appendText(appendText(data, k), j.Data[k])
			}
			add(f.Name, string(data))
		default:
			add(f.Name, f.Get(j))
		}
	}
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:fingerprintBytes])
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
