import { useCallback, useEffect, useRef } from 'react';
import { useLiveState } from './LiveProvider';

/**
 * Returns what asks for something to be done because something happened: at once, but one after
 * the other, and not sooner than `least` ms after the last time began. Events that come faster
 * than answers do not keep them from coming. Not while the page is paused.
 */
export function useSpaced(act: () => Promise<unknown>, least: number): () => void {
  const { paused } = useLiveState();
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const state = useRef({ on: false, busy: false, again: false, last: 0 });
  const stir = useCallback(() => {
    const now = state.current;
    if (!now.on || timer.current !== undefined) return;
    if (now.busy) {
      now.again = true;
      return;
    }
    const run = async () => {
      timer.current = undefined;
      Object.assign(now, { busy: true, again: false, last: Date.now() });
      await latest.current().catch(() => undefined); // the query has the error
      now.busy = false;
      if (now.again) stir();
    };
    timer.current = setTimeout(() => void run(), Math.max(0, now.last + least - Date.now()));
  }, [least]);
  useEffect(() => {
    const now = state.current;
    now.on = !paused;
    return () => {
      now.on = false;
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [paused]);
  return stir;
}
