import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import CssBaseline from '@mui/material/CssBaseline';
import { ThemeProvider } from '@mui/material/styles';
import { QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/react-router/v7';
import { Suspense, useEffect, useMemo, useRef } from 'react';
import { BrowserRouter, Navigate, Outlet, Route, Routes } from 'react-router';
import { home, onSessionEnd } from '../api/client';
import { lazily } from '../api/load';
import { queryClient } from '../api/queries';
import { MeContext, sessionKey, useMe, useSession } from '../api/session';
import { useCommon } from '../i18n/common';
import { useLanguage } from '../i18n/texts';
import { LiveProvider } from '../live/LiveProvider';
import { ErrorText } from '../ui/ErrorText';
import { NotFound } from '../ui/NotFound';
import { Toasts } from '../ui/Toast';
import { Waiting } from '../ui/Waiting';
import { ErrorBoundary } from './ErrorBoundary';
import { pages } from './pages';
import { themeOf } from './theme';

const LoginPage = lazily(() => import('../features/login/LoginPage'));
const Forbidden = lazily(() => import('../ui/Forbidden'));
const Shell = lazily(() => import('./Shell'));

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
const styles = createCache({ key: 'ps', nonce, prepend: true });

/** Shows the pages to who is logged in, and the login to who is not; the address stays. */
function Door() {
  const t = useCommon();
  const session = useSession();
  const was = useRef<string | null>(null);
  useEffect(() => onSessionEnd(() => queryClient.setQueryData(sessionKey, null)), []);
  if (session.data) was.current = session.data.name;
  if (session.isPending) return <Waiting />;
  if (session.error && !session.data) {
    // Nothing that would have to be loaded first: who serves the page is away.
    return (
      <Box role="alert" sx={{ p: 4, display: 'grid', gap: 2, justifyItems: 'start' }}>
        <div>
          <ErrorText error={session.error} />
        </div>
        <Button variant="contained" onClick={() => void session.refetch()}>
          {t('retry')}
        </Button>
      </Box>
    );
  }
  if (!session.data) {
    return (
      <Suspense fallback={<Waiting />}>
        <LoginPage ended={was.current} />
      </Suspense>
    );
  }
  return (
    <MeContext value={session.data}>
      <LiveProvider key={session.data.session ?? session.data.name}>
        <Suspense fallback={<Waiting />}>
          <Outlet />
        </Suspense>
      </LiveProvider>
    </MeContext>
  );
}

/** A page, for who may see it. */
function Guarded({ page }: { page: (typeof pages)[number] }) {
  const me = useMe();
  const View = page.view;
  if (!me.permissions.includes(page.may)) return <Forbidden may={page.may} />;
  return (
    <ErrorBoundary key={page.name}>
      <View />
    </ErrorBoundary>
  );
}

export function App() {
  const language = useLanguage();
  const theme = useMemo(() => themeOf(language, nonce), [language]);
  return (
    <CacheProvider value={styles}>
      <ThemeProvider theme={theme} defaultMode="system">
        <CssBaseline enableColorScheme />
        <QueryClientProvider client={queryClient}>
          <Toasts>
            <BrowserRouter basename={new URL(home).pathname}>
              <NuqsAdapter>
                <ErrorBoundary>
                  <Routes>
                    <Route element={<Door />}>
                      <Route element={<Shell />}>
                        {pages.map((page) => (
                          <Route key={page.name} path={page.path} element={<Guarded page={page} />} />
                        ))}
                        <Route path="/login" element={<Navigate to="/" replace />} />
                        <Route path="*" element={<NotFound />} />
                      </Route>
                    </Route>
                  </Routes>
                </ErrorBoundary>
              </NuqsAdapter>
            </BrowserRouter>
          </Toasts>
        </QueryClientProvider>
      </ThemeProvider>
    </CacheProvider>
  );
}
