import type { Schemas } from '../../api/client';
import { terminal } from '../../push/status';
import type { HistogramSpan } from '../../ui/histogram';

/** Times that the chart can show; they end now. */
export const ranges = ['1h', '6h', '24h', '48h', '7d', '30d'] as const;
export type Range = (typeof ranges)[number];

type Plan = {
  /** Which counters are read, and how many seconds one of them is of. */
  of: 'minutes' | 'hours';
  step: number;
  /** Seconds of the whole, and of a bar. */
  seconds: number;
  bar: number;
  /** How often it is read again, in ms. */
  every: number;
};

export const plans: Record<Range, Plan> = {
  '1h': { of: 'minutes', step: 60, seconds: 3_600, bar: 60, every: 5_000 },
  '6h': { of: 'minutes', step: 60, seconds: 21_600, bar: 300, every: 15_000 },
  '24h': { of: 'minutes', step: 60, seconds: 86_400, bar: 900, every: 30_000 },
  '48h': { of: 'minutes', step: 60, seconds: 172_800, bar: 1_800, every: 60_000 },
  '7d': { of: 'hours', step: 3_600, seconds: 604_800, bar: 3_600, every: 30_000 },
  '30d': { of: 'hours', step: 3_600, seconds: 2_592_000, bar: 21_600, every: 60_000 },
};

/** What is stacked: how pushes end. Tries after which another comes, and redrives, are no states. */
export const ends = terminal;

/**
 * When the first bar begins, so that bars begin at round times of a wall clock that is so many
 * seconds ahead of UTC. Rounded up: older counters may be gone.
 */
export function sinceOf(plan: Plan, now: number, ahead: number): string {
  const wall = Math.floor(now / 1_000) + ahead - plan.seconds;
  return new Date((Math.ceil(wall / plan.bar) * plan.bar - ahead) * 1_000).toISOString();
}

export type Bars = { spans: HistogramSpan[]; accepted: number[]; retrying: number; redriven: number };

/** Counters as bars, each of so many of them. */
export function barsFrom(items: Schemas['Counters'][], plan: Plan): Bars {
  const each = plan.bar / plan.step;
  const bars: Bars = { spans: [], accepted: [], retrying: 0, redriven: 0 };
  items.forEach((item, i) => {
    if (i % each === 0) {
      bars.spans.push({ at: item.at, counts: {} });
      bars.accepted.push(0);
    }
    const last = bars.spans.length - 1;
    const counts = bars.spans[last]?.counts ?? {};
    for (const status of ends) if (item[status] > 0) counts[status] = (counts[status] ?? 0) + item[status];
    bars.accepted[last] = (bars.accepted[last] ?? 0) + item.accepted;
    bars.retrying += item.retrying;
    bars.redriven += item.redriven;
  });
  return bars;
}

/** Which part of those that ended FCM accepted, in percent; never rounded up to 100. */
export function ratio(c: Pick<Schemas['Counters'], 'sent' | 'failed' | 'expired'>): string {
  const all = c.sent + c.failed + c.expired;
  if (all === 0) return '–';
  return c.sent === all ? '100%' : `${(Math.floor((c.sent / all) * 10_000) / 100).toFixed(2)}%`;
}
