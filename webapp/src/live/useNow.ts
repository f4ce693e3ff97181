import { useEffect, useState } from 'react';
import { serverNow } from '../time/clock';
import { useLiveState } from './LiveProvider';

/** The server's time in ms, each second anew; it stands still while the page is paused. */
export function useNow(): number {
  const { paused } = useLiveState();
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    if (paused) return;
    setNow(serverNow());
    const timer = setInterval(() => setNow(serverNow()), 1_000);
    return () => clearInterval(timer);
  }, [paused]);
  return now;
}
