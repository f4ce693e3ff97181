// Package httpapi is what pushstream's HTTP interfaces have in common: the
// router, request ids, limits, and errors as problem documents (RFC 9457).
package httpapi
