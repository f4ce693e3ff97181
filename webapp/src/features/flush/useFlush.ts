import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { useLive } from '../../live/LiveProvider';

const currentKey = api.queryOptions('get', '/api/v1/flushes/current').queryKey;
const countsKey = api.queryOptions('get', '/api/v1/counts').queryKey;

/** The flush that is running, or the last one of a day, kept up to date. */
export function useFlush() {
  const queries = useQueryClient();
  const query = api.useQuery('get', '/api/v1/flushes/current');
  useLive('flush', ({ flush }) => {
    const known = queries.getQueryData<typeof query.data>(currentKey)?.flush;
    const same = known && flush && known.started_at === flush.started_at;
    if (same && known.state === flush.state) queries.setQueryData(currentKey, { flush: { ...known, ...flush } });
    else if (known || flush) {
      // Who ordered it, and why it failed, no event says.
      void queries.invalidateQueries({ queryKey: currentKey });
      void queries.invalidateQueries({ queryKey: countsKey });
      void queries.invalidateQueries({ queryKey: ['post', '/api/v1/histogram'] });
    }
  });
  return query;
}

/** How many pushes are in each state, kept up to date. */
export function useCounts() {
  const queries = useQueryClient();
  const query = api.useQuery('get', '/api/v1/counts');
  useLive('counts', ({ statuses }) => {
    const total = Object.values(statuses).reduce((sum, n) => sum + n, 0);
    queries.setQueryData<typeof query.data>(countsKey, (old) => old && { ...old, statuses, total });
  });
  return query;
}
