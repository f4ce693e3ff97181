package httpapi

import (
	"cmp"
	"net/http"

	"pushstream/internal/redisconn"
)

// RedisPrefix comes before the name of what keeps Redis from being used (503), in the
// type of a problem. The names are those of /readyz, and stay as they are.
const RedisPrefix = "urn:pushstream:redis:"

// outages say what is wrong, to people at the page and to back ends. What to
// do about it is for who runs pushstream, and is in /readyz and in the log.
var outages = map[redisconn.Kind]string{
	redisconn.Away:     "the store does not answer; try again",
	redisconn.Loading:  "Redis is loading its data from disk; try again when it has loaded them",
	redisconn.Auth:     "Redis refuses pushstream's user or password; tell who runs pushstream",
	redisconn.Rights:   "pushstream's Redis user lacks a right; tell who runs pushstream",
	redisconn.TLS:      "there is no TLS connection to Redis; tell who runs pushstream",
	redisconn.ReadOnly: "Redis refuses writes, because it is a read-only replica; try again, or tell who runs pushstream",
	redisconn.Replicas: "Redis refuses writes, because too few of its replicas are connected; try again, or tell who runs pushstream",
	redisconn.Disk:     "Redis refuses writes, because it can't write to its disk; tell who runs pushstream",
	redisconn.Memory:   "Redis is out of memory: flush the log, or give it more",
	redisconn.Cluster:  "the Redis Cluster has no master for some of its slots; try again, or tell who runs pushstream",
	redisconn.Busy:     "a script has been running in Redis for too long; try again, or tell who runs pushstream",
	redisconn.KeyType:  "a key of pushstream holds the wrong type; tell who runs pushstream",
}

// ProblemOf is the problem of a request that Redis would not serve: no word of Redis's
// answer, of an address or of a key is in it.
func ProblemOf(err error) Problem {
	p := Problem{Status: http.StatusServiceUnavailable, Title: http.StatusText(http.StatusServiceUnavailable), Type: "about:blank"}
	kind := redisconn.Other
	if f := redisconn.FaultOf(err); f != nil {
		kind = f.Kind
	}
	if outages[kind] != "" {
		p.Type = RedisPrefix + string(kind)
	}
	p.Detail = cmp.Or(outages[kind], "the store answers with an error; try again")
	return p
}
