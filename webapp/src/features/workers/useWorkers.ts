import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { useLive } from '../../live/LiveProvider';
import { useEvery } from '../../live/useEvery';
import { follow, type Workers } from './model';

/** How often the heartbeats are read, in ms: events do not tell them. */
const every = 5_000;

export const workersKey = api.queryOptions('get', '/api/v1/workers').queryKey;

/** The processes, kept up by events. */
export function useWorkers() {
  const queries = useQueryClient();
  const read = () => void queries.invalidateQueries({ queryKey: workersKey }, { cancelRefetch: false });
  useLive('workers', (event) => {
    const state = queries.getQueryState<Workers>(workersKey);
    if (!state?.data) return;
    const { workers, stale } = follow(state.data, event);
    // The time stays that of the last reading: ages count from it.
    queries.setQueryData(workersKey, workers, { updatedAt: state.dataUpdatedAt });
    if (stale) read();
  });
  useEvery(every, read);
  return api.useQuery('get', '/api/v1/workers');
}
