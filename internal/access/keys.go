package access

import (
	"crypto/sha256"
	"encoding/hex"
)

// keys makes the names of keys; it is what they all start with. The scripts build
// the same names where only they know the value.
type keys string

func newKeys(prefix string) keys { return keys(prefix + ":{access}") }

func (k keys) users() string                 { return string(k) + ":users" }
func (k keys) user(name string) string       { return string(k) + ":user:" + name }
func (k keys) session(id string) string      { return string(k) + ":session:" + id }
func (k keys) sessions(name string) string   { return string(k) + ":sessions:" + name }
func (k keys) token(id string) string        { return string(k) + ":token:" + id }
func (k keys) used(id string) string         { return string(k) + ":used:" + id }
func (k keys) converting() string            { return string(k) + ":converting" }
func (k keys) tokens() string                { return string(k) + ":tokens" }
func (k keys) known(name string) string      { return string(k) + ":known:" + name }
func (k keys) devices(name string) string    { return string(k) + ":devices:" + name }
func (k keys) failed() string                { return string(k) + ":failed" }
func (k keys) failedUser(name string) string { return string(k) + ":failed:user:" + hash(name) }
func (k keys) failedAddress(network string) string {
	return string(k) + ":failed:address:" + network
}
func (k keys) failedPair(name, network string) string {
	return string(k) + ":failed:pair:" + hash(name+" "+network)
}

// asked and alarm are of somebody's searches for personal data.
func (k keys) asked(who Actor) string {
	return string(k) + ":asked:" + string(who.Kind) + ":" + who.Name
}
func (k keys) alarm(who Actor) string {
	return string(k) + ":alarm:" + string(who.Kind) + ":" + who.Name
}

func (k keys) oidc(cookie string) string { return string(k) + ":oidc:" + hash(cookie) }

// idLength is the length of a hash.
const idLength = 32

// hash is the name of a secret in keys: the first 16 bytes of its SHA-256 in hex.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:idLength/2])
}

// oldKeys is the hash with the producer keys of the version before.
func oldKeys(prefix string) string { return prefix + ":keys" }

// oldField is the field of a secret in it: the whole SHA-256 in hex.
func oldField(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
