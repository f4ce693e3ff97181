import { useEffect, useRef, useState } from 'react';
import { useLive } from '../../live/LiveProvider';

/** By how many the number of failed pushes has changed since they were read at readAt (ms). */
export function useFailedNews(readAt: number): number {
  const latest = useRef<number | null>(null);
  const base = useRef<number | null>(null);
  const [change, setChange] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was read anew is what is compared with
  useEffect(() => {
    base.current = latest.current;
    setChange(0);
  }, [readAt]);
  useLive('counts', ({ statuses }) => {
    latest.current = statuses.failed ?? 0;
    base.current ??= latest.current;
    setChange(Math.abs(latest.current - base.current));
  });
  return change;
}
