import type { Schemas } from '../../../api/client';

type Setting = Schemas['Setting'];

const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The length of time that Go writes as 1h15m0s or 75m, in ms; null if it is none. */
export function durationOf(text: string): number | null {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return null;
  let sum = 0;
  for (const [, n, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(n) * (units[unit ?? ''] ?? 0);
  }
  return sum;
}

/** Whether a setting is not at its default. */
export function isChanged({ value, default: otherwise }: Setting): boolean {
  if (value === otherwise) return false;
  const [is, was] = [durationOf(value), durationOf(otherwise)];
  if (is !== null && was !== null) return is !== was;
  // What is not set reads so by its type.
  if (otherwise === '') return !['false', '0', '0s', '[]'].includes(value);
  return true;
}

/** Whether a text is in a setting, in either case. */
export function isFound({ variable, value, help }: Setting, text: string): boolean {
  return [variable, value, help].some((part) => part.toLowerCase().includes(text.toLowerCase()));
}
