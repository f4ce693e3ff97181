import { formatTime } from './format';

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
