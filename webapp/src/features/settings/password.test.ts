import { describe, expect, it } from 'vitest';
import { isPassword, makePassword } from './password';

describe('isPassword', () => {
  it.each([
    ['eleven-char', 'kim', false],
    ['twelve-chars', 'kim', true],
    ['비밀번호열두글자로만든다', 'kim', true],
    ['Long.Name.Of.Someone', 'long.name.of.someone', false],
    ['x'.repeat(256), 'kim', true],
    ['x'.repeat(257), 'kim', false],
  ])('%s of %s: %s', (password, name, is) => expect(isPassword(password, name)).toBe(is));
});

describe('makePassword', () => {
  it('makes one that may be one, and can be read out', () => {
    const made = makePassword();
    expect(made).toMatch(/^[A-HJ-NP-Za-km-z2-9]{5}(-[A-HJ-NP-Za-km-z2-9]{5}){3}$/);
    expect(isPassword(made, 'kim')).toBe(true);
  });
  it('makes another one each time', () => {
    expect(new Set(Array.from({ length: 100 }, makePassword)).size).toBe(100);
  });
});
