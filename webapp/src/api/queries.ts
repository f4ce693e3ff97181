import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './error';

/** The only QueryClient. Nothing is fetched again by itself: live events and the reader decide. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      staleTime: 5_000,
      retry: (failures, error) =>
        failures < 1 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      retryDelay: 1_000,
      networkMode: 'always', // the admin may be on this machine
    },
    mutations: { networkMode: 'always' },
  },
});
