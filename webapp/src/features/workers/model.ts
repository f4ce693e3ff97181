import type { Schemas } from '../../api/client';
import type { Events } from '../../live/live';
import type { WorkerState } from '../../push/workers';

export type Worker = Schemas['Worker'];
export type Workers = Schemas['Workers'];

/** The processes of one name, which one switch pauses. */
export type Group = {
  name: string;
  desired: Worker['desired'];
  /** Those that run, or ran until they were lost; none if only the pause is left. */
  processes: Worker[];
};

/** Processes by the name that they are paused by, in the order of the names. */
export function groupsOf(items: Worker[]): Group[] {
  const groups = new Map<string, Group>();
  for (const w of items) {
    const group = groups.get(w.name) ?? { name: w.name, desired: w.desired, processes: [] };
    if (w.consumer !== '') group.processes.push(w);
    groups.set(w.name, group);
  }
  return [...groups.values()];
}

/** What a process is doing, and how many pushes it has yet to finish until it stands still. */
export function shownState(w: Worker): { state: WorkerState; left: number } {
  const stops = w.state === 'draining' || w.state === 'paused' || (w.state === 'running' && w.desired === 'paused');
  if (!stops) return { state: w.state, left: 0 };
  if (w.state === 'paused' && w.in_hand === 0) return { state: 'paused', left: 0 };
  return { state: 'draining', left: w.in_hand };
}

/** How many pushes a process has: what it said itself, or, of a lost one, what Redis says. */
export const inHand = (w: Worker) => (w.state === 'lost' ? w.pending : w.in_hand);

const works = (g: Group) => g.desired === 'running' && g.processes.some((w) => w.state === 'running');

/** Whether nothing would be sent any more if the processes of a name were paused. */
export function isLast(groups: Group[], name: string): boolean {
  return groups.some((g) => g.name === name && works(g)) && !groups.some((g) => g.name !== name && works(g));
}

/** Whether a process is left that takes over what a lost one had. */
export const hasHeir = (groups: Group[]) => groups.some(works);

const keyOf = (w: { name: string; consumer: string }) => w.consumer || `name ${w.name}`;

/**
 * Brings what is known up to what an event says, which has fewer fields. stale: the event
 * says something that only the whole list explains: someone came or went, or was switched.
 */
export function follow(known: Workers, event: Events['workers']): { workers: Workers; stale: boolean } {
  const news = new Map(event.items.map((item) => [keyOf(item), item]));
  let stale = news.size !== known.items.length;
  const items = known.items.map((w) => {
    const item = news.get(keyOf(w));
    if (!item || item.desired !== w.desired || (item.state === 'circuit_open') !== (w.circuit !== undefined))
      stale = true;
    return item ? { ...w, ...item } : w;
  });
  return { workers: { ...known, items }, stale };
}

/** Puts the workers of a name, as the API answered after a change, in the place of those that were known. */
export function replace(known: Workers, name: string, answer: Workers): Workers {
  const at = known.items.findIndex((w) => w.name === name);
  const items = known.items.filter((w) => w.name !== name);
  items.splice(at < 0 ? items.length : at, 0, ...answer.items);
  return { items, desired: answer.desired };
}

/** How far Redis's clock is from that of a process: from 1 s on a warning, from 5 s on the process is not ready. */
export function clockOf(w: Worker): { state: 'ok' | 'differs' | 'far'; seconds: string; ahead: boolean } {
  const offset = w.state === 'lost' ? 0 : (w.clock_offset_ms ?? 0);
  const ms = Math.abs(offset);
  const state = ms > 5_000 ? 'far' : ms > 1_000 ? 'differs' : 'ok';
  return { state, seconds: (ms / 1_000).toFixed(1), ahead: offset > 0 };
}

/** Milliseconds since a heartbeat, from what the API said of it some time ago. */
export function silence(w: Worker, readAt: number, now: number): number {
  return w.silent_seconds * 1_000 + Math.max(0, now - readAt);
}
