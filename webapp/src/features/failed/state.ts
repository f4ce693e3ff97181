import { createSerializer, type inferParserType, useQueryStates } from 'nuqs';
import { codes } from '../../push/codes';
import type { Became } from '../../push/useBecame';
import { type LogState, presetMs, presets } from '../../url/log';
import { parseAsCount, parseAsInstant, parseAsWord } from '../../url/params';

/** What the page shows, as the URL has it: the open group, the period, its page, and when its pages were pinned. */
export const failedParsers = {
  code: parseAsWord(codes),
  range: parseAsWord([...presets, 'all'] as const),
  since: parseAsInstant,
  until: parseAsInstant,
  page: parseAsCount(1, 1_000_000).withDefault(1),
  asof: parseAsInstant,
};
export type FailedState = inferParserType<typeof failedParsers>;
type PeriodState = Pick<FailedState, 'range' | 'since' | 'until'>;

/** The period if the URL has none: what failed for another reason weeks ago is not taken with it. */
const usual = '24h';

const serialize = createSerializer(failedParsers);

/** The address of a group, or of all of them, in the period that is shown. */
export const failedLink = (s: PeriodState, code: FailedState['code']) =>
  serialize('/failed', { range: s.range, since: s.since, until: s.until, code });

export const useFailedState = () => useQueryStates(failedParsers, { history: 'push' });

/** The period that is chosen, as the log has it: no range and no ends are all. */
export function chosenPeriod({ range, since, until }: PeriodState): Pick<LogState, 'range' | 'since' | 'until'> {
  if (range === 'all') return { range: null, since: null, until: null };
  if (range) return { range, since: null, until: null };
  return since || until ? { range: null, since, until } : { range: usual, since: null, until: null };
}

/** The state of a period that was chosen. */
export function periodChange({ range, since, until }: Pick<LogState, 'range' | 'since' | 'until'>) {
  const all = !range && !since && !until;
  return { range: all ? ('all' as const) : range, since, until, page: null, asof: null };
}

export type Period = { since?: string; until?: string };

/** The period as the API takes it. now is the server's time in ms; a pinned page counts from its bound. */
export function periodOf(s: PeriodState & Pick<FailedState, 'asof'>, now: number): Period {
  const { range, since, until } = chosenPeriod(s);
  if (range) return { since: new Date((s.asof ? Date.parse(s.asof) : now) - presetMs[range]).toISOString() };
  return { ...(since && { since }), ...(until && { until }) };
}

/** Whether a push that was read as failed is in another state by now. */
export function hasLeft(became: Became, id: string): boolean {
  const status = became.get(id);
  return status !== undefined && status !== 'failed';
}
