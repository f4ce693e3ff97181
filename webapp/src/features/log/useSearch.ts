import { useMutation, useQuery } from '@tanstack/react-query';
import { client } from '../../api/client';
import { ApiError } from '../../api/error';
import type { LogChange, LogState } from '../../url/log';
import { type Asked, askedOf, destinationOf } from './filter';

/** What the search in the URL asks for; read from the API if it is a kept one. */
export function useAsked(s: LogState) {
  const kept = useQuery({
    queryKey: ['log-search', s.search],
    enabled: s.search !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const { data } = await client.GET('/api/v1/searches/{id}', { params: { path: { id: s.search ?? '' } }, signal });
      return data?.fields ?? {};
    },
  });
  if (s.search === null)
    return { asked: askedOf({ column: s.column, contains: s.contains, equals: s.equals }), gone: false, masked: false };
  const asked = kept.data ? askedOf(kept.data) : null;
  return {
    asked,
    gone: kept.error instanceof ApiError && kept.error.status === 404,
    masked: asked?.word.includes('**') ?? false,
  };
}

/** Turns what is typed into a part of the URL; what is personal is posted before. */
export function useSearchFor(go: (change: LogChange) => void) {
  return useMutation({
    mutationFn: async (asked: Asked): Promise<LogChange> => {
      const to = destinationOf(asked);
      if ('url' in to) return to.url;
      const { data } = await client.POST('/api/v1/searches', { body: to.post });
      return { search: data?.id ?? null };
    },
    onSuccess: (part) => go({ search: null, column: null, contains: null, equals: null, ...part }),
  });
}
