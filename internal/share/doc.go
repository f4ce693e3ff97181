// Package share divides a limited resource among parties, such as API tokens or
// addresses, so that no party can take all of it.
//
//	amounts.go  so much of something: bytes, places in a waiting room
//	line.go     places for work, and fair turns for who waits for one
//
// The rule is that of buffers in switches with dynamic thresholds: a party may hold as
// much as is left free. One party alone gets half, n busy ones get 1/(n+1) each, and as
// much is left for the next. Nothing is set aside for parties that are not there.
//
// A. K. Choudhury, E. L. Hahne: Dynamic queue length thresholds for shared-memory packet
// switches. IEEE/ACM Transactions on Networking 6 (1998).
package share
