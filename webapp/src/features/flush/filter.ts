import type { inferParserType } from 'nuqs';
import type { Schemas } from '../../api/client';
import { codes } from '../../push/codes';
import { isTerminal, type Status, statuses, terminal } from '../../push/status';
import { parseAsInstant, parseAsText, parseAsWord, parseAsWords } from '../../url/params';

/** States of what can leave the log. */
export const ended = terminal;
/** States of what stays, whatever is asked for. */
export const unended = statuses.filter((s) => !isTerminal(s));

/** What is to be removed, as the URL has it; the customer number is personal, and is not in it. */
export const flushParsers = {
  status: parseAsWords(ended),
  since: parseAsInstant,
  until: parseAsInstant,
  service: parseAsText(128),
  group: parseAsText(128),
  code: parseAsWord(codes),
};
export type FlushFilter = inferParserType<typeof flushParsers> & { csno: string | null };

export const noFilter: FlushFilter = {
  status: null,
  since: null,
  until: null,
  service: null,
  group: null,
  code: null,
  csno: null,
};

export const isFiltered = (f: FlushFilter) => Object.values(f).some((v) => v !== null);

/** Whether the range of time is one. */
export const isRange = (f: FlushFilter) => !f.since || !f.until || f.since < f.until;

/** The filter by the API's names; what is not asked for is left out. */
export function orderOf(f: FlushFilter): Omit<Schemas['FlushOrder'], 'confirm' | 'reason'> {
  return {
    ...(f.status && { status: f.status }),
    ...(f.since && { since: f.since }),
    ...(f.until && { until: f.until }),
    ...(f.service && { D_servicename: f.service }),
    ...(f.group && { push_grp_id: f.group }),
    ...(f.code && { error_code: f.code }),
    ...(f.csno && { csno: f.csno }),
  };
}

/** Before it there was no pushstream. */
const first = '2020-01-01T00:00:00Z';

/** Asks for the counts by state of what a filter selects: few long bars, which are added up. */
export function countsQuery(f: FlushFilter, now: number): Schemas['HistogramQuery'] {
  const tomorrow = new Date(Math.ceil(now / 86_400_000 + 1) * 86_400_000).toISOString().replace('.000Z', 'Z');
  const { status: _, ...order } = orderOf(f);
  return { ...order, since: f.since ?? first, until: f.until ?? tomorrow, span: '744h', budget_ms: 5_000 };
}

export type CountsByState = Partial<Record<Status, number>>;

/** Adds up the bars. */
export function countsOf(spans: Schemas['Span'][]): CountsByState {
  const sum: CountsByState = {};
  for (const { counts } of spans) {
    for (const [status, n] of Object.entries(counts) as [Status, number][]) sum[status] = (sum[status] ?? 0) + n;
  }
  return sum;
}

/** What would be removed of what is there, by state, and what of it stays because it has not ended. */
export function split(counts: CountsByState, status: FlushFilter['status']) {
  const removed = (status ?? ended).map((s) => ({ status: s as Status, count: counts[s] ?? 0 }));
  const stays = unended.map((s) => ({ status: s, count: counts[s] ?? 0 }));
  const sum = (all: { count: number }[]) => all.reduce((n, one) => n + one.count, 0);
  return { removed, stays, removedSum: sum(removed), staysSum: sum(stays) };
}
