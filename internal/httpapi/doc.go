// Package httpapi is shared by the HTTP APIs of producer and admin: router, request
// ids, limits, headers, proxies, and errors as problem documents (RFC 9457).
package httpapi
