import { api, type Schemas } from '../api/client';

/** Why nothing is sent now: a hold, no worker that gets through to FCM, all paused, or no worker. */
export type Stopped = 'held' | 'back' | 'paused' | 'alone';

/** Why nothing of the backlog is sent now; null if it is. */
export function stoppedBy(s: Schemas['Summary']): Stopped | null {
  if (s.holds.length > 0) return 'held';
  if (s.desired === 'paused') return 'paused';
  const { running = 0, draining = 0, circuit_open = 0, paused = 0 } = s.workers;
  if (running + draining > 0) return null;
  return circuit_open > 0 ? 'back' : paused > 0 ? 'paused' : 'alone';
}

/** The same, for a push that waits. */
export function useStopped(record: Schemas['Record']): Stopped | null {
  const waits = record.status === 'queued' || record.status === 'retrying';
  const { data } = api.useQuery('get', '/api/v1/summary', undefined, { enabled: waits, refetchInterval: 10_000 });
  return waits && data ? stoppedBy(data) : null;
}
