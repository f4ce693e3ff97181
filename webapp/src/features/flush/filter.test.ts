import { describe, expect, it } from 'vitest';
import { countsOf, countsQuery, isFiltered, isRange, noFilter, orderOf, split } from './filter';

describe('orderOf', () => {
  it('leaves out what is not asked for', () => expect(orderOf(noFilter)).toEqual({}));
  it('uses the names of the API', () =>
    expect(orderOf({ ...noFilter, status: ['failed'], service: 'MTS', group: 'G17', csno: '10023451' })).toEqual({
      status: ['failed'],
      D_servicename: 'MTS',
      push_grp_id: 'G17',
      csno: '10023451',
    }));
});

it('isFiltered sees any condition', () => {
  expect(isFiltered(noFilter)).toBe(false);
  expect(isFiltered({ ...noFilter, csno: '1' })).toBe(true);
});

it('isRange wants the end after the beginning', () => {
  const since = '2026-11-22T00:00:00Z';
  expect(isRange({ ...noFilter, since })).toBe(true);
  expect(isRange({ ...noFilter, since, until: '2026-11-23T00:00:00Z' })).toBe(true);
  expect(isRange({ ...noFilter, since, until: since })).toBe(false);
});

describe('countsQuery', () => {
  const now = Date.parse('2026-11-22T09:30:00Z');
  it('covers all of the log, and is the same all day', () => {
    const query = countsQuery(noFilter, now);
    expect(query).toMatchObject({ since: '2020-01-01T00:00:00Z', until: '2026-11-24T00:00:00Z' });
    expect(countsQuery(noFilter, now + 3_600_000)).toEqual(query);
  });
  it('counts all states: what has not ended stays, and is told', () =>
    expect(countsQuery({ ...noFilter, status: ['failed'] }, now)).not.toHaveProperty('status'));
  it('makes fewer bars than the API gives', () => {
    const { since, until } = countsQuery(noFilter, Date.parse('2100-01-01T00:00:00Z'));
    expect((Date.parse(until) - Date.parse(since)) / (744 * 3_600_000)).toBeLessThan(1_500);
  });
});

it('countsOf adds up the bars', () =>
  expect(
    countsOf([
      { at: '', total: 3, counts: { sent: 2, failed: 1 } },
      { at: '', total: 2, counts: { sent: 1, queued: 1 } },
    ]),
  ).toEqual({ sent: 3, failed: 1, queued: 1 }));

describe('split', () => {
  const counts = { sent: 90, failed: 7, expired: 2, cancelled: 1, queued: 5, scheduled: 4, retrying: 3 };
  it('removes what has ended, and nothing else', () =>
    expect(split(counts, null)).toMatchObject({ removedSum: 100, staysSum: 12 }));
  it('removes only the states asked for', () => {
    const { removed, removedSum } = split(counts, ['failed', 'expired']);
    expect(removedSum).toBe(9);
    expect(removed.map((one) => one.status)).toEqual(['failed', 'expired']);
  });
});
