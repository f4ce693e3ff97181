import { useEffect, useState } from 'react';
import { readVersion } from '../api/load';

/** How often it is looked for another version, in ms. */
const every = 300_000;

let first: string | undefined;

/** Whether another version of the page was deployed since this one was loaded. */
export function useNewVersion(): boolean {
  const [newer, setNewer] = useState(false);
  useEffect(() => {
    const look = async () => {
      const version = await readVersion();
      first ??= version;
      if (version && first && version !== first) setNewer(true);
    };
    const seen = () => document.visibilityState === 'visible' && void look();
    void look();
    const timer = setInterval(() => void look(), every);
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, []);
  return newer;
}
