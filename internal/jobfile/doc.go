// Package jobfile reads push jobs out of files as people have them: saved by a
// spreadsheet, put together by hand, exported by another system, exported from the log. It talks to no Redis.
//
//	bytes ─▶ gzip? ─▶ Inspect: may it be read at all, and in which encoding ─▶ Form
//	bytes ─▶ gzip? ─▶ lines, as bytes ─▶ decoded ─▶ NDJSON: a line is a job
//	                                              └▶ CSV: a header, then rows
//
// A file is read twice, since one line that is not in the file's encoding can say that
// the others were taken for something that they are not: CP949 has words whose bytes are
// UTF-8, too. So nothing is handed out before the whole file was examined. What is not
// beyond doubt is refused with a hint, never guessed.
//
// Each line, or row, comes with its bytes as they are in the file and the header that it
// stands under, so that what is rejected can be put aside, mended, and read again.
package jobfile
