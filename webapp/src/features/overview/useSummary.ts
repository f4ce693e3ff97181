import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import { api } from '../../api/client';
import { useLive, useLiveState } from '../../live/LiveProvider';

/** How often the summary is read at most while things happen, and while nothing does, in ms. */
const least = 2_000;
const idle = 10_000;

const summaryKey = api.queryOptions('get', '/api/v1/summary').queryKey;

/** pushstream at a glance, read again when something happens. */
export function useSummary() {
  const queries = useQueryClient();
  const { paused } = useLiveState();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const last = useRef(0);
  const stir = useCallback(() => {
    timer.current ??= setTimeout(
      () => {
        timer.current = undefined;
        last.current = Date.now();
        void queries.invalidateQueries({ queryKey: summaryKey }, { cancelRefetch: false });
      },
      Math.max(0, last.current + least - Date.now()),
    );
  }, [queries]);
  useEffect(() => {
    if (paused) return;
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [paused]);
  useLive('counts', stir);
  useLive('workers', stir);
  useLive('holds', stir);
  useLive('flush', stir);
  return api.useQuery('get', '/api/v1/summary', undefined, { refetchInterval: paused ? false : idle });
}
