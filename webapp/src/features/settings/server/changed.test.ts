import { describe, expect, it } from 'vitest';
import { durationOf, isChanged, isFound } from './changed';

describe('durationOf', () => {
  it.each([
    ['75m', 4_500_000],
    ['1h15m0s', 4_500_000],
    ['1.5s', 1_500],
    ['250ms', 250],
    ['0', 0],
    ['0s', 0],
    ['', null],
    ['8080', null],
    ['m', null],
    ['10s later', null],
  ])('%j is %j ms', (text, ms) => expect(durationOf(text)).toBe(ms));
});

describe('isChanged', () => {
  it.each([
    ['push', 'push', false],
    ['other', 'push', true],
    ['1h15m0s', '75m', false],
    ['1h16m0s', '75m', true],
    ['***', '', true],
    ['', '', false],
    ['false', '', false],
    ['true', '', true],
    ['0', '', false],
    ['0s', '10s', true],
    ['', 'push', true],
  ])('%j with the default %j: %s', (value, otherwise, is) =>
    expect(isChanged({ variable: 'X', value, default: otherwise, help: '' })).toBe(is),
  );
});

it('isFound looks in variable, value and meaning', () => {
  const one = { variable: 'REDIS_URL', value: 'redis://a', default: '', help: 'Where the store is.' };
  expect(['redis_', 'STORE', '//A'].map((text) => isFound(one, text))).toEqual([true, true, true]);
  expect(isFound(one, 'zone')).toBe(false);
});
