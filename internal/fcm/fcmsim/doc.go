// Package fcmsim plays Firebase Cloud Messaging: the HTTP v1 API as the real
// SDK speaks it, for tests, demos and benchmarks. It answers as FCM does,
// fails on demand, and counts what it accepted, so that a test can say what
// was lost and what was sent twice, and whose fault that was.
//
//	sim := fcmsim.New(fcmsim.Config{Seed: 1, Faults: map[string]float64{fcmsim.ResetAfter: 0.01}})
//	srv, err := fcmsim.Listen(sim, fcmsim.ServerOptions{})
//	app, err := firebase.NewApp(ctx, &firebase.Config{ProjectID: "p"},
//		option.WithEndpoint(srv.URL()+"/v1"), option.WithoutAuthentication())
//
// # Endpoints
//
//	POST /v1/projects/{p}/messages:send   FCM, validate_only too
//	POST /token                           OAuth: a bearer token
//	GET  /healthz                         200
//	GET  /_sim/config   PUT /_sim/config  the whole Config, strict
//	GET  /_sim/stats                      Stats
//	GET  /_sim/messages?limit=            accepted messages, newest first
//	GET  /_sim/messages/{msg_id}          counts of one message, and its body
//	GET  /_sim/times                      lines "msg_id first_request_unix_us"
//	GET  /_sim/ledger                     lines "msg_id tries accepted first_request_unix_us",
//	                                      then unix_us of each acceptance; "!" behind it: the
//	                                      client can't have learned of it
//	POST /_sim/reset                      counters, tries, scripts, quota, draws start again
//
// # One request
//
// The first of these that has something to say gives the answer:
//
//	script ─▶ fault ─▶ auth ─▶ quota ─▶ check ─▶ limit of the device ─▶ fate of the token ─▶ 200
//
// A scripted answer or a fault that accepts ("ok", goaway, and those that
// strike after accept) goes on to auth, quota and check, but not to the fate:
// a message that FCM would refuse is never accepted.
//
// # Fates: by the ending of the token, or by Config.Fates
//
//	-unregistered  404 UNREGISTERED
//	-mismatch      403 SENDER_ID_MISMATCH
//	-invalid       400 INVALID_ARGUMENT, violation message.token
//	-apns          401 THIRD_PARTY_AUTH_ERROR
//	-flaky         503 on the first try of a msg_id, then 200
//	-unavailable   503, always
//	-quota         429 for the device with Retry-After: 1 on the first try, then 200
//	-limited       429 for the device, always
//	-blocked       403 with a page of HTML, always: a proxy's, not FCM's
//	-slow          200 after Config.SlowFor (3 s)
//	-ghost         accepted, connection broken on the first try, then 200
//	(else)         200
//
// A message without an id (data.msg_id, else android.notification.tag) has
// only first tries.
//
// # Faults: Config.Faults, each with a rate
//
//	unregistered sender_id_mismatch invalid_argument quota_exceeded
//	unavailable internal third_party_auth unspecified
//	                    FCM's code with an FcmError
//	quota_device quota_topic quota_project
//	                    429 that names whose limit is reached (quota_exceeded does not)
//	blocked             403 with a page of HTML
//	unauthenticated     401 without FcmError
//	permission_denied   403 without FcmError
//	not_found           404 without FcmError
//	html502             502 with a page of HTML
//	redirect            302 to /_sim/elsewhere, which answers 200
//	redirect300         300 without a Location
//	reset_before        the stream breaks, not accepted
//	hang                no answer for Config.HangFor, not accepted
//	garbage             200 with a body that isn't FCM's, not accepted
//	reset_after         accepted, then the stream breaks
//	unavailable_after   accepted, then 503
//	truncated           accepted, then half a 200
//	goaway              accepted and answered, then GOAWAY
//
// Whether a fault strikes depends on the seed, the msg_id and the number of
// the try alone, so that a run with many connections repeats as well as one
// with a single one. Messages without an id draw by order of arrival.
//
// Breaks are of one stream on HTTP/2 and of the connection on HTTP/1.1.
//
// # Duplicates
//
// An acceptance of a msg_id after its first is a duplicate. It is unavoidable
// if the answer to the acceptance just before it was broken or withheld by a
// fault, or came when the client was gone; otherwise it is ours. An answer
// that the kernel took and a client that was killed never read is beyond the
// simulator's sight: such a duplicate counts as ours.
//
// Memory: one entry of about 170 bytes for each msg_id until reset.
package fcmsim
