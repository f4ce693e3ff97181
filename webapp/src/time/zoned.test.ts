import { describe, expect, it } from 'vitest';
import { instantOf, wallOf } from './zoned';

describe('instantOf', () => {
  it.each([
    ['2026-11-22T09:30', 'Asia/Seoul', '2026-11-22T00:30:00Z'],
    ['2026-11-22T00:00:05', 'Asia/Seoul', '2026-11-21T15:00:05Z'],
    ['2026-11-22T09:30', 'UTC', '2026-11-22T09:30:00Z'],
    ['2026-07-01T12:00', 'Europe/Berlin', '2026-07-01T10:00:00Z'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00Z'], // twice that night: the earlier
    ['2026-10-25T03:30', 'Europe/Berlin', '2026-10-25T02:30:00Z'],
    ['2026-03-29T03:30', 'Europe/Berlin', '2026-03-29T01:30:00Z'],
  ])('%s in %s', (wall, zone, at) => expect(instantOf(wall, zone)).toBe(at));

  it.each(['', '2026-11-22', '2026-13-22T09:30', 'soon'])('takes %j for no time', (wall) =>
    expect(instantOf(wall, 'Asia/Seoul')).toBeNull(),
  );
});

describe('wallOf', () => {
  it('shows an instant in the zone', () =>
    expect(wallOf('2026-11-22T00:30:00Z', 'Asia/Seoul')).toBe('2026-11-22T09:30'));
  it('leaves nothing empty', () => expect(wallOf(null, 'Asia/Seoul')).toBe(''));
});
