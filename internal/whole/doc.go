// Package whole has the tests that drive delivery (internal/stream) and the keeping of the
// log (internal/logkeep) together: whatever happens to a push in the one and the other,
// every question to the log finds exactly what a look at every record finds. It has no
// code but tests.
package whole
