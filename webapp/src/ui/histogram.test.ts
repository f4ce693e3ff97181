import { describe, expect, it } from 'vitest';
import { barAt, barsOf, type HistogramSpan, levelsOf, pathsOf, sumOf, ticksOf, timeOf, wordsOf } from './histogram';

const zone = 'Asia/Seoul';
const spansFrom = (start: string, seconds: number, n: number): HistogramSpan[] =>
  Array.from({ length: n }, (_, i) => ({
    at: new Date(Date.parse(start) + i * seconds * 1_000).toISOString(),
    counts: {},
  }));

it('barAt finds the bar, and stays within them', () => {
  expect([-5, 0, 9.9, 10, 99, 100, 400].map((x) => barAt(x, 100, 10))).toEqual([0, 0, 0, 1, 9, 9, 9]);
});

it('barsOf does not mind the direction', () => {
  expect(barsOf(7, 3)).toEqual({ from: 3, to: 7 });
  expect(barsOf(3, 3)).toEqual({ from: 3, to: 3 });
});

it('timeOf ends where the last bar ends', () => {
  const spans = spansFrom('2026-11-22T00:30:00Z', 60, 10);
  expect(timeOf(spans, { from: 2, to: 4 }, 60)).toEqual({
    since: '2026-11-22T00:32:00.000Z',
    until: '2026-11-22T00:35:00.000Z',
  });
});

it('sumOf adds states up', () => {
  const spans: HistogramSpan[] = [
    { at: '', counts: { sent: 1, failed: 2 } },
    { at: '', counts: { sent: 10 } },
    { at: '', counts: { sent: 100, expired: 5 } },
  ];
  expect(sumOf(spans, { from: 1, to: 2 })).toEqual({ sent: 110, expired: 5 });
});

it.each([
  [0, [0, 1]],
  [1, [0, 1]],
  [3, [0, 1, 2, 3]],
  [7, [0, 2, 4, 6, 8]],
  [1_407, [0, 500, 1_000, 1_500]],
  [50_000, [0, 20_000, 40_000, 60_000]],
])('levelsOf %i are round', (most, want) => expect(levelsOf(most, 4)).toEqual(want));

describe('pathsOf', () => {
  const box = { width: 20, height: 100, top: 10 };
  it('stacks states from below', () =>
    expect(
      pathsOf(
        [
          { at: '', counts: { sent: 5, failed: 2 } },
          { at: '', counts: { failed: 1 } },
        ],
        ['sent', 'failed'],
        box,
      ),
    ).toEqual({
      sent: 'M1 100h8V50h-8z',
      failed: 'M1 50h8V30h-8zM11 100h8V90h-8z',
    }));
  it('has the least to be seen', () =>
    expect(pathsOf([{ at: '', counts: { sent: 10, failed: 1 } }], ['failed', 'sent'], { ...box, top: 10_000 })).toEqual(
      {
        failed: 'M2 100h16V98h-16z',
        sent: 'M2 98h16V96h-16z',
      },
    ));
  it('stays within the height', () =>
    expect(pathsOf([{ at: '', counts: { sent: 10, failed: 1 } }], ['sent', 'failed'], box).failed).toBe(
      'M2 0h16V0h-16z',
    ));
});

describe('wordsOf', () => {
  it('names a day once', () =>
    expect(wordsOf('2026-11-22T00:30:00Z', '2026-11-22T00:31:00Z', 60, zone)).toBe('2026-11-22 09:30 – 09:31'));
  it('names both days', () =>
    expect(wordsOf('2026-11-22T14:59:00Z', '2026-11-22T15:00:00Z', 60, zone)).toBe(
      '2026-11-22 23:59 – 2026-11-23 00:00',
    ));
  it('has seconds where bars do', () =>
    expect(wordsOf('2026-11-22T00:30:05Z', '2026-11-22T00:30:10Z', 5, zone)).toBe('2026-11-22 09:30:05 – 09:30:10'));
});

describe('ticksOf', () => {
  const labels = (start: string, seconds: number, n: number, width: number, where = zone) =>
    Object.fromEntries(ticksOf(spansFrom(start, seconds, n), seconds, where, width));

  it('puts them at round times', () =>
    expect(labels('2026-11-22T00:31:00Z', 60, 60, 500)).toEqual({
      9: '09:40',
      19: '09:50',
      29: '10:00',
      39: '10:10',
      49: '10:20',
      59: '10:30',
    }));
  it('rounds in the zone, and names the day at midnight', () =>
    expect(labels('2026-11-22T12:00:00Z', 600, 36, 300)).toEqual({ 6: '22:00', 18: '11-23', 30: '02:00' }));
  it('goes by days', () =>
    expect(labels('2026-11-20T00:00:00Z', 3_600, 72, 300)).toEqual({ 15: '11-21', 39: '11-22', 63: '11-23' }));
  it('labels the first bar that begins after a round time', () =>
    expect(labels('2026-11-22T00:30:07Z', 7, 60, 300)).toEqual({ 17: '09:32', 34: '09:34', 51: '09:36' }));
  it('follows a change of clocks', () =>
    expect(labels('2026-11-01T04:00:00Z', 3_600, 6, 500, 'America/New_York')).toEqual({
      0: '11-01',
      1: '01:00',
      3: '02:00',
      4: '03:00',
      5: '04:00',
    }));
  it('has none without bars', () => expect(ticksOf([], 60, zone, 500).size).toBe(0));
});
