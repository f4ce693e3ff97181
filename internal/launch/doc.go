// Package launch starts pushstream's processes on this machine and stops them
// again: for scripts/run, for benchmarks, and for tests of the whole system.
//
// A process started here gets signals only from here, not from the terminal,
// and dies with the one that started it, even after kill -9.
package launch
