import type { Schemas } from '../../api/client';
import type { Status } from '../../push/status';
import { nextTryAt } from '../../push/story';
import { reservedAt } from '../../time/reserve';
import type { Waiting } from './state';

/**
 * What became of a row since it was read: a state, another time (null if that is not known; push is
 * how it is then), or nothing at all.
 */
export type Fate = { status: Status } | { due: string | null; push?: Schemas['Record'] } | { missing: true };
export type Fates = ReadonlyMap<string, Fate>;

/** Whether a push of a state waits, as the filter has it. */
export const waits = (status: Status, filter: Waiting | null = null) =>
  filter ? status === filter : status === 'scheduled' || status === 'retrying';

/** What became of a row, by its record as it is now; null if nothing has changed. */
export function fateOf(before: Schemas['Record'], now: Schemas['Record'], zone: string): Fate | null {
  if (!waits(now.status)) return { status: now.status };
  const moved =
    (now.moves?.length ?? 0) !== (before.moves?.length ?? 0) || now.sndn_rsev_hour !== before.sndn_rsev_hour;
  if (now.status === before.status && now.attempts === before.attempts && !moved) return null;
  if (now.status === 'retrying') return { due: nextTryAt(now) ?? null, push: now };
  return { due: reservedAt(now.sndn_rsev_hour ?? '', zone), push: now };
}
