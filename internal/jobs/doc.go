// Package jobs changes all pushes that a filter selects, in the background. A job is
// ordered by a user, or by a program, and done by the processes that run an Engine: admins
// and consumers.
//
//	           lease             advance
//	waiting ─────────▶ running ──────────▶ done
//	   │                │  ▲ │
//	   │   lease expired│  │ │stop, then advance
//	   │                ▼  │ ▼
//	   └─────stop──▶ interrupted ─▶ cancelled, failed
//
// Interrupted is no state of its own in Redis: no partition of a running job has a lease
// that has not expired.
//
// # Steps
//
// A job goes through each partition by itself, by a cursor, oldest push first. A process
// leases one partition of it at a time, so that several processes work on several
// partitions, and makes one step after the other:
//
//	planned   the next pushes that the filter selects, at most 100, are named in Redis
//	done      the Changer of the kind changes them
//	counted   advance.lua counts what became of them, and writes down the next plan
//
// The plan is in Redis before it is done. So if a process is killed, the next one does the
// same step, which changes and counts no push twice. The partition that is done last ends
// the job.
//
// # Scripts
//
//	script   does                                crash before      crash after     run twice
//	order    a job is ordered                    none              waiting         the same
//	lease    a process takes a partition         as it was         leased          a later lease
//	advance  a step is counted, the next one     done once more,   the next one    nothing
//	         planned                             to the same end
//	stop     it is to end                        it goes on        it ends         the same
//	adopt    a job that the version before       as it was         goes on here    nothing
//	         has ordered goes on
package jobs
