// Package setting parses flags and environment variables, and collects every fault, so
// that a process names all of them at once when it starts.
package setting
