import { describe, expect, it, vi } from 'vitest';
import type { Schemas } from '../../../api/client';
import { gather, isFiltered, isRange, noFilter, pageSize, queryOf, turn } from './filter';

const now = Date.parse('2026-11-22T09:30:00Z');

describe('queryOf', () => {
  it('leaves out what is not asked for', () => expect(queryOf(noFilter, now)).toEqual({}));
  it('has everything that is', () =>
    expect(
      queryOf(
        {
          ...noFilter,
          actor: 'kim',
          kind: 'user',
          actions: ['flush'],
          outcome: 'done',
          customer: '10023451',
          since: '2026-11-01T00:00:00Z',
          until: '2026-11-02T00:00:00Z',
        },
        now,
      ),
    ).toEqual({
      actor: 'kim',
      kind: 'user',
      actions: ['flush'],
      outcome: 'done',
      customer: '10023451',
      since: '2026-11-01T00:00:00Z',
      until: '2026-11-02T00:00:00Z',
    }));
  it('lets a range reach up to now', () =>
    expect(queryOf({ ...noFilter, range: '24h', until: '2026-01-01T00:00:00Z' }, now)).toEqual({
      since: '2026-11-21T09:30:00.000Z',
    }));
});

it('isFiltered sees any condition', () => {
  expect(isFiltered(noFilter)).toBe(false);
  expect(isFiltered({ ...noFilter, customer: '1' })).toBe(true);
});

it('isRange wants the end after the beginning', () => {
  expect(isRange({ ...noFilter, since: '2026-11-02T00:00:00Z', until: '2026-11-01T00:00:00Z' })).toBe(false);
  expect(isRange({ ...noFilter, until: '2026-11-01T00:00:00Z' })).toBe(true);
});

describe('gather', () => {
  const entry = { id: '1-1' } as Schemas['AuditEntry'];
  const some = (n: number) => Array.from({ length: n }, () => entry);

  it('asks again until the page is full, for what is missing', async () => {
    const ask = vi
      .fn<(before: string, limit: number) => Promise<Schemas['AuditPage']>>()
      .mockResolvedValueOnce({ entries: some(30), next: '7-0' })
      .mockResolvedValueOnce({ entries: some(70), next: '5-0' });
    const page = await gather(null, ask);
    expect(page.entries).toHaveLength(pageSize);
    expect(page.next).toBe('5-0');
    expect(ask.mock.calls).toEqual([
      ['', 100],
      ['7-0', 70],
    ]);
  });
  it('stops at the end of the log', async () => {
    const ask = vi.fn().mockResolvedValue({ entries: some(3), next: '' });
    expect(await gather('9-0', ask)).toEqual({ entries: some(3), next: '' });
    expect(ask).toHaveBeenCalledExactlyOnceWith('9-0', 100);
  });
  it('gives up for now when nothing is found for long', async () => {
    const ask = vi.fn().mockImplementation(async (before: string) => ({ entries: [], next: `${before}x` }));
    expect(await gather(null, ask)).toEqual({ entries: [], next: 'xxxxxxxxxx' });
  });
});

describe('turn', () => {
  it('knows nothing newer on the first page', () => expect(turn([null], null).newer).toBeUndefined());
  it('goes back the way it came', () => {
    const trail = turn([null], null).older('9-0');
    expect(trail).toEqual([null, '9-0']);
    expect(turn(trail, '9-0').newer).toBeNull();
    expect(turn(turn(trail, '9-0').older('7-0'), '7-0').newer).toBe('9-0');
  });
  it('forgets what lay ahead when another way is taken after the browser went back', () =>
    expect(turn([null, '9-0', '7-0'], '9-0').older('8-0')).toEqual([null, '9-0', '8-0']));
  it('begins anew at an address that was opened', () => {
    expect(turn([null], '5-0').newer).toBeUndefined();
    expect(turn([null], '5-0').older('3-0')).toEqual(['5-0', '3-0']);
  });
});
