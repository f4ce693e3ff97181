import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { client } from '../../api/client';
import { useLive } from '../../live/LiveProvider';
import { useSpaced } from '../../live/useSpaced';
import { fetchPage, type LogPage, type PageQuery } from './fetch';
import { isScan } from './filter';

export const pageKey = (q: PageQuery) => ['log', q.filter, q.page, q.order, q.asof ?? q.at] as const;

/** A page of the log. stop ends a search that is still counting; what is known stays. */
export function useLogPage(q: PageQuery, enabled: boolean) {
  const queries = useQueryClient();
  const key = pageKey(q);
  const stopper = useRef(new AbortController());
  const query = useQuery({
    queryKey: key,
    enabled,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      stopper.current = new AbortController();
      const onStep = (page: LogPage) => queries.setQueryData<LogPage>(key, page);
      return fetchPage(q, { signal, stop: stopper.current.signal, onStep });
    },
  });
  const stop = useCallback(() => stopper.current.abort(), []);
  return { ...query, stop };
}

/** How often a page is read anew at most while pushes come, in ms. */
const least = 1_000;

/** Has a page read anew because something happened, if it may be; not more often than the API answers. */
export function useReadAnew(q: PageQuery, may = () => true) {
  const queries = useQueryClient();
  return useSpaced(async () => {
    if (may()) await queries.invalidateQueries({ queryKey: pageKey(q), exact: true });
  }, least);
}

/** How many records are asked for at the same time when visible ones have changed. */
const atOnce = 6;

/** Has visible rows change in place, as their pushes do; readAnew reads all of them. */
export function useRowsInPlace(q: PageQuery, page: LogPage | undefined, readAnew: () => void) {
  const queries = useQueryClient();
  const dirty = useRef(new Set<string>());
  const busy = useRef(false);
  const key = useMemo(() => pageKey(q), [q]);
  const latest = useRef({ key, page });
  useEffect(() => {
    latest.current = { key, page };
  });

  /** Reads the records that have changed, a few at a time, until none is left. */
  const pump = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      while (dirty.current.size > 0) {
        const ids = [...dirty.current].slice(0, atOnce);
        for (const id of ids) dirty.current.delete(id);
        const read = await Promise.allSettled(
          ids.map((id) => client.GET('/api/v1/pushes/{id}', { params: { path: { id } } })),
        );
        const fresh = new Map(
          read.flatMap((r) =>
            r.status === 'fulfilled' && r.value.data ? [[r.value.data.id, r.value.data] as const] : [],
          ),
        );
        queries.setQueryData<LogPage>(
          latest.current.key,
          (old) => old && { ...old, items: old.items.map((r) => fresh.get(r.id) ?? r) },
        );
      }
    } finally {
      busy.current = false;
    }
  }, [queries]);

  useLive('pushes', ({ changes, more }) => {
    const visible = new Set(latest.current.page?.items.map((r) => r.id));
    for (const { id } of changes) if (visible.has(id)) dirty.current.add(id);
    if (more > 0) readAnew(); // not all are named
    void pump();
  });
}

/** How often newer ones are counted at most, in ms: by an index, and where texts may have to be read. */
const countsEvery = { index: 2_000, scan: 15_000 };

/** How many pushes that match have been accepted since the page was pinned. */
export function useNewer(q: PageQuery, enabled: boolean) {
  const queries = useQueryClient();
  const { filter, asof } = q;
  const key = ['log-newer', filter, asof] as const;
  const on = enabled && asof !== null && filter.until === undefined;
  const { data } = useQuery({
    queryKey: key,
    enabled: on,
    queryFn: async ({ signal }) => {
      const since = new Date(Date.parse(asof ?? '') + 1).toISOString();
      const query = { ...filter, since, size: 1 };
      const { data: page } = await client.GET('/api/v1/pushes', { params: { query: query as object }, signal });
      return page?.total ?? 0;
    },
  });
  const count = useSpaced(
    () => queries.invalidateQueries({ queryKey: key, exact: true }),
    countsEvery[isScan(filter) ? 'scan' : 'index'],
  );
  useLive('pushes', ({ accepted }) => {
    if (on && accepted > 0) count();
  });
  return on ? (data ?? 0) : 0;
}
