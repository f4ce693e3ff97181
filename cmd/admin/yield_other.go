//go:build !linux

package main

// yield is for Linux; see there.
func yield() {}
