import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { useLive } from '../../live/LiveProvider';
import { useEvery } from '../../live/useEvery';
import { useSpaced } from '../../live/useSpaced';

/** How often the summary is read at most while things happen, and while nothing does, in ms. */
const least = 2_000;
const idle = 10_000;

const summaryKey = api.queryOptions('get', '/api/v1/summary').queryKey;

/** pushstream at a glance, read again when something happens. */
export function useSummary() {
  const queries = useQueryClient();
  const stir = useSpaced(() => queries.invalidateQueries({ queryKey: summaryKey }), least);
  useLive('counts', stir);
  useLive('workers', stir);
  useLive('holds', stir);
  useLive('flush', stir);
  useEvery(idle, stir);
  return api.useQuery('get', '/api/v1/summary');
}
