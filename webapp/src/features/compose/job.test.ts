import { describe, expect, it } from 'vitest';
import { bytesOf, type Draft, emptyDraft, faultsOf, jobOf } from './job';

const draft = (over: Partial<Draft>): Draft => ({ ...emptyDraft, ...over });
const row = (key: string, value: string, id = 1) => ({ id, key, value });

describe('jobOf', () => {
  it('leaves out what is empty', () =>
    expect(jobOf(draft({ device_id: ' token ', msg_title: ' hello ' }), 'Asia/Seoul')).toEqual({
      device_id: 'token',
      msg_title: ' hello ',
      priority: 'normal',
      ttl: null,
    }));
  it('has everything that is given', () =>
    expect(
      jobOf(
        draft({
          id: 'a-1',
          device_id: 'token',
          msg_contents: 'body',
          csno: '10023451',
          priority: 'urgent',
          ttl: '60',
          later: true,
          at: Date.parse('2026-11-22T00:30:00Z'),
          data: [row('screen', 'quote'), row('', '')],
        }),
        'Asia/Seoul',
      ),
    ).toEqual({
      id: 'a-1',
      device_id: 'token',
      msg_contents: 'body',
      csno: '10023451',
      priority: 'urgent',
      ttl: 60,
      sndn_rsev_hour: '20261122093000',
      data: { screen: 'quote' },
    }));
  it('is sent at once if later was taken back', () =>
    expect(jobOf(draft({ device_id: 't', later: false, at: 1 }), 'Asia/Seoul')).not.toHaveProperty('sndn_rsev_hour'));
});

// The sizes are those of push.Job.PayloadSize.
describe('bytesOf', () => {
  const overhead = 6 + 36; // msg_id, and an id that is given
  it.each([
    ['nothing', {}, overhead],
    ['ASCII', { msg_title: 'hello' }, overhead + 5],
    ['Korean, three bytes each', { msg_title: '체결 알림' }, overhead + 13],
    ['Korean in pieces, which is sent whole', { msg_title: '체결 알림'.normalize('NFD') }, overhead + 13],
    ['emoji, four bytes each', { msg_contents: '🎉🎉' }, overhead + 8],
    ['an emoji of several', { msg_contents: '👨‍👩‍👧' }, overhead + 18],
    ['a flag', { msg_contents: '🇰🇷' }, overhead + 8],
    ['half an emoji, which becomes U+FFFD', { msg_contents: '\ud83c' }, overhead + 3],
    ['an id of its own', { id: 'abc' }, 6 + 3],
    ['data, keys and values', { data: { 화면: '시세', k: 'v' } }, overhead + 6 + 6 + 2],
  ])('counts %s', (_, job, bytes) => expect(bytesOf(job)).toBe(bytes));
});

describe('faultsOf', () => {
  it('has nothing against an empty form', () => expect(faultsOf(emptyDraft)).toEqual([]));
  it.each(['0', '-1', '1.5', '2419201', 'soon', '1e3'])('refuses a ttl of %s', (ttl) =>
    expect(faultsOf(draft({ ttl }))).toEqual([{ field: 'ttl', message: 'must be 1 to 2419200 seconds' }]),
  );
  it.each(['1', '3600', '2419200', ' 60 ', '６０'])('takes a ttl of %s', (ttl) =>
    expect(faultsOf(draft({ ttl }))).toEqual([]),
  );
  it('wants a time for what is sent later', () =>
    expect(faultsOf(draft({ later: true }))).toEqual([{ field: 'sndn_rsev_hour', message: 'is required' }]));
  it('refuses a key that is there twice', () =>
    expect(faultsOf(draft({ data: [row('a', '1'), row('b', ''), row('a', '2')] }))).toEqual([
      { field: 'data', message: 'key "a" is given twice' },
    ]));
});
