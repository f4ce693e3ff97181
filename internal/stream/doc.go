// Package stream is the life of a push job in Redis: every change of its
// state, the Producer that accepts jobs, the Consumer that reads, sends and
// settles them, and the Control by which people interfere. It knows no FCM: it
// calls a Sender.
//
// # Who is right
//
// The record of a push (internal/pushlog) is the authority. An entry on a work
// stream, or a member of the due set, only names it, and the record names the
// one entry that stands for the push now. An entry whose record is terminal or
// names another entry is dropped, whatever brought it there.
//
// The stream's pending list says whose an entry is, and since when. XACK and
// XDEL ask for no owner, so the scripts do.
//
// # States
//
//	           accept            take                settle
//	new job ─────────▶ queued ─────────▶ (in hand) ─────────▶ sent, failed, expired
//	   │                ▲  ▲  ▲             │    │              │
//	   │                │  │  └── release ──┘    │ retry        │ redrive: to queued
//	   ▼                │  └───── claim ─────────│────────      │ (not what was sent)
//	scheduled ────▶ promote ◀──────────────── retrying
//
// cancel ends what is scheduled, retrying, or queued and in nobody's hand; move gives
// what is scheduled another time, or has it, or what is retrying, promoted at once. A
// record that has ended changes only by redrive.
//
// # Scripts
//
// One change of state is one script of lua/, over at most 100 pushes; its head
// is its contract. Scripts are atomic: a crash comes before one or after it. Redis does
// not roll back an error, so each begins with a look at rights and types
// (internal/redisscript): NOPERM and WRONGTYPE come before the first write. What only
// one push needs and holds another type, fails that push alone.
//
//	script   does                                crash before      crash after     run twice
//	accept   record, indexes, stream or due set  no trace          accepted        repeated
//	take     looks who has an entry, reads the   pending           pending         the same answer
//	         record; removes a stale entry
//	renew    leases of what is in hand           run on            renewed         renewed
//	settle   terminal state, entry removed       pending           terminal        nothing
//	retry    into the due set, entry removed     pending           waiting         nothing
//	release  handed back: pending for nobody     pending           for nobody      nothing
//	lapse    taken from a silent consumer: for   pending           for nobody      nothing
//	         nobody; or failed, POISON
//	claim    from nobody into our hand           for nobody        ours            nothing
//	promote  from the due set onto a stream      still due         queued          the next ones
//	reject   failed record of an unreadable      pending           failed          nothing
//	         entry, entry removed
//	touch    what was delivered in the future    idle for 0 ms    a new lease     as it was
//	         (the clock was set back)
//	shorten  retries wait no longer than meant    too long         in time         nothing
//	straighten  ids of a stream that lie in the  as it was        ids of now      nothing
//	         future become ids of now
//	leave    consumer out of the groups, if      member            gone            nothing
//	         nothing is pending for it
//	redrive  back onto the stream                ended             queued          nothing
//	cancel   terminal state                      waiting           cancelled       nothing
//	move     another time, or onto a stream      as it was         moved           nothing
//	         at once
//
//	allow    permits to send, within the rate    none granted      some unused     as many once more
//	hold     nobody sends to the project: its    open              held            held
//	         quota is used up
//	weigh    a worker says how it fares with     not said          said            the same
//	         FCM: a hold on evidence begins
//	         or ends
//	postpone device tokens wait                  nobody waits      they wait       they wait longer
//	waiting  how much longer they wait           it only reads
//	lift     a hold is ended by hand; all send   held              open            slowly once more
//	         again, slowly
//	bury     dead tokens are remembered          unknown           remembered      the same
//	reask    which push to a dead token asks     nobody            one             the same
//	         FCM again
//	forgive  tokens are dead no more             on the list       off it          nothing
//	beat     a worker's heartbeat                silent            heard of        the same
//	turn     whose turn it is to sweep           nobody's          somebody's      not the second's
//
//	reap     record and index members of what    in the log        gone            nothing
//	         has ended removed; a flush counts it and moves on in the same step
//	drop     chunks without a push removed       there             gone            the next ones
//	pack     what was sent long ago leaves its   a hash            a row           nothing
//	         hash for a row of its chunk
//	oldest   the oldest push that has ended      it only reads
//	rights   what the Redis user may not do      it only reads
//	probe    a small write, for /readyz          none              for a minute    the same
//	packable chunks with something to pack       it only reads
//	flush    a flush is ordered                  none              running         the same
//	halt     a flush ends                        running           ended           the same
//	duty     who works for all in a partition    nobody            somebody        the same
//
// # Goroutines of a Consumer
//
//	reader     one a partition  takes slots, reads, opens entries           until stop
//	reclaimer  one              claims what is pending for nobody, looked   until stop
//	                            for every 250 ms
//	sweeper    one              in its turn takes from the silent what      until stop
//	                            they have, and removes dead names
//	worker     Concurrency      passes the gate, one Send after the other   until all readers have ended
//	prober     one              while this worker has stepped back: one     until stop
//	                            push now and then
//	settler    one              writes outcomes in batches                  until the workers have ended
//	promoter   one              moves what is due, every 200 ms             until stop
//	migrator   one              takes over what the version before writes   until stop
//	watcher    one              pause and hold, every 400 ms; tells how     until stop
//	                            this worker fares
//	sealer     one              in its turn seals parts of the log for       until stop
//	                            search: mark, seal, fold; packs what was
//	                            sent long ago: pack
//	retainer   one              removes from the log what is too old or     until stop
//	                            too much, if no other consumer does
//	flusher    one              carries out a flush, if no other does       until stop
//	keeper     one              renews leases, every fifth of one           until the settler has ended
//	heartbeat  one              describes this worker, every 2 s            until the settler has ended
//
//	reader, reclaimer ─ jobs ─▶ worker ─ settled ─▶ settler
//
// Readers and the reclaimer take only what has a free slot, and each channel
// holds as many as there are slots, so a settler that can't write brings
// everything before it to a halt.
//
// The valve (valve.go) is closed while the consumer is paused, or has stepped back: then
// readers wait, and what was not started is handed back. Stop has two contexts: the end of
// Run's ctx ends the reading, and what was read and not started is handed back;
// StopTimeout later, sends in flight are interrupted. Then Run releases what is
// still pending for it, and leaves.
//
// # Leases
//
// lease.go has the figures. What is in hand is renewed; what is not, lapses: it is
// pending for nobody then, like what is handed back, and whoever has room claims
// it. Each delivery that was lost so is a line in the record. A push that five
// consumers in a row have not answered for is failed, POISON, and given to no
// sixth.
//
// # The gate
//
// A store sends to one FCM project (project.go), which its first consumer notes.
//
// Before each send a worker passes the gate (gate.go). It gives permits out of a
// bucket in Redis that all consumers share, and none while sending is held (hold.go).
//
// Each worker has a circuit breaker (breaker.go). When its own tries fail in a row it
// opens: the worker has stepped back.
//
//	            its own tries fail               all workers have stepped back
//	closed ────────────────────▶ open, alone ───────────────────────────▶ open, project held
//	   ▲                            │    ▲                                      │
//	   └──── FCM answers a probe ───┘    └── FCM answers another worker ────────┘
//
// Alone it hands its work over, reads nothing, is not ready, and the prober sends one push
// now and then. While the project is held, every worker reads, waits at the gate, is
// ready, and probes from there. What each reports, and when that is a hold, is weigh.lua;
// the figures and their reasons are docs/adr/0018-holds-on-evidence.md. A hold for FCM's
// quota ends when FCM said.
//
// # Failures
//
//	what                                   then
//	a reply of Redis was lost              the call is made again; a reader looks through its own pending
//	Redis is away                          all back off, the settler keeps its batch, nothing new is sent
//	Redis was away for half a lease        nothing lapses for another half: the owners renew first
//	Redis's clock is set ahead             the same: all leases have run out, and the owners renew first
//	Redis's clock is set back              what lies further ahead than it may last is over; what was
//	                                       delivered in the future is from now; retries wait as was meant;
//	                                       accepted_at stands nearly still until the clock is there again
//	an id of a stream lies in the future   its entries get ids of now, see straighten.lua
//	the group is gone (flush, failover)    made anew from id 0: what is on a stream is unfinished
//	scripts are gone                       sent whole in a second round trip
//	a consumer is killed                   its entries lapse after a lease, its name leaves the groups
//	a consumer is stopped, and goes on     it starts nothing that is older than its lease; connections to FCM
//	                                       refuse to write (Lease.Valid) until it has renewed
//	a consumer answers after it lost       noted as late.<consumer>, nothing else
//	nobody has an entry, and somebody      settled: its group was destroyed, or a failover forgot its reader
//	brings its outcome
//	an entry was deleted while pending     acknowledged, logged, an event
//	an entry can't be read                 a failed record with reason and raw fields
//	the key of a record holds no hash      the same; accept of that id: unusable
//	a device or topic is over FCM's limit  its pushes go to the due set until FCM said; no request, no attempt
//	a push is refused without FCM's word   fails at the third refusal, if FCM has answered others between
//	one worker does not reach FCM, or is   it steps back, the others do its work
//	refused
//	FCM is away, refuses everybody, or     held for all consumers; no attempt spent, ttl counts
//	has had enough
//	a token is dead                        remembered for its project for 30 days: pushes to it fail at once,
//	                                       SUPPRESSED; one a day asks FCM again
//	the store is set to another project    its consumers stop, and refuse to start
//	stop while Redis is away               gives up after StopTimeout; Run returns an error, entries pending
package stream
