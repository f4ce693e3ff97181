// Package fcm sends pushes to Firebase Cloud Messaging through the official
// SDK, and says what became of each try in a push.Outcome. It is the only
// importer of firebase; it knows no Redis, retries nothing, and logs nothing.
//
//	Send ─▶ pool: a permit ─▶ build ─▶ messaging.Client.Send ─▶ oneShot ─▶ tokens ─▶ transport ─▶ FCM
//	                                                              │
//	Outcome ◀─ classify ◀─ record ◀───────────────── attempt ◀────┘
//
// # One Send is one request
//
// The SDK (v4.21.0) repeats a request by itself: up to 5 requests for any
// network error and any 503, the first repeat at once where Google asks for
// 10 s. A connection reset after FCM accepted became 5 accepted copies. It
// follows a 302 as a GET and calls it success, and a deadline hides the last
// answer and its Retry-After. There is no setting. Backoff, quota and ttl are
// the pipeline's, persist in Redis and hold for all replicas, so the SDK must
// not decide any of it.
//
// Therefore the outermost RoundTripper, oneShot, lets one request of an
// attempt through, reads the whole answer, and writes everything down in the
// attempt. The SDK sees either a 200 or a synthetic 599, with which it gives
// up. classify then judges by the record, never by the SDK's error.
//
// # Answers, and what each means
//
//	answer                                        code                     verdict
//	200 with a name                               ACCEPTED                 sent
//	200 whose JSON body broke off                 ACCEPTED, without an id  sent: the status is FCM's word
//	200 whose whole body names no message         BAD_ANSWER               retry: a proxy's, not FCM's
//	200 whose body is not JSON, whole or not      BAD_ANSWER               retry: a portal's page
//	any other 2xx, any 3xx (never followed)       BAD_ANSWER               retry
//	FcmError UNREGISTERED (404)                   UNREGISTERED             fail: the token is dead
//	FcmError SENDER_ID_MISMATCH (403)             SENDER_ID_MISMATCH       fail: another project's token
//	FcmError INVALID_ARGUMENT, any other 400      INVALID_ARGUMENT         fail: the token is to blame only if
//	                                                                       Detail starts with "message.token: "
//	FcmError THIRD_PARTY_AUTH_ERROR (401)         THIRD_PARTY_AUTH_ERROR   fail: the project's APNs or web key
//	429                                           QUOTA_EXCEEDED           hold
//	500                                           INTERNAL                 retry
//	any other 5xx, HTML too                       UNAVAILABLE              retry
//	401 without FcmError                          CREDENTIAL               hold
//	403, 404 without FcmError                     PERMISSION               hold: API disabled, wrong project
//	401, 403, 404, body broken off or new code    UNSPECIFIED_ERROR        retry
//	UNSPECIFIED_ERROR, any other 4xx              UNSPECIFIED_ERROR        retry
//
//	no answer                                     code                     verdict
//	the SDK refused the message itself            INVALID_ARGUMENT         fail
//	the token endpoint answered without a token   CREDENTIAL               hold
//	the token endpoint could not be reached       NOT_SENT                 retry
//	the fence was down (Options.Fence)            INTERRUPTED              hold: nothing left
//	written, no answer                            NO_ANSWER                retry: FCM may have it
//	not written, the caller's context is done     INTERRUPTED              hold
//	not written                                   NOT_SENT                 retry
//
// A 429 says whose limit is reached (push.Scope), if its body has a QuotaFailure or an
// ErrorInfo: the device's, the topic's or the project's.
//
// A 5xx never fails a push, whatever its body says. Where a body has no
// FcmError, error.status is asked for the code; then the HTTP status.
// The sources are https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
// and https://firebase.google.com/docs/cloud-messaging/scale-fcm.
//
// Retry-After, seconds or a date, is passed on if it is in the future, up to
// an hour. Detail is FCM's message in at most 200 bytes, never with the token.
//
// # Connections
//
// A permit is a place on one of ⌈Concurrency/90⌉ transports, each of which is
// one HTTP/2 connection (see pool.go for the reasons). An http endpoint gets
// HTTP/1.1, one connection a permit. Proxies come from the environment, as
// net/http knows them; one that speaks only HTTP/1.1 to us inside TLS leaves
// ⌈Concurrency/90⌉ requests at a time.
//
// # Goroutines
//
// Send and Check run in their callers'. One more exists while an OAuth token
// is being fetched; Close ends it and waits for it.
//
// # Failures of the credential
//
//	what                            Send                        the token endpoint gets
//	endpoint hangs                  NOT_SENT at its deadline    one request at a time, 15 s each
//	endpoint down or refusing       NOT_SENT / CREDENTIAL       one request in 5 s
//	the same, token still good      goes on with it             one request in 5 s
//	FCM answers 401                 CREDENTIAL                  one request, if the token is older than 1 min
package fcm
