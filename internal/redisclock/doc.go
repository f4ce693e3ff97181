// Package redisclock tells Redis's time in a process whose own clock may differ.
//
// What is kept in Redis as a time is written by many processes and by Redis's own
// scripts. One clock must decide what is past, and it is Redis's: machines differ, Redis
// is one. A Clock learns how far the two are apart by TIME, every second, and keeps the
// sample with the shortest round trip; between two samples it goes by the machine's
// monotonic clock, so that a step of the machine's wall clock changes nothing.
//
// What a process measures or waits for by itself, it measures by its own monotonic clock.
//
// On Redis Cluster each node has a clock. The scripts of a partition go by their own
// node's; a Clock tells the time of the node that has one key, and watches how far the
// other masters differ from it.
package redisclock
