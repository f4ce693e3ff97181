import type { Schemas } from '../../../api/client';

type User = Schemas['User'];

/** Whether a user is the only administrator who can log in: the API keeps them so. */
export function isLastAdmin(user: User, users: User[]): boolean {
  return isAble(user) && users.filter(isAble).length === 1;
}

const isAble = (u: User) => u.role === 'admin' && !u.disabled;

export type UserAction = 'role' | 'password' | 'disable' | 'enable' | 'sessions';

/**
 * What can be done with a user. Nobody disables themselves; the role and the password of who comes
 * from single sign-on are not ours; one's own password is changed with the current one.
 */
export function actionsOn(user: User, users: User[], me: string): UserAction[] {
  const own = user.name === me;
  const all: (UserAction | false)[] = [
    user.how === 'password' && 'role',
    user.how === 'password' && !own && 'password',
    !own && (user.disabled ? 'enable' : !isLastAdmin(user, users) && 'disable'),
    !own && 'sessions',
  ];
  return all.filter((a) => a !== false);
}
