import { useEffect, useRef } from 'react';
import { useLiveState } from './LiveProvider';

/**
 * Acts every so many ms, not while the page is paused. Unlike a query's refetchInterval, it does
 * not begin anew whenever a live event changes the query's data.
 */
export function useEvery(every: number, act: () => void) {
  const { paused } = useLiveState();
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    if (paused) return;
    const timer = setInterval(() => latest.current(), every);
    return () => clearInterval(timer);
  }, [paused, every]);
}
