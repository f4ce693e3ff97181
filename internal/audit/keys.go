package audit

import (
	"crypto/sha256"
	"encoding/hex"
)

// keys makes the names of keys; it is what they all start with.
type keys string

func newKeys(prefix string) keys { return keys(prefix + ":{audit}") }

func (k keys) entries() string  { return string(k) + ":entries" }
func (k keys) outcomes() string { return string(k) + ":outcomes" }

// once is the key of what an actor does again and again. It holds a hash: what is done
// may be personal, and of any length.
func (k keys) once(kind Kind, actor, what string) string {
	sum := sha256.Sum256([]byte(string(kind) + "\n" + actor + "\n" + what))
	return string(k) + ":once:" + hex.EncodeToString(sum[:16])
}
