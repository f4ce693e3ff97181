import { describe, expect, it } from 'vitest';
import type { Schemas } from '../api/client';
import { nextTryAt, readDuration, readStory } from './story';

const record = (more: Partial<Schemas['Record']>): Schemas['Record'] => ({
  id: 'a',
  device_id: 't',
  priority: 'normal',
  ttl: 3600,
  status: 'sent',
  accepted_at: '2026-11-22T16:42:54.063Z',
  attempts: 1,
  deliveries: 1,
  ...more,
});

it('readDuration reads what Go writes', () => {
  expect(['500µs', '2.17ms', '1.2s', '1m30s', '1h0m5s', '-', ''].map(readDuration)).toEqual([
    0.5, 2.17, 1200, 90_000, 3_605_000, 0, 0,
  ]);
});

describe('readStory', () => {
  it('tells a push that was retried', () => {
    const story = readStory(
      record({
        tries: [
          '2026-11-22T16:42:54.064Z vm-1 503 UNAVAILABLE took=570µs retry_in=1.2s',
          '2026-11-22T16:42:55.378Z vm-2 200 ACCEPTED took=2.17ms',
        ],
      }),
    );
    expect(story.map((s) => s.kind)).toEqual(['accepted', 'try', 'try']);
    expect(story[1]).toMatchObject({
      n: 1,
      consumer: 'vm-1',
      status: '503',
      code: 'UNAVAILABLE',
      took: '570µs',
      retryIn: '1.2s',
      ok: false,
    });
    expect(story[2]).toMatchObject({ n: 2, consumer: 'vm-2', status: '200', ok: true, retryIn: '' });
  });

  it('tells takeovers, redrives, moves and late answers in their order', () => {
    const story = readStory(
      record({
        status: 'cancelled',
        fcm_send_time: '2026-11-24T03:00:00.000Z',
        tries: ['2026-11-24T01:00:00.000Z vm-1 - NO_ANSWER took=10s'],
        takeovers: ['2026-11-24T00:30:01.123Z consumer-a silent for 10.4s, noticed by consumer-b'],
        redrives: ['2026-11-24T02:00:00.000Z was failed UNREGISTERED after 1 attempts, op=5f0c9a1b2c3d'],
        moves: ['2026-11-24T02:30:00.000Z was due 2026-11-24T09:00:00.000Z, op=5f0c9a1b2c3d'],
        late: ['2026-11-24T02:45:00.000Z consumer-a 200 ACCEPTED took=9s'],
      }),
    );
    expect(story.map((s) => s.kind)).toEqual(['accepted', 'takeover', 'try', 'redrive', 'move', 'late', 'ended']);
    expect(story[1]).toMatchObject({ consumer: 'consumer-a', by: 'consumer-b', silent: '10.4s' });
    expect(story[3]).toMatchObject({ status: 'failed', code: 'UNREGISTERED' });
    expect(story[4]).toMatchObject({ due: '2026-11-24T09:00:00.000Z' });
  });

  it('leaves out lines that it can not read', () => {
    expect(
      readStory(record({ tries: ['nonsense'], takeovers: [''], redrives: ['x'], moves: ['y'], late: ['z'] })),
    ).toHaveLength(1);
  });
});

it('nextTryAt is known while a push waits for it', () => {
  const tries = ['2026-11-22T16:42:54.000Z vm-1 503 UNAVAILABLE took=1s retry_in=12s'];
  expect(nextTryAt(record({ status: 'retrying', tries }))).toBe('2026-11-22T16:43:07.000Z');
  expect(nextTryAt(record({ status: 'sent', tries }))).toBeNull();
  expect(nextTryAt(record({ status: 'retrying' }))).toBeNull();
});
