import { expect, it } from 'vitest';
import type { Schemas } from '../../api/client';
import { fateOf, waits } from './fate';

const push: Schemas['Record'] = {
  id: 'p-1',
  device_id: 'tok****',
  priority: 'normal',
  ttl: 3600,
  status: 'scheduled',
  sndn_rsev_hour: '20261122093000',
  accepted_at: '2026-11-20T00:00:00.000Z',
  attempts: 0,
  deliveries: 0,
};

it.each<[string, Partial<Schemas['Record']>, ReturnType<typeof fateOf>]>([
  ['the same', {}, null],
  ['cancelled', { status: 'cancelled' }, { status: 'cancelled' }],
  ['queued', { status: 'queued' }, { status: 'queued' }],
  [
    'moved',
    { sndn_rsev_hour: '20261122100000', moves: ['2026-11-20T01:00:00.000Z was due 2026-11-22T00:30:00.000Z, op=1'] },
    { due: '2026-11-22T01:00:00Z' },
  ],
  [
    'retrying',
    {
      status: 'retrying',
      attempts: 1,
      tries: ['2026-11-22T00:30:00.000Z consumer-a 503 UNAVAILABLE took=0s retry_in=12s'],
    },
    { due: '2026-11-22T00:30:12.000Z' },
  ],
])('a row that is %s by now', (_, now, fate) => {
  const after = { ...push, ...now };
  const waiting = fate && 'due' in fate ? { ...fate, push: after } : fate;
  expect(fateOf(push, after, 'Asia/Seoul')).toEqual(waiting);
});

it('waits as the filter has it', () => {
  expect([waits('scheduled'), waits('retrying'), waits('queued')]).toEqual([true, true, false]);
  expect([waits('scheduled', 'retrying'), waits('retrying', 'retrying')]).toEqual([false, true]);
});
