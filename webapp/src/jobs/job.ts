import type { Schemas } from '../api/client';
import type { LogState } from '../url/log';

export type BulkJob = Schemas['BulkJob'];
export type JobKind = BulkJob['kind'];
/** Which pushes a job means, as it is ordered. */
export type JobFilter = Omit<Schemas['JobOrder'], 'kind' | 'reason' | 'dry_run'>;

/** Whether a job is not done yet. */
export const isOpen = (job: Pick<BulkJob, 'state'>) =>
  job.state === 'waiting' || job.state === 'running' || job.state === 'interrupted';

/** How far a job is, 0 to 1; null if it is not known. */
export function progressOf(job: Pick<BulkJob, 'state' | 'of' | 'matched'>): number | null {
  if (job.state === 'done') return 1;
  if (job.of < 0) return null;
  return job.of === 0 ? 0 : Math.min(1, job.matched / job.of);
}

const words = [
  'queued',
  'cancelled',
  'in_hand',
  'waiting',
  'scheduled',
  'retrying',
  'sent',
  'failed',
  'expired',
  'unsendable',
  'missing',
] as const;
type Word = (typeof words)[number] | 'alreadyQueued' | 'alreadyCancelled';

/** What became of some pushes of a job. */
export type Outcome = { word: Word | null; change: string; count: number; good: boolean };

/** What became of those that a job meant: what it did first, then why it left others alone. */
export function outcomesOf({ kind, changes }: Pick<BulkJob, 'kind' | 'changes'>): Outcome[] {
  const did = kind === 'redrive' ? 'queued' : 'cancelled';
  const place = (change: string) => (change === did ? -1 : ((words as readonly string[]).indexOf(change) + 99) % 99);
  return Object.entries(changes)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => place(a) - place(b))
    .map(([change, count]) => ({ word: wordOf(change, did), change, count, good: change === did }));
}

function wordOf(change: string, did: string): Word | null {
  if (change === 'queued' && did !== 'queued') return 'alreadyQueued';
  if (change === 'cancelled' && did !== 'cancelled') return 'alreadyCancelled';
  return words.find((w) => w === change) ?? null;
}

/** The log's filter for the same pushes; null if the job's is not wholly known here, since it is personal. */
export function logFilterOf(filter: BulkJob['filter']): Partial<LogState> | null {
  if (filter.csno || filter.device_id || filter.contains || filter.equals) return null;
  return {
    status: filter.status ?? null,
    code: filter.error_code ?? null,
    service: filter.D_servicename ?? null,
    group: filter.push_grp_id ?? null,
    since: filter.since ?? null,
    until: filter.until ?? null,
    sent: filter.fcm_send_yn ?? null,
    sent_since: filter.fcm_send_since ?? null,
    sent_until: filter.fcm_send_until ?? null,
    reserved_since: filter.sndn_rsev_since ?? null,
    reserved_until: filter.sndn_rsev_until ?? null,
  };
}

/**
 * Jobs with what was just told of them. unknown says that one was told of that is not among them,
 * or that one has ended, of which the API knows more.
 */
export function mergeJobs(jobs: readonly BulkJob[], told: Schemas['EventJobs']['items']) {
  let unknown = told.some((t) => !jobs.some((j) => j.id === t.id));
  const merged = jobs.map((job) => {
    const news = told.find((t) => t.id === job.id);
    if (!news || !isOpen(job)) return job; // what has ended does not change
    if (!isOpen(news)) unknown = true;
    return { ...job, ...news };
  });
  return { jobs: merged, unknown };
}

/** An age in its greatest unit, rounded down. */
export function roughAge(ms: number): { unit: 'day' | 'hour' | 'minute' | 'second'; n: number } {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return { unit: 'second', n: s };
  if (s < 3600) return { unit: 'minute', n: Math.floor(s / 60) };
  if (s < 86_400) return { unit: 'hour', n: Math.floor(s / 3600) };
  return { unit: 'day', n: Math.floor(s / 86_400) };
}

/** How old some pushes are, and how many are past the ttl that they were handed in with, at a time in ms. */
export function ageOf(pushes: readonly Schemas['Record'][], now: number): { oldest?: string; pastTTL: number } {
  const ends = (r: Schemas['Record']) =>
    r.redrives?.length && !r.sndn_rsev_hour ? Date.parse(r.accepted_at) + r.ttl * 1000 : Date.parse(r.expires_at ?? '');
  return { oldest: pushes.map((r) => r.accepted_at).sort()[0], pastTTL: pushes.filter((r) => ends(r) < now).length };
}
