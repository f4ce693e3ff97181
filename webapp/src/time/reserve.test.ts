import { expect, it } from 'vitest';
import { reservedOf } from './reserve';

it.each([
  ['2026-11-22T00:30:00Z', 'Asia/Seoul', '20261122093000'],
  ['2026-11-22T15:00:59.999Z', 'Asia/Seoul', '20261123000059'],
  ['2026-07-01T12:00:00Z', 'America/New_York', '20260701080000'],
  // 01:30 comes twice on this day.
  ['2026-11-01T05:30:00Z', 'America/New_York', '2026-11-01T05:30:00Z'],
  ['2026-11-01T06:30:00Z', 'America/New_York', '2026-11-01T06:30:00Z'],
  ['2026-11-01T07:30:00Z', 'America/New_York', '20261101023000'],
])('%s in %s is written as %s', (at, zone, text) => expect(reservedOf(Date.parse(at), zone)).toBe(text));
