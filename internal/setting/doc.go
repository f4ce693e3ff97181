// Package setting turns the texts of flags and environment variables into
// values, and gathers what is wrong with them, so that a process can name all
// mistakes at once when it starts.
package setting
