import { useQueryClient } from '@tanstack/react-query';
import { api, type Schemas } from '../api/client';
import { useLive } from '../live/LiveProvider';
import { type JobFilter, type JobKind, mergeJobs } from './job';

const key = ['get', '/api/v1/jobs'] as const;

/** The bulk jobs, the newest first, with live progress. */
export function useJobs() {
  const queries = useQueryClient();
  useLive('jobs', ({ items }) => {
    const old = queries.getQueryData<Schemas['Jobs']>(key);
    if (!old) return;
    const { jobs, unknown } = mergeJobs(old.items, items);
    queries.setQueryData<Schemas['Jobs']>(key, { items: jobs });
    if (unknown) void queries.invalidateQueries({ queryKey: key });
  });
  return api.useQuery('get', '/api/v1/jobs');
}

/** What a job would take now: how many pushes, how old, and until when. */
export function useJobCount(kind: JobKind, filter: JobFilter) {
  return api.useQuery(
    'post',
    '/api/v1/jobs',
    { body: { kind, ...filter, dry_run: true } },
    { staleTime: 0, gcTime: 0, select: (data) => ('count' in data ? data : undefined) },
  );
}

/** Orders a job. */
export function useOrderJob() {
  const queries = useQueryClient();
  return api.useMutation('post', '/api/v1/jobs', {
    onSuccess: () => queries.invalidateQueries({ queryKey: key, exact: true }),
  });
}

/** Ends a job with the step that it is at. */
export function useStopJob() {
  const queries = useQueryClient();
  return api.useMutation('post', '/api/v1/jobs/{id}/cancel', {
    onSettled: () => queries.invalidateQueries({ queryKey: key, exact: true }),
  });
}
