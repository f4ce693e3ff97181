import { describe, expect, it } from 'vitest';
import type { LogState } from '../../url/log';
import {
  askedOf,
  destinationOf,
  filterOf,
  histogramRange,
  isFiltered,
  isScan,
  isTooShort,
  noFilter,
  spanOf,
} from './filter';

const none: LogState = {
  page: 1,
  order: 'newest',
  status: null,
  range: null,
  since: null,
  until: null,
  service: null,
  group: null,
  code: null,
  sent: null,
  sent_since: null,
  sent_until: null,
  reserved_since: null,
  reserved_until: null,
  search: null,
  column: null,
  contains: null,
  equals: null,
  asof: null,
  live: null,
  id: null,
};
const now = Date.parse('2026-11-27T12:00:00Z');

describe('filterOf', () => {
  it('asks for nothing if nothing is chosen', () => {
    expect(filterOf(none, now)).toEqual({});
    expect(isFiltered(filterOf(none, now))).toBe(false);
  });
  it('counts a range back from now, and from the bound of a pinned page', () => {
    expect(filterOf({ ...none, range: '1h' }, now)).toEqual({ since: '2026-11-27T11:00:00.000Z' });
    expect(filterOf({ ...none, range: '1h', asof: '2026-11-27T09:00:00.000Z' }, now)).toEqual({
      since: '2026-11-27T08:00:00.000Z',
    });
  });
  it('takes a range or two ends, not both', () => {
    const ends = { since: '2026-11-01T00:00:00Z', until: '2026-11-02T00:00:00Z' };
    expect(filterOf({ ...none, ...ends }, now)).toEqual(ends);
    expect(filterOf({ ...none, ...ends, range: '15m' }, now)).toEqual({ since: '2026-11-27T11:45:00.000Z' });
  });
  it('takes all of the others together', () => {
    const f = filterOf(
      {
        ...none,
        status: ['failed'],
        service: 'MTS',
        group: 'G17',
        code: 'UNREGISTERED',
        column: 'result',
        contains: 'x',
      },
      now,
    );
    expect(f).toEqual({
      status: ['failed'],
      D_servicename: 'MTS',
      push_grp_id: 'G17',
      error_code: 'UNREGISTERED',
      column: 'result',
      contains: 'x',
    });
    expect(isScan(f)).toBe(true);
  });
  it('takes whether and when FCM accepted it, and for when it was reserved', () => {
    const [since, until] = ['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'];
    expect(filterOf({ ...none, sent: 'N' }, now)).toEqual({ fcm_send_yn: 'N' });
    expect(isScan({ fcm_send_yn: 'N' })).toBe(false); // an index answers
    const sent = filterOf({ ...none, sent_since: since, sent_until: until }, now);
    expect(sent).toEqual({ fcm_send_since: since, fcm_send_until: until });
    const reserved = filterOf({ ...none, reserved_since: since, reserved_until: until }, now);
    expect(reserved).toEqual({ sndn_rsev_since: since, sndn_rsev_until: until });
    expect(isScan(sent) && isScan(reserved)).toBe(true);
    expect(isFiltered(sent)).toBe(true);
  });
  it('is all taken away by what clears it', () => {
    const { page, order, asof, live, id, ...filters } = none;
    expect(noFilter).toEqual(filters);
  });
  it('leaves out a column without a word', () => expect(filterOf({ ...none, column: 'result' }, now)).toEqual({}));
});

describe('destinationOf', () => {
  it.each(['csno', 'uuid_id', 'device_id', 'cust_telno', 'msg_title', 'msg_contents'] as const)(
    'never puts %s into the URL',
    (column) => {
      expect(destinationOf({ column, match: 'contains', word: ' x ' })).toEqual({ post: { column, contains: 'x' } });
      expect(destinationOf({ column, match: 'equals', word: 'x' })).toHaveProperty('post');
    },
  );
  it('uses an index where there is one', () => {
    expect(destinationOf({ column: 'csno', match: 'equals', word: '1' })).toEqual({ post: { csno: '1' } });
    expect(destinationOf({ column: 'push_grp_id', match: 'equals', word: 'G17' })).toEqual({ url: { group: 'G17' } });
    expect(destinationOf({ column: 'D_servicename', match: 'equals', word: 'MTS' })).toEqual({
      url: { service: 'MTS' },
    });
  });
  it('has a filter for Y and N, and takes what is no personal data into the URL', () => {
    expect(destinationOf({ column: 'fcm_send_yn', match: 'contains', word: ' y ' })).toEqual({ url: { sent: 'Y' } });
    expect(destinationOf({ column: 'fcm_send_time', match: 'contains', word: '2026-11-30 09:3' })).toEqual({
      url: { column: 'fcm_send_time', contains: '2026-11-30 09:3' },
    });
    expect(destinationOf({ column: 'sndn_rsev_hour', match: 'equals', word: '20261130093000' })).toEqual({
      url: { column: 'sndn_rsev_hour', equals: '20261130093000' },
    });
  });
  it('is read back', () => {
    for (const asked of [
      { column: 'csno', match: 'equals', word: '1' },
      { column: 'msg_title', match: 'contains', word: '체결' },
      { column: 'cust_telno', match: 'equals', word: '010' },
    ] as const) {
      const to = destinationOf(asked);
      expect('post' in to && askedOf(to.post)).toEqual(asked);
    }
    expect(askedOf({})).toBeNull();
  });
});

it('spanOf has few enough bars', () => {
  expect(spanOf(3_600_000, 90)).toBe(60);
  expect(spanOf(86_400_000, 90)).toBe(1800);
  expect(spanOf(30 * 86_400_000, 90)).toBe(43_200);
  expect(spanOf(500, 90)).toBe(1);
});

describe('histogramRange', () => {
  it('is round, and holds the range', () => {
    const r = histogramRange({ since: '2026-11-27T10:00:30Z', until: '2026-11-27T11:00:10Z' }, null, now);
    expect(r).toEqual({ since: '2026-11-27T10:00:00.000Z', until: '2026-11-27T11:01:00.000Z', span: 60 });
  });
  it('is the last 30 days if nothing else is said', () => {
    const r = histogramRange({}, '2026-11-27T12:00:00.000Z', now);
    expect(Date.parse(r.until) - Date.parse(r.since)).toBeLessThanOrEqual(31 * 86_400_000);
    expect(r.span).toBe(43_200);
  });
});

it.each([
  ['cust_telno', '5678', false],
  ['cust_telno', '+82-1', true],
  ['cust_telno', '010-', true],
  ['csno', 'ab12', false],
  ['fcm_send_time', '09', false],
] as const)('a part of %s like %s is too short if it is masked: %s', (column, word, is) => {
  expect(isTooShort({ column, match: 'contains', word })).toBe(is);
});
