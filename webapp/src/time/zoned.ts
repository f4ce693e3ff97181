import { formatTime } from './format';

/** How far a zone's wall clock is ahead of UTC at an instant, in seconds. */
export function zoneAhead(at: string | number, zone: string): number {
  const wall = Date.parse(`${formatTime(at, zone).replace(' ', 'T')}Z`);
  return wall / 1_000 - Math.floor(new Date(at).getTime() / 1_000);
}

/** Wall-clock time of an instant in a zone, as inputs of the type datetime-local have it; empty if there is none. */
export function wallOf(at: string | null, zone: string): string {
  return at ? formatTime(at, zone, 'minute').replace(' ', 'T') : '';
}

/**
 * The instant (RFC 3339, UTC) of a wall-clock time in a zone, YYYY-MM-DDTHH:mm or with seconds; null
 * if it is none. Where a clock is put back, the earlier of the two.
 */
export function instantOf(wall: string, zone: string): string | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(wall)) return null;
  const asUTC = Date.parse(`${wall}Z`);
  if (Number.isNaN(asUTC)) return null;
  const offset = (at: number) => zoneAhead(at, zone) * 1_000;
  // The offset a day before is in force until a clock is changed, and the one a day later from then on.
  const day = 86_400_000;
  const candidates = [asUTC - offset(asUTC - day), asUTC - offset(asUTC + day)];
  const fits = candidates.filter((at) => at + offset(at) === asUTC);
  return new Date(Math.min(...(fits.length > 0 ? fits : candidates))).toISOString().replace('.000Z', 'Z');
}
