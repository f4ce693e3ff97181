import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { client, type Schemas } from './client';
import { ApiError } from './error';

export type Me = Schemas['Me'];
export type Permission = Schemas['Permission'];

export const sessionKey = ['session'] as const;

/** How long after an error it is asked again who is logged in, in ms. */
export const sessionRetry = 3_000;

/** When the session ends if nobody uses it, by this machine's clock; what ends it; both in ms. */
export let sessionEnd = { at: Number.POSITIVE_INFINITY, idle: Number.POSITIVE_INFINITY, final: false };

/** Takes from who is logged in what changes with each answer: the rest stays the same object. */
export function meOf({ left_ms, left_at_most_ms, ...me }: Schemas['Me']): Me {
  sessionEnd = {
    at: Date.now() + (left_ms ?? Number.POSITIVE_INFINITY),
    idle: (me.idle_seconds ?? 0) * 1_000,
    final: left_ms === left_at_most_ms,
  };
  return me;
}

/** Who is logged in; null if nobody is. */
export function useSession() {
  return useQuery<Me | null>({
    queryKey: sessionKey,
    staleTime: Number.POSITIVE_INFINITY,
    // A server that does not know it now is asked again: the page comes back by itself.
    refetchInterval: (query) => (query.state.status === 'error' ? sessionRetry : false),
    queryFn: async ({ signal }) => {
      try {
        // Asked first, since browsers write each 401 into their console.
        const { data: ways } = await client.GET('/api/v1/login', { signal });
        if (!ways?.logged_in) return null;
        const { data } = await client.GET('/api/v1/session', { signal });
        return data ? meOf(data) : null;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
  });
}

/** Who is logged in, below the login. */
export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('useMe above the login');
  return me;
}

/** Whether who is logged in may do it. What one can never do is not shown; the server refuses it too. */
export function useMay(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}
