import { ThemeProvider } from '@mui/material/styles';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { type HttpHandler, HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { NuqsAdapter } from 'nuqs/adapters/react-router/v7';
import type { ReactNode } from 'react';
import { BrowserRouter } from 'react-router';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { home } from '../src/api/client';
import { type Me, MeContext } from '../src/api/session';
import { themeOf } from '../src/app/theme';
import { Toasts } from '../src/ui/Toast';

/** The API in a test: answers by handlers, and fails the test on a request that has none. */
export function apiServer(...handlers: HttpHandler[]) {
  const server = setupServer(...handlers);
  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
  return server;
}

/** The address of a path of the API, for handlers. */
export const url = (path: string) => `${home}/api/v1${path}`;

/** An answer as the API refuses with it. */
export function problem(status: number, detail: string) {
  const body = { type: 'about:blank', title: detail, status, detail, request_id: 'req-1' };
  return HttpResponse.json(body, { status, headers: { 'Content-Type': 'application/problem+json' } });
}

export { HttpResponse, http };

/** An administrator; tests of roles take permissions away. */
export const admin: Me = {
  kind: 'user',
  name: 'kim',
  role: 'admin',
  zone: 'Asia/Seoul',
  permissions: ['read', 'export', 'change', 'send', 'control', 'reveal', 'flush', 'users', 'audit', 'settings', 'self'],
};
export const viewer: Me = { ...admin, name: 'lee', role: 'viewer', permissions: ['read', 'self'] };

/** Shows a page as who is logged in sees it, at an address. */
export function renderPage(page: ReactNode, { me = admin, at = '/' }: { me?: Me; at?: string } = {}) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false }, mutations: { retry: false } } });
  window.history.replaceState(null, '', at); // nuqs reads the window's address, and changes it
  const address = {
    get current() {
      return window.location.pathname + window.location.search;
    },
  };
  const result = render(
    <ThemeProvider theme={themeOf('en', '')}>
      <QueryClientProvider client={queries}>
        <Toasts>
          <BrowserRouter>
            <NuqsAdapter>
              <MeContext value={me}>{page}</MeContext>
            </NuqsAdapter>
          </BrowserRouter>
        </Toasts>
      </QueryClientProvider>
    </ThemeProvider>,
  );
  return { ...result, queries, address };
}
