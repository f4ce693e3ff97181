// Package admin is the HTTP API by which people see and steer a pushstream. What
// there is, and who may do it, is one table: routes.go.
//
//	routes.go    the table; everything in it is below /api/v1
//	oidc.go      login by an identity provider, for browsers
//	who.go       who asks: a session's cookie, or a token; what they may do
//	journal.go   a line in the log for each request that changes something, and its
//	             entry in the audit log, without which it is not carried out
//	shares.go pace.go    what one asker may take of what is everybody's
//	personal.go  searches for personal data: how narrow, how many, whose
//	mask.go      how personal data looks to those who have not revealed it
//	given.go query.go body.go filter.go    what is asked for, checked
//
// Personal data, which is customer number, phone, app's uuid, token, title and text,
// goes out masked, whoever asks. Only reveal shows it, for one record, and an export
// that says why; both need the grant, and are audited. It is never part of a URL,
// which browsers, proxies and logs keep: what asks for a customer is posted, and an
// opaque id of the search stands for it (searches.go).
//
// Requests that change something must not come from a page of another origin; see
// net/http.CrossOriginProtection. Nothing is kept in memory that another replica must
// know.
package admin
