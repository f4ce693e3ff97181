// Package access says who may do what: users, their sessions, and tokens for
// machines, all of it in Redis, so that every replica of the admin knows the same.
//
//	permission.go  what there is to be allowed, roles, and who acts
//	user.go        users; the last enabled administrator stays one
//	password.go    what a password must be; argon2id, a few at a time
//	login.go       name and password against session
//	throttle.go    who has to wait before the next try, and for how long; known browsers
//	session.go     sessions: idle and absolute end, listed, ended
//	token.go       API tokens: scopes, an end, hashed
//	guard.go       who may hand in pushes at a producer, asked at a bounded price
//	oldkey.go      producer keys of the version before, and how they become tokens
//	ask.go         searches for personal data by who may not reveal it, counted
//	oidc.go        login by an identity provider, which says the role too; oidctest
//	               plays one
//
// A login is counted as failed before the password is looked at, and taken back if
// it was right: nobody gains tries by making many at once, or by hanging up.
//
//	name, password ── counted ── wait for a place ── argon2id ── judged ── start session
//	                     │             │                │           │            │
//	                     ▼             ▼                ▼           ▼            ▼
//	                 must wait   too many wait        wrong      forgiven   changed meanwhile
//
// Names are not case-sensitive: they are kept in lower case. What opens something,
// a session or a token, is 256 random bits; Redis has the SHA-256 of it, cut to 128
// bits, as the name of a key. So that name is no secret, and serves as public id.
//
// A session says who; what they may do is read from the user's record each time. So
// a change counts at once. A change of password and disable end the user's sessions
// in the same script; a login that was on its way by then comes to nothing.
//
// Keys, all under one hash tag, since scripts touch several of them, K being
// push:{access}:
//
//	K:users                    zset, all with score 0     names
//	K:user:<name>              hash                       role, reveal, how, password (argon2id), disabled, …
//	K:session:<id>             hash, TTL its end          user, address, user_agent; created, seen (by a person) and end in ms
//	K:sessions:<name>          zset, TTL the last end     ids by absolute end in ms; at most 50
//	K:token:<id>               hash, TTL 30 days after    name, scopes, created_by, created, expires and used in ms
//	K:used:<id>                string, TTL                when a producer last saw the token, in ms
//	K:converting               string, TTL 15 s           lock: who changes producer keys
//	K:tokens                   zset, TTL with the last    ids by when they go, in ms
//	K:failed:pair:<hash>       hash, TTL an hour          failed (tries), until_ms; ticket_ms and lane: its turn
//	K:failed:device:<hash>     hash, TTL an hour          failed, until_ms, of a known browser
//	K:failed:address:<address> hash, TTL an hour          the same, of an address
//	K:failed:user:<hash>       hash, TTL an hour          early_ms, late_ms: strangers' lanes at a name
//	K:failed                   zset, TTL an hour          these keys by the last try in ms; at most 100,000
//	K:devices:<name>           zset, TTL 90 days          browsers by the last login in ms; at most 20
//	K:known:<name>             zset, TTL 90 days          addresses by the last login in ms; at most 20
//	K:asked:<kind>:<name>      hash, TTL a day            words searched for, by who may not reveal: ms, cluster; at most 300
//	K:alarm:<kind>:<name>      string, TTL an hour        searches of theirs were refused, and that was told
//	K:oidc:<hash>              string, TTL 20 min         a login by the identity provider, used
//
// What people type as their name may be their password: names that fail are hashed.
package access
