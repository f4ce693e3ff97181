import { expect, it } from 'vitest';
import { reservedAt, reservedOf } from './reserve';

it.each([
  ['2026-11-22T00:30:00Z', 'Asia/Seoul', '20261122093000'],
  ['2026-11-22T15:00:59.999Z', 'Asia/Seoul', '20261123000059'],
  ['2026-07-01T12:00:00Z', 'America/New_York', '20260701080000'],
  // 01:30 comes twice on this day.
  ['2026-11-01T05:30:00Z', 'America/New_York', '2026-11-01T05:30:00Z'],
  ['2026-11-01T06:30:00Z', 'America/New_York', '2026-11-01T06:30:00Z'],
  ['2026-11-01T07:30:00Z', 'America/New_York', '20261101023000'],
])('%s in %s is written as %s', (at, zone, text) => expect(reservedOf(Date.parse(at), zone)).toBe(text));

it.each([
  ['20261122093000', 'Asia/Seoul', '2026-11-22T00:30:00Z'],
  ['2026-11-22T09:30:00+09:00', 'Asia/Seoul', '2026-11-22T00:30:00.000Z'],
  ['', 'Asia/Seoul', null],
  ['soon', 'Asia/Seoul', null],
  ['20261122', 'Asia/Seoul', null],
])('%s in %s is read as %s', (text, zone, at) => expect(reservedAt(text, zone)).toBe(at));
