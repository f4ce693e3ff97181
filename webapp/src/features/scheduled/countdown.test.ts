import { expect, it } from 'vitest';
import { countdown } from './countdown';

it.each([
  [1, 0, '0:01'],
  [5_000, 0, '0:05'],
  [59_001, 0, '1:00'],
  [725_000, 0, '12:05'],
  [11_525_000, 0, '3:12:05'],
  [86_400_000, 1, '0:00:00'],
  [270_245_000, 3, '3:04:05'],
])('%i ms are %i days and %s', (ms, days, time) => expect(countdown(ms)).toEqual({ days, time }));

it.each([0, -1, -86_400_000])('%i ms are over', (ms) => expect(countdown(ms)).toBeNull());
