import { describe, expect, it } from 'vitest';
import type { Schemas } from '../../../api/client';
import { actionsOn, isLastAdmin } from './rules';

const user = (name: string, some: Partial<Schemas['User']> = {}): Schemas['User'] => ({
  name,
  role: 'admin',
  reveal: false,
  disabled: false,
  how: 'password',
  created_at: '2026-11-22T00:00:00Z',
  created_by: 'cli',
  ...some,
});

describe('isLastAdmin', () => {
  const kim = user('kim');
  it('is the only one', () => expect(isLastAdmin(kim, [kim, user('lee', { role: 'viewer' })])).toBe(true));
  it('counts only who can log in', () => expect(isLastAdmin(kim, [kim, user('lee', { disabled: true })])).toBe(true));
  it('is not one of two', () => expect(isLastAdmin(kim, [kim, user('lee')])).toBe(false));
  it('is never who is no administrator', () => {
    const lee = user('lee', { role: 'viewer' });
    expect(isLastAdmin(lee, [kim, lee])).toBe(false);
  });
});

describe('actionsOn', () => {
  const kim = user('kim');
  const all = (one: Schemas['User'], others: Schemas['User'][] = [kim]) => actionsOn(one, [one, ...others], 'kim');
  it('offers everything for a user with a password', () =>
    expect(all(user('lee', { role: 'viewer' }))).toEqual(['role', 'password', 'disable', 'sessions']));
  it('does not shut out who asks', () => expect(actionsOn(kim, [kim, user('lee')], 'kim')).toEqual(['role']));
  it('leaves role and password of single sign-on alone', () =>
    expect(all(user('lee', { how: 'oidc' }))).toEqual(['disable', 'sessions']));
  it('does not offer to disable the last administrator', () =>
    expect(actionsOn(user('lee'), [user('lee'), user('kim', { disabled: true })], 'kim')).not.toContain('disable'));
  it('offers to let somebody in again', () =>
    expect(all(user('lee', { disabled: true }))).toEqual(['role', 'password', 'enable', 'sessions']));
});
