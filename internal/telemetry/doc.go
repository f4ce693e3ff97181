// Package telemetry is what every process shows of itself: a log in JSON
// lines, /healthz, /readyz and /metrics.
package telemetry
