import { useSyncExternalStore } from 'react';
import { useLiveState } from '../live/LiveProvider';
import { serverNow } from './clock';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let shown = 0;

function tick(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const l of listeners) l();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const still = () => () => undefined;

function second(): number {
  shown = Math.floor(serverNow() / 1_000) * 1_000;
  return shown;
}

/** The server's time to the second, in ms. One clock for all who use it; it stands still while the page is paused. */
export function useNow(): number {
  const { paused } = useLiveState();
  return useSyncExternalStore(paused ? still : tick, paused ? () => shown || second() : second);
}
