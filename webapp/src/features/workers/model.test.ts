import { describe, expect, it } from 'vitest';
import { follow, groupsOf, hasHeir, inHand, isLast, replace, shownState, silence, type Worker } from './model';

const worker = (name: string, more: Partial<Worker> = {}): Worker => ({
  name,
  consumer: `${name}-1`,
  state: 'running',
  desired: 'running',
  silent_seconds: 1,
  in_hand: 0,
  pending: 0,
  sent: 0,
  rate: 0,
  simulator: false,
  ...more,
});
const absent = (name: string) => worker(name, { consumer: '', state: 'lost', desired: 'paused' });

it('groupsOf puts processes of a name together, and keeps a name that is only paused', () => {
  const a1 = worker('a');
  const a2 = worker('a', { consumer: 'a-2' });
  const groups = groupsOf([a1, a2, absent('b')]);
  expect(groups).toEqual([
    { name: 'a', desired: 'running', processes: [a1, a2] },
    { name: 'b', desired: 'paused', processes: [] },
  ]);
});

describe('shownState', () => {
  const cases: [string, Partial<Worker>, ReturnType<typeof shownState>][] = [
    ['runs', {}, { state: 'running', left: 0 }],
    ['runs, with work in hand', { in_hand: 5 }, { state: 'running', left: 0 }],
    ['has yet to obey', { desired: 'paused', in_hand: 5 }, { state: 'draining', left: 5 }],
    ['finishes what it has', { state: 'paused', desired: 'paused', in_hand: 2 }, { state: 'draining', left: 2 }],
    ['stands still', { state: 'paused', desired: 'paused' }, { state: 'paused', left: 0 }],
    ['is told to stop', { state: 'draining', in_hand: 7 }, { state: 'draining', left: 7 }],
    ['is lost', { state: 'lost', desired: 'paused', in_hand: 7 }, { state: 'lost', left: 0 }],
  ];
  it.each(cases)('%s', (_, w, want) => expect(shownState(worker('a', w))).toEqual(want));
});

describe('isLast', () => {
  it.each<[string, Worker[], boolean]>([
    ['the only one', [worker('a')], true],
    ['two of its name', [worker('a'), worker('a', { consumer: 'a-2' })], true],
    ['another runs', [worker('a'), worker('b')], false],
    ['another is off', [worker('a'), worker('b', { desired: 'paused', state: 'paused' })], true],
    ['another is lost', [worker('a'), worker('b', { state: 'lost' })], true],
    ['another is being stopped', [worker('a'), worker('b', { state: 'draining' })], true],
    ['it does not run', [worker('a', { state: 'lost' })], false],
    ['it is off', [worker('a', { desired: 'paused', state: 'paused' })], false],
  ])('%s', (_, items, want) => expect(isLast(groupsOf(items), 'a')).toBe(want));
});

it('inHand believes a lost one no more', () => {
  expect(inHand(worker('a', { in_hand: 5, pending: 2 }))).toBe(5);
  expect(inHand(worker('a', { in_hand: 5, pending: 2, state: 'lost' }))).toBe(2);
});

it('hasHeir wants one that runs', () => {
  expect(hasHeir(groupsOf([worker('a', { state: 'lost' }), worker('b')]))).toBe(true);
  expect(hasHeir(groupsOf([worker('a', { state: 'lost' }), absent('b')]))).toBe(false);
});

describe('follow', () => {
  const known = { desired: 'running' as const, items: [worker('a', { host: 'vm1' }), absent('b')] };
  const event = (w: Worker) => ({
    name: w.name,
    consumer: w.consumer,
    state: w.state,
    desired: w.desired,
    in_hand: w.in_hand,
    pending: w.pending,
    sent: w.sent,
    rate: w.rate,
  });
  const [a, b] = [event(worker('a', { host: 'vm1' })), event(absent('b'))];

  it('brings numbers up to date, and keeps what an event does not tell', () => {
    const { workers, stale } = follow(known, { items: [{ ...a, sent: 7, rate: 3.5 }, b] });
    expect(workers.items).toEqual([worker('a', { host: 'vm1', sent: 7, rate: 3.5 }), absent('b')]);
    expect(stale).toBe(false);
  });
  it('is stale when one came', () => expect(follow(known, { items: [a, b, event(worker('c'))] }).stale).toBe(true));
  it('is stale when one went, which stays until the list is read', () => {
    const { workers, stale } = follow(known, { items: [a] });
    expect(workers.items).toHaveLength(2);
    expect(stale).toBe(true);
  });
  it('is stale when one was started anew', () =>
    expect(follow(known, { items: [{ ...a, consumer: 'a-9' }, b] }).stale).toBe(true));
  it('is stale when one was switched', () =>
    expect(follow(known, { items: [{ ...a, desired: 'paused' }, b] }).stale).toBe(true));
});

it('replace puts what the API answered in the place of what was known', () => {
  const known = { desired: 'running' as const, items: [worker('a'), worker('b'), worker('c')] };
  const b = worker('b', { desired: 'paused' });
  expect(replace(known, 'b', { desired: 'running', items: [b] }).items.map((w) => [w.name, w.desired])).toEqual([
    ['a', 'running'],
    ['b', 'paused'],
    ['c', 'running'],
  ]);
  expect(replace(known, 'b', { desired: 'running', items: [] }).items.map((w) => w.name)).toEqual(['a', 'c']);
});

it('silence goes on from what the API said', () => {
  expect(silence(worker('a', { silent_seconds: 1.5 }), 10_000, 14_000)).toBe(5_500);
  expect(silence(worker('a', { silent_seconds: 1.5 }), 10_000, 9_000)).toBe(1_500);
});
