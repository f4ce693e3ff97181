import { keepPreviousData } from '@tanstack/react-query';
import { api } from '../../api/client';
import { serverNow } from '../../time/clock';
import type { Plan } from './FlushCounts';
import { countsOf, countsQuery, type FlushFilter, isFiltered, isRange, split } from './filter';
import { useCounts } from './useFlush';

/** What a flush would remove, and what would stay. */
export function usePlan(filter: FlushFilter) {
  const filtered = isFiltered(filter);
  const counts = useCounts();
  const some = api.useQuery(
    'post',
    '/api/v1/histogram',
    { body: countsQuery(filter, serverNow()) },
    { enabled: filtered && isRange(filter), placeholderData: keepPreviousData },
  );
  const query = filtered ? some : counts;
  let plan: Plan | undefined;
  if (!filtered && counts.data) {
    plan = { ...split(counts.data.statuses, null), other: null, exact: true };
  } else if (filtered && counts.data && some.data) {
    const parts = split(countsOf(some.data.spans), filter.status);
    plan = {
      ...parts,
      other: Math.max(0, counts.data.total - parts.removedSum - parts.staysSum),
      exact: some.data.exact,
    };
  }
  const error = counts.error ?? (filtered ? some.error : null);
  return {
    plan: error ? undefined : plan,
    error,
    isFetching: query.isFetching,
    /** Whether the plan is still that of a filter before. */
    isStale: filtered && (some.isPlaceholderData || !isRange(filter)),
    refetch: () => {
      void counts.refetch();
      if (filtered) void some.refetch();
    },
  };
}
