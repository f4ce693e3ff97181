// Package apikey keeps the keys by which back ends may hand in pushes. Redis
// holds only the SHA-256 of a key, which is safe since a key is 256 random
// bits: <prefix>:keys is a hash from that to a Key as JSON.
package apikey
