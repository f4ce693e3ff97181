import type { inferParserType } from 'nuqs';
import type { Schemas } from '../../../api/client';
import { presetMs } from '../../../url/log';
import { parseAsInstant, parseAsText, parseAsWord, parseAsWords } from '../../../url/params';

export type Action = Schemas['Action'];
export type Outcome = Schemas['Outcome'];
export type Kind = Schemas['AuditEntry']['kind'];

/** All actions, as they are grouped for who chooses some. */
export const actionGroups = [
  ['signing', ['login', 'login_failed', 'logout', 'session_end']],
  ['data', ['reveal', 'search', 'search_alarm', 'export', 'audit_export']],
  ['pushes', ['send', 'redrive', 'cancel', 'move', 'job_cancel', 'flush', 'flush_cancel']],
  ['control', ['pause', 'resume', 'hold_end', 'token_forget', 'project_set']],
  ['users', ['user_add', 'user_role', 'user_disable', 'user_enable', 'user_password']],
  [
    'keys',
    [
      'apitoken_add',
      'apitoken_remove',
      'apitoken_transfer',
      'apitoken_convert',
      'key_add',
      'key_remove',
      'key_transfer',
      'settings',
    ],
  ],
] as const satisfies readonly (readonly [string, readonly Action[]])[];

export const actions: Action[] = actionGroups.flatMap(([, some]) => [...some]);
export const outcomes = ['done', 'partial', 'cancelled', 'refused', 'failed', 'unknown'] as const;
export const kinds = ['user', 'token', 'cli', 'system'] as const;
export const ranges = ['1h', '24h', '7d', '30d'] as const;

/** What is shown, as the URL has it; a customer's number is personal, and is not in it. */
export const auditParsers = {
  actor: parseAsText(128),
  kind: parseAsWord(kinds),
  actions: parseAsWords(actions),
  outcome: parseAsWord(outcomes),
  range: parseAsWord(ranges),
  since: parseAsInstant,
  until: parseAsInstant,
  before: parseAsText(64),
};
type InURL = inferParserType<typeof auditParsers>;
export type AuditFilter = Omit<InURL, 'before'> & { customer: string | null };

export const noFilter: AuditFilter = {
  actor: null,
  kind: null,
  actions: null,
  outcome: null,
  range: null,
  since: null,
  until: null,
  customer: null,
};

export const isFiltered = (f: AuditFilter) => Object.values(f).some((v) => v !== null);

/** Whether the range of time is one. */
export const isRange = (f: AuditFilter) => !f.since || !f.until || f.since < f.until;

/** The filter by the API's names, at a time, to which a range reaches; what is not asked for is left out. */
export function queryOf(f: AuditFilter, now: number): Omit<Schemas['AuditQuery'], 'before' | 'limit'> {
  const since = f.range ? new Date(now - presetMs[f.range]).toISOString() : f.since;
  return {
    ...(f.actor && { actor: f.actor }),
    ...(f.kind && { kind: f.kind }),
    ...(f.actions && { actions: f.actions }),
    ...(f.outcome && { outcome: f.outcome }),
    ...(f.customer && { customer: f.customer }),
    ...(since && { since }),
    ...(f.until && !f.range && { until: f.until }),
  };
}

/** How many entries are on a page. */
export const pageSize = 100;
/** How many times the API is asked for one page: it looks at a bounded number of entries each time. */
const most = 10;

/** Gathers a page: what the API finds in some steps. It goes on at next, if there is more to look at. */
export async function gather(
  before: string | null,
  ask: (before: string, limit: number) => Promise<Schemas['AuditPage']>,
): Promise<Schemas['AuditPage']> {
  const page: Schemas['AuditPage'] = { entries: [], next: before ?? '' };
  for (let i = 0; i < most; i++) {
    const { entries, next } = await ask(page.next, pageSize - page.entries.length);
    page.entries.push(...entries);
    page.next = next;
    if (next === '' || page.entries.length >= pageSize) break;
  }
  return page;
}

/** Where a page goes on that is older, or newer, by the pages that were seen; null is the newest. */
export function turn(trail: (string | null)[], before: string | null) {
  const at = trail.indexOf(before);
  return {
    newer: at > 0 ? trail[at - 1] : undefined,
    /** The pages seen, once the reader goes on at next. */
    older: (next: string) => (at < 0 ? [before, next] : [...trail.slice(0, at + 1), next]),
  };
}
