// Package segment is the codec of the parts of the log that are sealed, without Redis:
// columns of a chunk (column.go), device tokens (tokens.go), and row groups of packed
// records with the sparse index that leads to them (group.go).
package segment
