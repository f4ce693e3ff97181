package redisconn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Kind names what keeps Redis from being used. The set is closed.
type Kind string

// The kinds.
const (
	Away     Kind = "away"       // no connection, or no answer in time
	Loading  Kind = "loading"    // it reads its data from disk
	Auth     Kind = "auth"       // user or password
	Rights   Kind = "rights"     // the user's ACL
	TLS      Kind = "tls"        // certificate, or one side without TLS
	ReadOnly Kind = "read_only"  // a replica
	Replicas Kind = "replicas"   // fewer than min-replicas-to-write
	Disk     Kind = "disk"       // it can't write its AOF or snapshot
	Memory   Kind = "memory"     // maxmemory is reached
	NoAOF    Kind = "no_aof"     // nothing is kept over a restart
	Eviction Kind = "eviction"   // maxmemory-policy may remove keys
	Version  Kind = "version"    // too old
	Cluster  Kind = "cluster"    // down, or REDIS_URL is of another kind of server
	Busy     Kind = "busy"       // a script of another client runs too long
	KeyType  Kind = "wrong_type" // a key of ours holds another type
	Other    Kind = "other"
)

// sentences say what is wrong and what to do, for everybody who may see that there is a
// Redis at all: they repeat neither addresses nor what Redis says.
var sentences = map[Kind]string{
	Away:     "Redis does not answer; start it, or correct REDIS_URL",
	Loading:  "Redis is loading its data from disk; wait until it has loaded them",
	Auth:     "Redis refuses the user or password of REDIS_URL; correct them (special characters percent-encoded), or enable the user (ACL LIST)",
	Rights:   "the Redis user of REDIS_URL lacks a right; grant it with ACL SETUSER (docs/operations.md lists the least rights)",
	TLS:      "no TLS connection to Redis",
	ReadOnly: "Redis is a read-only replica; connect to its master (redis+sentinel:// follows it), or promote this one with REPLICAOF NO ONE",
	Replicas: "Redis refuses writes: fewer replicas are connected than min-replicas-to-write demands; start them, or lower min-replicas-to-write",
	Disk:     "Redis refuses writes, because it can't write its data to disk; look at its log, free space on its disk, or let it write to its folder",
	Memory:   "Redis is out of memory and takes nothing new; flush the log (admin log flush), lower LOG_MAX_ROWS, or raise maxmemory",
	NoAOF:    "Redis has no AOF: when it restarts, accepted pushes are lost; set it with CONFIG SET appendonly yes (and in redis.conf), or allow it with REDIS_ALLOW_NO_AOF=true",
	Cluster:  "the Redis Cluster has no master for some of its slots; look at CLUSTER INFO",
	Busy:     "a script has been running in Redis for too long; end it with SCRIPT KILL",
	KeyType:  "a key of pushstream holds the wrong type; look at it, and remove or rename it",
	Other:    "Redis answers with an error",
}

// Fault is an error of Redis that is named: its kind, a sentence on what is wrong and
// what to do, and what was seen.
type Fault struct {
	Kind     Kind
	Sentence string
	Err      error // what was seen; nil if the sentence says it all
}

// Error is the sentence, and what was seen. No secret is in it.
func (f *Fault) Error() string {
	if f.Err == nil {
		return string(f.Kind) + ": " + f.Sentence
	}
	return string(f.Kind) + ": " + f.Sentence + " (" + strings.TrimSpace(f.Err.Error()) + ")"
}

// Unwrap returns what was seen.
func (f *Fault) Unwrap() error { return f.Err }

// NewFault returns a fault of a kind, with the kind's sentence.
func NewFault(kind Kind, err error) *Fault { return &Fault{kind, sentences[kind], err} }

// FaultOf names what an error of a Redis command means, nil for nil. An error that is no
// error of Redis is Other.
func FaultOf(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	kind, sentence := kindOf(err)
	if sentence == "" {
		sentence = sentences[kind]
	}
	return &Fault{kind, sentence, err}
}

// prefixes are the first words by which Redis names its errors, as a reply or inside of
// the text of a script's error.
var prefixes = []struct {
	text string
	kind Kind
}{
	{"LOADING", Loading}, {"MASTERDOWN", Away}, {"WRONGPASS", Auth}, {"NOAUTH", Auth}, {"NOPERM", Rights},
	{"READONLY", ReadOnly}, {"NOREPLICAS", Replicas}, {"MISCONF", Disk}, {"OOM", Memory},
	{"CLUSTERDOWN", Cluster}, {"TRYAGAIN", Cluster}, {"MOVED", Cluster}, {"CROSSSLOT", Cluster},
	{"BUSY", Busy}, {"UNKILLABLE", Busy}, {"WRONGTYPE", KeyType},
}

// kindOf returns the kind of an error, and a sentence that says more than that of the
// kind, if there is one.
func kindOf(err error) (Kind, string) {
	if kind, sentence := tlsKind(err); kind != "" {
		return kind, sentence
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "NOAUTH"):
		return Auth, "Redis demands a password and REDIS_URL has none; add user and password to REDIS_URL"
	case strings.Contains(text, "without any password configured"):
		return Auth, "REDIS_URL has a password and Redis has none; remove it from REDIS_URL, or set requirepass"
	case strings.Contains(text, "The user executing the script can't"): // Redis 7.0 inside of a script
		return Rights, ""
	case strings.Contains(text, "cluster support disabled"):
		return Cluster, "REDIS_URL begins with redis+cluster:// and Redis is no cluster; begin it with redis://"
	case redis.HasErrorPrefix(err, "MOVED"), redis.HasErrorPrefix(err, "CROSSSLOT"):
		return Cluster, "Redis is a cluster and REDIS_URL is of a single server; begin it with redis+cluster://"
	}
	for _, p := range prefixes {
		if redis.HasErrorPrefix(err, p.text) || strings.HasPrefix(text, p.text+" ") || strings.Contains(text, ": "+p.text+" ") {
			return p.kind, ""
		}
	}
	var network net.Error
	switch {
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, redis.ErrClosed),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed),
		strings.Contains(text, "connection pool timeout"), strings.Contains(text, "all sentinels"):
		return Away, ""
	}
	return Other, ""
}

// tlsKind is kindOf for what goes wrong while TLS is spoken; empty if it is not that.
func tlsKind(err error) (Kind, string) {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var remote *net.OpError
	text := err.Error()
	switch {
	case errors.As(err, &unknown):
		return TLS, "the certificate of Redis is signed by an unknown authority; add its CA to the system's, or name it in SSL_CERT_FILE"
	case errors.As(err, &name):
		return TLS, "the certificate of Redis is for another host name than REDIS_URL has; use a name of the certificate in REDIS_URL, or give Redis a certificate for this one"
	case errors.As(err, &invalid):
		return TLS, "the certificate of Redis is not valid (now, or for a server); give it a new one, or correct the clock"
	case errors.As(err, &record), strings.Contains(text, "does not look like a TLS handshake"):
		return TLS, "REDIS_URL is with TLS and Redis does not speak TLS at this port; begin it with redis:// (or redis+cluster://), or use the port of tls-port"
	case errors.As(err, &alert), errors.As(err, &remote) && remote.Op == "remote error":
		return TLS, "Redis breaks the TLS handshake off; it may demand a client certificate (tls-auth-clients)"
	}
	return "", ""
}
