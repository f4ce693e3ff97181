import { texts } from '../i18n/texts';
import type { Status } from '../push/status';
import { formatTime } from '../time/format';
import { zoneAhead } from '../time/zoned';

/** A bar: when it begins, and what it counts. */
export type HistogramSpan = { at: string; counts: Partial<Record<Status, number>> };

/** Bars from one to another, both included. */
export type Bars = { from: number; to: number };

/** What is around the bars, in px. */
export const around = { left: 56, right: 10, top: 8, bottom: 24 } as const;

/** Room that a label of the time axis takes, in px. */
const labelWidth = 72;

export const useHistogramText = texts(
  'histogram',
  {
    accepted: '접수',
    nothing: '이 시간대에 접수된 푸시가 없습니다',
    table: '표로 보기',
    chart: '차트로 보기',
    time: '시각',
    select: '시간대 선택',
    hint: '끌어서 시간대를 고르거나 막대를 누르세요. 키보드: ← → 이동, Shift와 함께 누르면 범위, Enter 열기, Esc 취소',
    open: '{{range}} 로그에서 보기',
    empty: '없음',
  },
  {
    accepted: 'Received',
    nothing: 'Nothing was received in this time',
    table: 'Show as a table',
    chart: 'Show as a chart',
    time: 'Time',
    select: 'Choose a time',
    hint: 'Drag over a period, or click a bar. Keyboard: ← → to move, with Shift to extend, Enter to open, Esc to leave',
    open: 'Show {{range}} in the log',
    empty: 'none',
  },
);

/** The bar at a place, x px from where the bars begin. */
export function barAt(x: number, width: number, bars: number): number {
  return Math.max(0, Math.min(bars - 1, Math.floor((x / width) * bars)));
}

/** Both ends of a selection, whichever way it was made. */
export function barsOf(a: number, b: number): Bars {
  return { from: Math.min(a, b), to: Math.max(a, b) };
}

/** When bars begin and end: RFC 3339, the end not included. */
export function timeOf(spans: HistogramSpan[], { from, to }: Bars, spanSeconds: number) {
  const begin = Date.parse(spans[from]?.at ?? '');
  const end = Date.parse(spans[to]?.at ?? '') + spanSeconds * 1_000;
  return { since: new Date(begin).toISOString(), until: new Date(end).toISOString() };
}

/** What bars count together. */
export function sumOf(spans: HistogramSpan[], { from, to }: Bars): Partial<Record<Status, number>> {
  const sum: Partial<Record<Status, number>> = {};
  for (const { counts } of spans.slice(from, to + 1)) {
    for (const [status, n] of Object.entries(counts) as [Status, number][]) sum[status] = (sum[status] ?? 0) + n;
  }
  return sum;
}

/** A time in words, as short as the length of a bar allows. */
export function wordsOf(since: string, until: string, spanSeconds: number, zone: string): string {
  const detail = spanSeconds % 60 ? 'second' : 'minute';
  const [a, b] = [formatTime(since, zone, detail), formatTime(until, zone, detail)];
  return a.slice(0, 10) === b.slice(0, 10) ? `${a} – ${b.slice(11)}` : `${a} – ${b}`;
}

const steps = [
  1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
  1_209_600, 2_592_000,
];

/** Bars that get a label on the time axis, at round times of the zone; width is that of all bars, in px. */
export function ticksOf(spans: HistogramSpan[], spanSeconds: number, zone: string, width: number): Map<number, string> {
  const ticks = new Map<number, string>();
  const first = spans[0];
  const last = spans.at(-1);
  if (!first || !last) return ticks;
  const most = Math.max(1, Math.floor(width / labelWidth));
  const step = steps.find((s) => s >= spanSeconds && (spans.length * spanSeconds) / s <= most) ?? 2_592_000;
  const wall = wallClock(zone, first.at, last.at);
  let before = Math.floor((wall(first.at) - 1) / step);
  spans.forEach(({ at }, i) => {
    const now = Math.floor(wall(at) / step);
    if (now !== before) ticks.set(i, labelOf(now * step, step));
    before = now;
  });
  return ticks;
}

/** Round numbers from 0 up to what the highest bar needs, about so many. */
export function levelsOf(most: number, about: number): number[] {
  const rough = Math.max(1, most / Math.max(1, about));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10);
  const levels = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: levels + 1 }, (_, i) => i * step);
}

/** How high a part of a bar is at least, in px: a single failure among thousands is to be seen. */
const least = 2;

/** The bars of each state, stacked, as an SVG path; top is what the full height stands for. */
export function pathsOf(
  spans: HistogramSpan[],
  statuses: readonly Status[],
  { width, height, top }: { width: number; height: number; top: number },
): Partial<Record<Status, string>> {
  const paths: Partial<Record<Status, string>> = {};
  const step = width / spans.length;
  const gap = step > 3 ? step * 0.2 : 0;
  const px = (n: number) => Math.round(n * 100) / 100;
  spans.forEach(({ counts }, i) => {
    const x = px(i * step + gap / 2);
    const w = px(step - gap);
    let y = height;
    for (const status of statuses) {
      const n = counts[status];
      if (!n) continue;
      const above = Math.max(0, y - Math.max(least, (n / top) * height));
      paths[status] = `${paths[status] ?? ''}M${x} ${px(y)}h${w}V${px(above)}h${-w}z`;
      y = above;
    }
  });
  return paths;
}

/** Seconds of the zone's wall clock, as if it were UTC. */
function wallClock(zone: string, first: string, last: string): (at: string) => number {
  const ahead = zoneAhead(first, zone);
  const changes = ahead !== zoneAhead(last, zone); // of the clocks, between
  return (at) => Math.floor(Date.parse(at) / 1_000) + (changes ? zoneAhead(at, zone) : ahead);
}

function labelOf(wallSeconds: number, step: number): string {
  const text = new Date(wallSeconds * 1_000).toISOString();
  if (step >= 86_400 || wallSeconds % 86_400 === 0) return text.slice(5, 10);
  return text.slice(11, step < 60 ? 19 : 16);
}
