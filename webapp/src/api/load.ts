import { type ComponentType, lazy } from 'react';
import { home } from './client';

/** How long until the server is asked again whether it is there, in ms. */
const again = 3_000;

/** The version of the page that the server has; undefined if it does not say. */
export async function readVersion(): Promise<string | undefined> {
  try {
    const answer = await fetch(`${home}/version.json`, { cache: 'no-cache', signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) return undefined;
    return ((await answer.json()) as { version?: string }).version;
  } catch {
    return undefined; // the page says elsewhere that nothing is reached
  }
}

let waits = 0;
const watchers = new Set<() => void>();

function wait(by: number) {
  waits += by;
  for (const watch of watchers) watch();
}

/** Whether a part of the page waits for a server that is away; for useSyncExternalStore. */
export const isWaiting = () => waits > 0;
export function watchWaiting(watch: () => void): () => void {
  watchers.add(watch);
  return () => watchers.delete(watch);
}

/** Loads a part of the page; while the server is away it waits until it is back. */
export async function patiently<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    wait(1);
    try {
      while (!(await readVersion())) await new Promise((next) => setTimeout(next, again));
      return await load(); // if it is not there now, another version is
    } finally {
      wait(-1);
    }
  }
}

/** A component that is loaded when it is first shown. */
// biome-ignore lint/suspicious/noExplicitAny: as lazy has it
export function lazily<T extends ComponentType<any>>(load: () => Promise<{ default: T }>) {
  return lazy(() => patiently(load));
}
