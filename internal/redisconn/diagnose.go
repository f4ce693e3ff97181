package redisconn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// diagnoseTimeout bounds the look at what a server speaks.
const diagnoseTimeout = time.Second

// Diagnose names an error of a command, as FaultOf. One side that speaks TLS to one that
// does not looks like a server that is away: it hangs, or hangs up. So if the error is
// Away, Diagnose asks what the server speaks.
func Diagnose(ctx context.Context, rdb redis.UniversalClient, err error) *Fault {
	f := FaultOf(err)
	if f == nil || f.Kind != Away || ctx.Err() != nil {
		return f
	}
	var plain bool
	var address string
	switch c := rdb.(type) {
	case *redis.Client:
		o := c.Options()
		if o.Network == "unix" || strings.HasPrefix(o.Addr, "FailoverClient") {
			return f
		}
		plain, address = o.TLSConfig == nil, o.Addr
	case *redis.ClusterClient:
		o := c.Options()
		if len(o.Addrs) == 0 {
			return f
		}
		plain, address = o.TLSConfig == nil, o.Addrs[0]
	}
	ctx, cancel := context.WithTimeout(ctx, diagnoseTimeout)
	defer cancel()
	switch {
	case plain && speaksTLS(ctx, address):
		return &Fault{TLS, "Redis speaks TLS at this port and REDIS_URL is without TLS; begin it with rediss:// (or rediss+cluster://), or use the port without TLS", err}
	case !plain && speaksPlain(ctx, address):
		return &Fault{TLS, "REDIS_URL is with TLS and Redis does not speak TLS at this port; begin it with redis:// (or redis+cluster://), or use the port of tls-port", err}
	}
	return f
}

// speaksTLS reports whether a server answers a TLS handshake, be it with a refusal.
func speaksTLS(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	host, _, _ := net.SplitHostPort(address)
	err = tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}).HandshakeContext(ctx)
	var certificate *tls.CertificateVerificationError
	var alert *net.OpError
	return err == nil || errors.As(err, &certificate) || errors.As(err, &alert) && alert.Op == "remote error"
}

// speaksPlain reports whether a server answers a command without TLS.
func speaksPlain(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline) // without it, ctx's end is noticed later
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	first := make([]byte, 1)
	_, err = conn.Read(first)
	return err == nil && slices.Contains([]byte("+-"), first[0])
}
