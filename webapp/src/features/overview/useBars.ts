import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { client } from '../../api/client';
import { useLiveState } from '../../live/LiveProvider';
import { serverNow } from '../../time/clock';
import { useTime } from '../../time/useTime';
import { zoneAhead } from '../../time/zoned';
import { barsFrom, plans, type Range, sinceOf } from './ranges';

/** What happened in a time that ends now, as bars. */
export function useBars(range: Range) {
  const { paused } = useLiveState();
  const { zone } = useTime();
  const plan = plans[range];
  return useQuery({
    queryKey: ['get', `/api/v1/counters/${plan.of}`, { range, zone }],
    queryFn: async ({ signal }) => {
      const now = serverNow();
      const query = { since: sinceOf(plan, now, zoneAhead(now, zone)) };
      const { data } =
        plan.of === 'minutes'
          ? await client.GET('/api/v1/counters/minutes', { params: { query }, signal })
          : await client.GET('/api/v1/counters/hours', { params: { query }, signal });
      return { ...barsFrom(data?.items ?? [], plan), seconds: plan.bar };
    },
    placeholderData: keepPreviousData,
    refetchInterval: paused ? false : plan.every,
  });
}
