import { describe, expect, it } from 'vitest';
import { type BulkJob, logFilterOf, mergeJobs, outcomesOf, progressOf } from './job';

const job: BulkJob = {
  id: '0123456789ab',
  kind: 'redrive',
  state: 'running',
  filter: { status: ['failed'], error_code: 'UNAVAILABLE' },
  by: 'kim',
  reason: 'outage is over',
  ordered_at: '2026-11-24T00:30:00.000Z',
  of: 200,
  looked: 50,
  matched: 50,
  changes: { queued: 50 },
};

it.each([
  ['running', 200, 50, 0.25],
  ['running', 200, 260, 1],
  ['running', -1, 50, null],
  ['waiting', 0, 0, 0],
  ['done', 200, 190, 1],
  ['done', -1, 0, 1],
  ['cancelled', 200, 100, 0.5],
] as const)('a job that is %s, of %i with %i matched, is at %d', (state, of, matched, want) =>
  expect(progressOf({ state, of, matched })).toBe(want),
);

describe('outcomesOf', () => {
  it('begins with what a redrive did, and says of others why not', () => {
    const changes = { missing: 1, cancelled: 2, sent: 3, queued: 40, in_hand: 0 };
    expect(outcomesOf({ kind: 'redrive', changes }).map((o) => [o.word, o.count, o.good])).toEqual([
      ['queued', 40, true],
      ['alreadyCancelled', 2, false],
      ['sent', 3, false],
      ['missing', 1, false],
    ]);
  });
  it('takes a push that a cancel finds queued for one that it left alone', () =>
    expect(outcomesOf({ kind: 'cancel', changes: { queued: 1, cancelled: 2 } }).map((o) => o.word)).toEqual([
      'cancelled',
      'alreadyQueued',
    ]));
  it('keeps what it does not know', () =>
    expect(outcomesOf({ kind: 'redrive', changes: { eaten: 3, queued: 1 } })).toEqual([
      { word: 'queued', change: 'queued', count: 1, good: true },
      { word: null, change: 'eaten', count: 3, good: false },
    ]));
});

describe('logFilterOf', () => {
  it('is the same filter', () =>
    expect(logFilterOf(job.filter)).toMatchObject({ status: ['failed'], code: 'UNAVAILABLE', since: null }));
  it('is none if the filter is personal', () => {
    expect(logFilterOf({ ...job.filter, csno: '*****451' })).toBeNull();
    expect(logFilterOf({ ...job.filter, column: 'result', contains: '****' })).toBeNull();
  });
});

describe('mergeJobs', () => {
  const told = { id: job.id, kind: job.kind, ordered_at: job.ordered_at, of: 200, looked: 90, matched: 80 };
  it('takes the new numbers, and keeps what is not told', () => {
    const { jobs, unknown } = mergeJobs([job], [{ ...told, state: 'running', changes: { queued: 80 } }]);
    expect(jobs).toEqual([{ ...job, looked: 90, matched: 80, changes: { queued: 80 } }]);
    expect(unknown).toBe(false);
  });
  it('asks for one that has ended, and for one that is new', () => {
    expect(mergeJobs([job], [{ ...told, state: 'failed', changes: {} }]).unknown).toBe(true);
    expect(mergeJobs([], [{ ...told, state: 'waiting', changes: {} }]).unknown).toBe(true);
  });
  it('does not go back to what was before the end', () => {
    const ended = { ...job, state: 'done' as const };
    expect(mergeJobs([ended], [{ ...told, state: 'running', changes: {} }])).toEqual({ jobs: [ended], unknown: false });
  });
});
