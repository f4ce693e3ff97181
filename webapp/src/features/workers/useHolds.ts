import { useQueryClient } from '@tanstack/react-query';
import { api, type Schemas } from '../../api/client';
import { useLive } from '../../live/LiveProvider';

export const holdsKey = api.queryOptions('get', '/api/v1/holds').queryKey;

/** Why nothing is sent, kept up by events. */
export function useHolds() {
  const queries = useQueryClient();
  useLive('holds', ({ items }) => {
    const state = queries.getQueryState<Schemas['Holds']>(holdsKey);
    const known = state?.data?.items;
    const same = (a: { project: string; since: string; code: string }, b?: typeof a) =>
      a.project === b?.project && a.since === b.since && a.code === b.code;
    if (known?.length === items.length && known.every((hold, i) => same(hold, items[i]))) {
      const next = known.map((hold, i) => ({ ...hold, until: items[i]?.until, probe_at: items[i]?.probe_at }));
      queries.setQueryData<Schemas['Holds']>(holdsKey, { items: next });
    } else if (items.length === 0) {
      queries.setQueryData<Schemas['Holds']>(holdsKey, { items: [] });
    } else {
      void queries.invalidateQueries({ queryKey: holdsKey }); // what FCM said is in the list only
    }
  });
  return api.useQuery('get', '/api/v1/holds');
}
