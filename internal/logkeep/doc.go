// Package logkeep keeps the push log in shape: it copies finished parts of it into
// compressed chunks, and removes what is too old or too much. internal/stream writes the
// records and their indexes; internal/pushlog reads them, and the chunks.
//
// # What happens to a push in the log
//
//	          seal                    merge                     pack
//	record ─────────▶ row of a chunk ◀────── record changed ──────────▶ packed record
//	(hash)            (columns)              (K:late)                   (row of a row group)
//	   │                                                                     │
//	   └───────────────────────────── reap ──────────────────────────────────┘
//
//	seal   about 1,000 pushes in a row are written a second time, as the columns of a
//	       chunk, when all of them have ended, or after ten minutes. Search reads them
//	merge  a push that changes after its chunk was sealed is in K:late until the chunk's
//	       columns have its new values
//	pack   (compaction) the record of a push that was sent longer ago than PackAfter leaves
//	       its hash, and is a compressed row of a row group of its chunk
//	reap   a push leaves the log with all members of indexes; its row of a row group is
//	       written out of it later, and a chunk without pushes is dropped
//
// # Roles
//
//	Sealer    seals, merges, packs; the lock K:sealing    every second
//	Retainer  reaps and drops chunks; the lock K:retaining    every second
//
// Each is a blocking Run. All consumers run both. The lock of a partition only saves work:
// what is done under it is right if two processes do it at once.
//
// # Scripts
//
//	script        does                                    crash before  crash after   run twice
//	mark          the next pushes are about to be sealed  as it was     marked        refused
//	seal          they become a chunk                     marked        sealed        refused
//	merge         a chunk gets values that have changed   as it was     merged        refused
//	packable      finds chunks with something to pack     it only reads
//	pack          records leave their hashes              hashes        rows          refused
//	oldest_ended  finds the oldest push that has ended    it only reads
//	reap          pushes leave the log                    in the log    removed       nothing
//	drop_chunks   chunks without pushes are removed       there         removed       the next ones
//
// Refused: the second run finds another state than the one it was prepared for, and
// changes nothing.
//
// # Failures
//
//	what                                      then
//	a process is killed between mark and seal  the next one seals what is marked
//	two processes seal, merge or pack at once  the first one to write wins, the other one is refused
//	a record changes while it is copied        merge and pack are refused; a changed push of a sealed
//	                                           part is in K:late
//	Redis is nearly full                       the oldest ended pushes leave before their time
//	a record's key holds another type          it is left alone
package logkeep
