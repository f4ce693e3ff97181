import { lazily } from '../../api/load';
import type { Permission } from '../../api/session';

/** The parts of the settings, with the permission without which they are not there. */
export const tabs = [
  { path: 'display', may: 'self', view: lazily(() => import('./display/DisplayTab')) },
  { path: 'account', may: 'self', view: lazily(() => import('./account/AccountTab')) },
  { path: 'users', may: 'users', view: lazily(() => import('./users/UsersTab')) },
  { path: 'tokens', may: 'users', view: lazily(() => import('./tokens/TokensTab')) },
  { path: 'audit', may: 'audit', view: lazily(() => import('./audit/AuditTab')) },
  { path: 'server', may: 'settings', view: lazily(() => import('./server/ServerTab')) },
] as const satisfies { path: string; may: Permission; view: unknown }[];
