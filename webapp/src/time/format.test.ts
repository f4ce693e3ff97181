import { describe, expect, it } from 'vitest';
import { formatAge, formatReserved, formatSpan, formatTime } from './format';

describe('formatTime', () => {
  it('shows the zone of the firm, whatever the browser has', () => {
    expect(formatTime('2026-11-22T00:30:01.123Z', 'Asia/Seoul')).toBe('2026-11-22 09:30:01');
    expect(formatTime('2026-11-22T00:30:01.123Z', 'Asia/Seoul', 'ms')).toBe('2026-11-22 09:30:01.123');
    expect(formatTime('2026-11-22T15:00:00Z', 'Asia/Seoul')).toBe('2026-11-23 00:00:00');
    expect(formatTime('2026-07-01T12:00:00Z', 'America/New_York', 'minute')).toBe('2026-07-01 08:00');
  });
  it('returns what is no instant as it is', () => expect(formatTime('soon', 'UTC')).toBe('soon'));
});

describe('formatReserved', () => {
  it('reads the wire format of the firm', () =>
    expect(formatReserved('20261122093000', 'Asia/Seoul')).toBe('2026-11-22 09:30:00'));
  it('reads RFC 3339', () => expect(formatReserved('2026-11-22T00:30:00Z', 'Asia/Seoul')).toBe('2026-11-22 09:30:00'));
  it('leaves nothing empty', () => expect(formatReserved('', 'Asia/Seoul')).toBe(''));
});

it('formatAge has whole seconds', () => {
  const ages = [-5, 0, 3_999, 59_999, 80_000, 7_500_000];
  expect(ages.map((ms) => formatAge(ms, 'en'))).toEqual(['0 s', '0 s', '3 s', '59 s', '1 m 20 s', '2 h 5 m']);
  expect(ages.map((ms) => formatAge(ms, 'ko'))).toEqual(['0초', '0초', '3초', '59초', '1분 20초', '2시간 5분']);
});

it('formatSpan is short', () => {
  const spans = [12, 1_234, 59_600, 61_000, 3_600_000, 90_000_000, -5_000];
  expect(spans.map((ms) => formatSpan(ms, 'en'))).toEqual([
    '12 ms',
    '1.2 s',
    '1 m',
    '1 m 1 s',
    '1 h',
    '1 d 1 h',
    '-5.0 s',
  ]);
  expect(spans.map((ms) => formatSpan(ms, 'ko'))).toEqual([
    '12밀리초',
    '1.2초',
    '1분',
    '1분 1초',
    '1시간',
    '1일 1시간',
    '-5.0초',
  ]);
});
