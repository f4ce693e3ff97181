import { formatTime } from './format';
import { instantOf } from './zoned';

/**
 * Writes an instant (ms) as a reserved time: yyyyMMddHHmmss in the firm's zone, as its systems
 * do; RFC 3339 where the zone has that time of day twice (the end of daylight saving).
 */
export function reservedOf(at: number, zone: string): string {
  const wall = (ms: number) => formatTime(ms, zone).replace(/\D/g, '');
  const text = wall(at);
  const twice = wall(at - 3_600_000) === text || wall(at + 3_600_000) === text;
  return twice ? `${new Date(at).toISOString().slice(0, 19)}Z` : text;
}

/** Reads a reserved time as the wire has it, yyyyMMddHHmmss in the firm's zone or RFC 3339; null if it is none. */
export function reservedAt(text: string, zone: string): string | null {
  const m = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (m) return instantOf(`${m[1]}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}`, zone);
  const at = /^\d{4}-/.test(text) ? new Date(text) : null;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
}
