import { describe, expect, it } from 'vitest';
import { barsFrom, plans, ranges, ratio, sinceOf } from './ranges';

const seoul = 9 * 3_600;
const now = Date.parse('2026-11-22T00:31:20Z'); // 09:31:20 there

describe('sinceOf', () => {
  it.each([
    ['1h', '2026-11-21T23:32:00.000Z'],
    ['6h', '2026-11-21T18:35:00.000Z'],
    ['24h', '2026-11-21T00:45:00.000Z'],
    ['48h', '2026-11-20T01:00:00.000Z'],
    ['7d', '2026-11-15T01:00:00.000Z'],
    ['30d', '2026-10-23T03:00:00.000Z'], // noon there
  ] as const)('%s begins at a round time of the zone', (range, want) =>
    expect(sinceOf(plans[range], now, seoul)).toBe(want),
  );

  it('never asks for more than the API keeps', () => {
    for (const range of ranges) {
      expect(now - Date.parse(sinceOf(plans[range], now, seoul))).toBeLessThanOrEqual(plans[range].seconds * 1_000);
    }
  });
});

describe('barsFrom', () => {
  const counter = (minute: number, more = {}) => ({
    at: `2026-11-22T00:${String(minute).padStart(2, '0')}:00Z`,
    accepted: 10,
    sent: 0,
    failed: 0,
    expired: 0,
    cancelled: 0,
    retrying: 0,
    redriven: 0,
    ...more,
  });

  it('adds counters up to bars; the last may have fewer', () => {
    const items = [0, 1, 2, 3, 4, 5, 6].map((m) => counter(m, { sent: m, retrying: 1 }));
    expect(barsFrom(items, plans['6h'])).toEqual({
      spans: [
        { at: '2026-11-22T00:00:00Z', counts: { sent: 10 } },
        { at: '2026-11-22T00:05:00Z', counts: { sent: 11 } },
      ],
      accepted: [50, 20],
      retrying: 7,
      redriven: 0,
    });
  });
  it('leaves states out that there are none of', () =>
    expect(barsFrom([counter(0, { failed: 2, expired: 1, cancelled: 4 })], plans['1h']).spans[0]?.counts).toEqual({
      failed: 2,
      expired: 1,
      cancelled: 4,
    }));
  it('is empty without counters', () => expect(barsFrom([], plans['1h']).spans).toEqual([]));
});

it('ratio is never rounded up to all', () => {
  expect(ratio({ sent: 0, failed: 0, expired: 0 })).toBe('–');
  expect(ratio({ sent: 5, failed: 0, expired: 0 })).toBe('100%');
  expect(ratio({ sent: 99_999, failed: 1, expired: 0 })).toBe('99.99%');
  expect(ratio({ sent: 3, failed: 0, expired: 1 })).toBe('75.00%');
});
