import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { client } from '../../api/client';
import { ApiError } from '../../api/error';
import type { LogChange, LogState } from '../../url/log';
import { type Asked, askedOf, destinationOf } from './filter';

const keptKey = (id: string | null) => ['log-search', id] as const;

/**
 * What the search in the URL asks for; read from the API if it is a kept one. It is the same
 * object as long as it is the same search, and undefined while it is not known.
 */
export function useAsked(s: LogState) {
  const kept = useQuery({
    queryKey: keptKey(s.search),
    enabled: s.search !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const { data } = await client.GET('/api/v1/searches/{id}', { params: { path: { id: s.search ?? '' } }, signal });
      return data?.fields ?? {};
    },
  });
  const { search, column, contains, equals } = s;
  const known = kept.data;
  const asked = useMemo(() => {
    if (search === null) return askedOf({ column, contains, equals });
    return known && askedOf(known);
  }, [search, column, contains, equals, known]);
  return {
    asked,
    gone: search !== null && kept.error instanceof ApiError && kept.error.status === 404,
    masked: search !== null && (asked?.word.includes('**') ?? false),
  };
}

/** Turns what is typed into a part of the URL; what is personal is posted before. */
export function useSearchFor(go: (change: LogChange) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (asked: Asked): Promise<LogChange> => {
      const to = destinationOf(asked);
      if ('url' in to) return to.url;
      const { data } = await client.POST('/api/v1/searches', { body: to.post });
      if (data) queries.setQueryData(keptKey(data.id), data.fields);
      return { search: data?.id ?? null };
    },
    onSuccess: (part) => go({ search: null, column: null, contains: null, equals: null, ...part }),
  });
}
