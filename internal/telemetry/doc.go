// Package telemetry gives every process a log in JSON lines, /healthz, /readyz and
// /metrics, and the servers for them.
package telemetry
