import type { Schemas } from '../api/client';
import { isTerminal } from './status';

type Record = Schemas['Record'];

/** One thing that happened to a push. at is RFC 3339; line is what the record says. */
export type Step = { at: string; line: string } & (
  | { kind: 'accepted' }
  | {
      kind: 'try';
      n: number;
      consumer: string;
      status: string;
      code: string;
      took: string;
      retryIn: string;
      ok: boolean;
      doneAt: string;
    }
  | { kind: 'takeover'; consumer: string; by: string; silent: string }
  | { kind: 'redrive'; status: string; code: string }
  | { kind: 'move'; due: string }
  | { kind: 'late'; text: string }
  | { kind: 'ended'; status: Schemas['Status'] }
);

const units: { [unit: string]: number } = { ns: 1e-6, µs: 1e-3, us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 };

/** Reads a duration as Go writes it (1h2m3.5s, 570µs), in ms; 0 if it is none. */
export function readDuration(text: string): number {
  const all = [...text.matchAll(/([\d.]+)(h|ms|m|s|µs|us|ns)/g)];
  return all.reduce((sum, [, n, unit]) => sum + Number(n) * (units[unit ?? ''] ?? 0), 0);
}

const plus = (at: string, ms: number) => new Date(Date.parse(at) + ms).toISOString();

const tryLine = /^(\S+) (\S+) (\d{3}|-) (\S+) took=(\S+?)(?: retry_in=(\S+))?$/;
const takeoverLine = /^(\S+) (\S+) silent for (\S+?), noticed by (\S+)$/;
const redriveLine = /^(\S+) was (\S+) (\S+) after/;
const moveLine = /^(\S+) was due (\S+?),/;

/** What happened to a push, oldest first, out of what its record says. Lines that can't be read are left out. */
export function readStory(r: Record): Step[] {
  const steps: Step[] = [{ kind: 'accepted', at: r.accepted_at, line: '' }];
  for (const [i, line] of (r.tries ?? []).entries()) {
    const m = tryLine.exec(line);
    if (!m) continue;
    const [, at = '', consumer = '', status = '', code = '', took = '', retryIn = ''] = m;
    const doneAt = plus(at, readDuration(took));
    steps.push({
      kind: 'try',
      n: i + 1,
      at,
      doneAt,
      consumer,
      status,
      code,
      took,
      retryIn,
      ok: code === 'ACCEPTED',
      line,
    });
  }
  for (const line of r.takeovers ?? []) {
    const m = takeoverLine.exec(line);
    if (m)
      steps.push({ kind: 'takeover', at: m[1] ?? '', consumer: m[2] ?? '', silent: m[3] ?? '', by: m[4] ?? '', line });
  }
  for (const line of r.redrives ?? []) {
    const m = redriveLine.exec(line);
    if (m)
      steps.push({ kind: 'redrive', at: m[1] ?? '', status: m[2] ?? '', code: m[3] === '-' ? '' : (m[3] ?? ''), line });
  }
  for (const line of r.moves ?? []) {
    const m = moveLine.exec(line);
    if (m) steps.push({ kind: 'move', at: m[1] ?? '', due: m[2] === '-' ? '' : (m[2] ?? ''), line });
  }
  for (const line of r.late ?? []) {
    const at = /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(line)?.[0];
    if (at) steps.push({ kind: 'late', at, text: line, line });
  }
  // What ended without a try says so by itself; after one, the try does.
  if (isTerminal(r.status) && r.status !== 'sent' && r.fcm_send_time) {
    steps.push({ kind: 'ended', at: r.fcm_send_time, status: r.status, line: '' });
  }
  return steps.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)); // stable: equal times stay as they were added
}

/** When a push that waits will be tried next, if its last try says so. */
export function nextTryAt(r: Record): string | null {
  if (r.status !== 'retrying') return null;
  const last = readStory(r).findLast((s) => s.kind === 'try');
  return last?.kind === 'try' && last.retryIn ? plus(last.doneAt, readDuration(last.retryIn)) : null;
}
