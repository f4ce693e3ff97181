import { useMemo } from 'react';
import { useMe } from '../api/session';
import { type Detail, formatReserved, formatTime } from './format';

/** Formats instants in the firm's zone, whatever the browser's is. */
export function useTime() {
  const { zone } = useMe();
  return useMemo(
    () => ({
      zone,
      format: (at: string | number | Date, detail?: Detail) => formatTime(at, zone, detail),
      reserved: (text: string) => formatReserved(text, zone),
    }),
    [zone],
  );
}
