// Package export writes pushes of the log, or the audit log, as a file: CSV or NDJSON for
// programs, and a CSV for Excel, which is for people. It holds some hundred records at a time, however many there are.
package export
