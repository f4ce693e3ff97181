// Package push is the vocabulary of pushstream: what a push job is, which
// states it passes through, and what one try to send it can answer.
//
// It imports only the standard library and Unicode's normal forms, so that every
// other package may import it. The names of fields and states are those of the wire, of Redis
// and of the API alike:
//
//	            ┌──────────── promote ───────────┐
//	scheduled ──┘                                ▼
//	   │        accept ───────────────────────▶ queued ──▶ (in hand) ──▶ sent
//	   │                                         ▲            │    └───▶ failed ── redrive ──▶ queued
//	   │                                         └─ promote ─ retrying └▶ expired
//	   └─ cancel ─▶ cancelled ◀── cancel (queued, retrying)
//
// "In hand" is no status: the pending list of the stream says it.
package push
