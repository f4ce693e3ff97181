import { lazy } from 'react';
import type { Permission } from '../../api/session';

/** The parts of the settings, with the permission without which they are not there. */
export const tabs = [
  { path: 'display', may: 'self', view: lazy(() => import('./display/DisplayTab')) },
  { path: 'account', may: 'self', view: lazy(() => import('./account/AccountTab')) },
  { path: 'users', may: 'users', view: lazy(() => import('./users/UsersTab')) },
  { path: 'tokens', may: 'users', view: lazy(() => import('./tokens/TokensTab')) },
  { path: 'keys', may: 'keys', view: lazy(() => import('./keys/KeysTab')) },
  { path: 'audit', may: 'audit', view: lazy(() => import('./audit/AuditTab')) },
  { path: 'server', may: 'settings', view: lazy(() => import('./server/ServerTab')) },
] as const satisfies { path: string; may: Permission; view: unknown }[];
