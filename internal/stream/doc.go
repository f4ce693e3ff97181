// Package stream is the delivery of pushes: every change of their state in Redis, the
// Producer that accepts them, the Consumer that reads, sends and settles them, and the
// Control for people. It does not know FCM: it calls a Sender.
//
// # What decides
//
// The record of a push (internal/pushlog) is the authority. An entry on a work stream, or a
// member of the due set, only names the push, and the record names the one entry that
// stands for it now. An entry whose record is terminal, or names another entry, is dropped.
//
// The pending list of the stream says which consumer has an entry, and since when: its
// in-flight pushes. XACK and XDEL check no owner, so the scripts do. An entry that is
// pending for no living consumer is unassigned: it is pending for a name of the group that
// no process has.
//
// # States
//
//	           accept            take                settle
//	new push ────────▶ queued ─────────▶ (in flight) ───────▶ sent, failed, expired
//	   │                ▲  ▲  ▲             │    │              │
//	   │                │  │  └── release ──┘    │ retry        │ redrive: to queued
//	   ▼                │  └───── claim ─────────│────────      │ (unless it was sent)
//	scheduled ────▶ promote ◀──────────────── retrying
//
// cancel ends pushes that are scheduled, retrying, or queued and not in flight. move gives
// scheduled pushes another time, or queues waiting ones at once. A record that has ended
// changes only by redrive.
//
// # Scripts
//
// A change of state is one script of lua/ over at most 100 pushes; the head of its file is
// its contract and names its arguments (internal/redisscript). A script is atomic: a crash
// comes before or after it. Redis does not roll back an error, so each script first checks
// rights and types: NOPERM and WRONGTYPE come before the first write. A key that only one
// push needs, and that holds another type, fails that push alone.
//
//	script           does                              crash before    crash after    run twice
//	accept           record, indexes, stream or due    no trace        accepted       repeated
//	take             reads the records of entries;     pending         pending        the same answer
//	                 removes stale entries
//	renew            extends leases                    they run on     renewed        renewed
//	settle           terminal state, entry removed     pending         terminal       nothing
//	retry            into the due set, entry removed   pending         waiting        nothing
//	release          entry becomes unassigned          pending         unassigned     nothing
//	expire_leases    takes entries from dead           pending         unassigned     nothing
//	                 consumers, or fails them: POISON
//	claim            unassigned entries become ours    unassigned      ours           nothing
//	promote          from the due set onto a stream    still due       queued         the next ones
//	reject           failed record of an unreadable    pending         failed         nothing
//	                 entry, entry removed
//	redrive          back onto the stream              ended           queued         nothing
//	cancel           terminal state                    waiting         cancelled      nothing
//	move             another time, or queued at once   as it was       moved          nothing
//	shorten_waits    waits keep their length after     too long        in time        nothing
//	                 the clock was set back
//	fix_ids          ids of the future become ids      as it was       ids of now     nothing
//	                 of now
//	leave_group      removes a consumer without        member          removed        nothing
//	                 pending entries
//	heartbeat        what a worker does                old             written        the same
//	sweep_lock       lock to look for expired leases   free            locked         not the second's
//	take_permits     permits to send, within the rate  none granted    some unused    as many again
//	hold             no sending: FCM's quota is used   open            held           held
//	weigh_evidence   a worker's report of FCM's        not reported    reported       the same
//	                 answers; a hold begins or ends
//	end_hold         a hold ends by hand               held            open           slowly again
//	add_waits        device tokens wait                they don't      they wait      they wait longer
//	read_waits       how much longer they wait         it only reads
//	suppress_tokens  onto the suppression list         not on it       on it          the same
//	recheck_tokens   which push to a suppressed token  none            one            the same
//	                 asks FCM again
//	restore_tokens   off the suppression list          on it           off it         nothing
//	probe            a small write, for /readyz        none            for a minute   the same
//	rights           what the Redis user may not do    it only reads
//	reap             record and index members of what  in the log      removed        nothing
//	                 has ended removed
//	drop             chunks without a push removed     there           removed        the next ones
//	flush            a flush is ordered                none            running        the same
//	halt             a flush ends                      running         ended          the same
//	duty             lock of a partition's work        free            locked         the same
//
// # Goroutines of a Consumer
//
//	reader     one a partition  takes slots, reads, opens entries           until stop
//	reclaimer  one              claims unassigned entries, every 250 ms     until stop
//	sweeper    one              under a lock: expires leases, removes       until stop
//	                            the names of dead consumers
//	worker     Concurrency      gets a permit, sends                        until all readers have ended
//	prober     one              while the circuit breaker is open: sends    until stop
//	                            one push now and then
//	settler    one              writes outcomes in batches                  until the workers have ended
//	promoter   one              queues what is due, every 200 ms            until stop
//	watcher    one              pause and hold, every 400 ms; reports how   until stop
//	                            FCM answers
//	flusher    one              carries out a flush                         until stop
//	keeper     one              renews leases, five times a lease           until the settler has ended
//	heartbeat  one              describes this worker, every 2 s            until the settler has ended
//
//	reader, reclaimer ─ jobs ─▶ worker ─ settled ─▶ settler
//
// Readers and the reclaimer take only as many entries as there are free slots, and each
// channel holds as many as there are slots, so a settler that can't write stops everything
// before it.
//
// The intake (intake.go) is closed while the consumer is paused, or its circuit breaker is
// open and the project is not held: then readers wait, and what was not started is
// released. Stop has two contexts: when Run's ctx ends, reading ends, and what was read and
// not started is released; StopTimeout later, sends in flight are interrupted. Then Run
// releases what is still pending for it, and leaves the group.
//
// # Leases
//
// lease.go has the figures. Leases of in-flight entries are renewed; an entry whose lease
// expired becomes unassigned, like a released one, and a consumer with free slots claims
// it. Each delivery that was lost so is a line in the record. A push that five consumers in
// a row have not answered for is failed, POISON, and given to no sixth.
//
// # The gate
//
// A store sends to one FCM project (project.go), which its first consumer notes.
//
// Before each send a worker gets a permit of the gate (gate.go): out of a rate limiter in
// Redis that all consumers share, and none while sending is held (hold.go). The permit is
// released, or reports the outcome.
//
// Each worker has a circuit breaker (breaker.go). It opens when the worker's own tries fail
// in a row.
//
//	            its own tries fail               the breakers of all workers are open
//	closed ────────────────────▶ open, alone ───────────────────────────▶ open, project held
//	   ▲                            │    ▲                                      │
//	   └──── FCM answers a probe ───┘    └── FCM answers another worker ────────┘
//
// Alone a worker releases its work, reads nothing, is not ready, and its prober sends one
// push now and then. While the project is held, every worker reads, waits at the gate, is
// ready, and probes from there. weigh_evidence.lua says what each worker reports, and when
// that is a hold; docs/adr/0018-holds-on-evidence.md has the figures and their reasons. A
// hold for FCM's quota ends when FCM said.
//
// # Failures
//
//	what                                   then
//	a reply of Redis was lost              the call is made again; a reader looks through its own pending
//	Redis is away                          all back off, the settler keeps its batch, nothing new is sent
//	Redis was away for half a lease        no lease expires for another half: the owners renew first
//	Redis's clock is set ahead             the same: all leases have expired, and the owners renew first
//	Redis's clock is set back              a time further ahead than it may last is over; leases from the
//	                                       future begin now; waits for a retry keep their length;
//	                                       accepted_at stands nearly still until the clock is there again
//	an id of a stream lies in the future   its entries get ids of now, see fix_ids.lua
//	the group is gone (flush, failover)    made again from id 0: what is on a stream is unfinished
//	scripts are gone                       sent whole in a second round trip
//	a consumer is killed                   its leases expire, its name leaves the groups
//	a consumer is stopped, and goes on     it starts nothing that is older than its lease; connections to FCM
//	                                       refuse to write (Lease.Valid) until it has renewed
//	a consumer answers after it lost       noted as late.<consumer>, nothing else
//	an ownerless entry gets an outcome     settled: its group was destroyed, or a failover forgot its reader
//	an entry was deleted while pending     acknowledged, logged, an event
//	an entry can't be read                 a failed record with reason and raw fields
//	the key of a record holds no hash      the same; accept of that id: unusable
//	a device or topic is over FCM's limit  its pushes go to the due set until FCM said; no request, no attempt
//	a push is refused without FCM's word   fails at the third refusal, if FCM has answered others between
//	one worker does not reach FCM, or is   its circuit breaker opens, the others do its work
//	refused
//	FCM is away, refuses all workers, or   held for all consumers; no attempt spent, ttl counts
//	its quota is used up
//	a device token is invalid              on its project's suppression list for 30 days: pushes to it fail at
//	                                       once, SUPPRESSED; one a day asks FCM again
//	the store is set to another project    its consumers stop, and refuse to start
//	stop while Redis is away               gives up after StopTimeout; Run returns an error, entries pending
package stream
