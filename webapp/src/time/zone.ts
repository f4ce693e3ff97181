import { formatTime } from './format';

/** How far a zone's wall clock is ahead of UTC at an instant, in seconds. */
export function zoneAhead(at: string | number, zone: string): number {
  const wall = Date.parse(`${formatTime(at, zone).replace(' ', 'T')}Z`);
  return wall / 1_000 - Math.floor(new Date(at).getTime() / 1_000);
}
