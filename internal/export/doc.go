// Package export writes pushes of the log, or the audit log, as a file: CSV or NDJSON for
// programs, and a CSV for people who use Excel. It holds a few hundred records at a time.
package export
