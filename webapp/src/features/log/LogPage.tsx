import NewIcon from '@mui/icons-material/ArrowUpward';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import ToggleButton from '@mui/material/ToggleButton';
import { useQueryClient } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { api } from '../../api/client';
import { lazily } from '../../api/load';
import { useMay } from '../../api/session';
import { useLive } from '../../live/LiveProvider';
import { serverNow } from '../../time/clock';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Page } from '../../ui/Page';
import { Pager } from '../../ui/Pager';
import { ThinBar } from '../../ui/ThinBar';
import { type LogChange, type LogState, logParsers } from '../../url/log';
import { ExportButton } from './ExportButton';
import { FilterBar } from './FilterBar';
import type { LogPage as Found, PageQuery } from './fetch';
import { filterOf, fromStart, isFiltered, noFilter } from './filter';
import { LogHistogram } from './LogHistogram';
import { Nothing } from './Nothing';
import { RedriveButton } from './RedriveButton';
import { Table } from './Table';
import { Total } from './Total';
import { useLogText } from './text';
import { pageKey, useLogPage, useNewer, useReadAnew, useRowsInPlace } from './usePage';
import { useReading } from './useReading';
import { useRowKeys } from './useRowKeys';
import { useAsked, useSearchFor } from './useSearch';
import { useView } from './useView';
import { ViewMenu } from './ViewMenu';

const drawer = () => import('./PushDrawer');
const PushDrawer = lazily(drawer);
const OrderedJobs = lazily(() => import('./OrderedJobs'));

/** The push log. The URL is its state: filters, page, order, bound, and the push that is open. */
export default function LogPage() {
  const t = useLogText();
  const queries = useQueryClient();
  const mayExport = useMay('export');
  const mayChange = useMay('change');
  const [jobs, setJobs] = useState<readonly string[]>([]); // ordered here
  const [state, setState] = useQueryStates(logParsers, { history: 'push' });
  // What is not pinned counts from when it was asked for, not from each rendering.
  const [now, setNow] = useState(serverNow);
  const tail = state.live !== null && state.page === 1 && state.order === 'newest';
  const query = useQueryOf(state, now);
  const { asked, gone, masked } = useAsked(state);
  const page = useLogPage(query, !gone);
  const data = page.isPlaceholderData ? undefined : page.data;
  const shown = page.data;
  const filtered = isFiltered(query.filter);

  // The first answer pins a bound, so that page 7 stays page 7.
  useEffect(() => {
    if (!data || state.asof !== null || tail || data.state === 'counting') return;
    queries.setQueryData<Found>(
      pageKey({ ...query, filter: filterOf({ ...state, asof: data.asof }, now), asof: data.asof }),
      data,
    );
    void setState({ asof: data.asof }, { history: 'replace' });
  }, [data, state, tail, query, now, queries, setState]);

  const change = useCallback(
    (part: LogChange) => {
      setNow(serverNow());
      void setState({ ...part, ...fromStart });
    },
    [setState],
  );
  const search = useSearchFor(change);
  const open = useCallback((id: string | null) => void setState({ id }), [setState]);
  const goTo = useCallback((n: number) => void setState({ page: n, live: null }), [setState]);
  const setOrder = useCallback((order: 'newest' | 'oldest') => change({ order, live: null }), [change]);
  const select = useCallback((since: string, until: string) => change({ range: null, since, until }), [change]);

  const newer = useNewer(query, !tail);
  const box = useRef<HTMLDivElement>(null);
  const reading = useReading(box, tail) || state.id !== null;
  const missed = useRef(false); // while the reader was reading
  const holds = tail && reading;
  const readAnew = useReadAnew(query, () => {
    if (holds) missed.current = true;
    return !holds;
  });
  useRowsInPlace(query, data, readAnew);
  useLive('pushes', ({ accepted }) => {
    if (tail && accepted > 0) readAnew();
  });
  useEffect(() => {
    const at = { queryKey: pageKey(query), exact: true };
    if (holds && queries.getQueryState(at.queryKey)?.data !== undefined && queries.isFetching(at) > 0) {
      missed.current = true; // what is on its way would move the rows
      void queries.cancelQueries(at);
    }
    if (holds || !missed.current) return;
    missed.current = false;
    if (tail) readAnew();
  }, [tail, holds, query, queries, readAnew]);

  const field = useRef<HTMLInputElement>(null);
  const rows = useMemo(() => shown?.items ?? [], [shown]);
  const keys = useRowKeys({ rows, openId: state.id, onOpen: open, field });
  const view = useView();
  const { data: counts } = api.useQuery('get', '/api/v1/counts', {}, { staleTime: 10_000 });
  useLive('counts', ({ statuses }) =>
    queries.setQueryData<typeof counts>(['get', '/api/v1/counts', {}], (old) => old && { ...old, statuses }),
  );

  return (
    <Page title={t('title')}>
      <Paper variant="outlined" sx={{ overflow: 'hidden' }}>
        <FilterBar
          state={state}
          asked={asked}
          searching={search.isPending}
          filtered={filtered}
          counts={counts?.statuses}
          field={field}
          onSearch={search.mutate}
          onChange={change}
        />
        {search.error && <ErrorNotice error={search.error} />}
        {masked && <Box sx={{ px: 2, pb: 1, color: 'text.secondary' }}>{t('othersSearch')}</Box>}
        <LogHistogram filter={query.filter} asof={state.asof} now={now} onSelect={select} />
        <Box
          sx={{
            borderTop: 1,
            borderColor: 'divider',
            px: { xs: 1.5, sm: 2 },
            py: 0.75,
            minHeight: 48,
            display: 'flex',
            flexWrap: 'wrap',
            alignItems: 'center',
            gap: 1,
          }}
        >
          {shown && <Total page={shown} old={page.isPlaceholderData} onStop={page.stop} />}
          {newer > 0 && (
            <Button size="small" variant="contained" startIcon={<NewIcon />} onClick={() => change({})}>
              {t('newer', { count: newer })}
            </Button>
          )}
          <Box sx={{ flex: 1 }} />
          {state.page === 1 && state.order === 'newest' && (
            <ToggleButton
              value="live"
              size="small"
              selected={tail}
              onChange={() => change({ live: tail ? null : '1' })}
              sx={{ py: 0.25 }}
            >
              {t('tail')}
              {tail && reading && ` · ${t('tailHeld')}`}
            </ToggleButton>
          )}
          <ViewMenu hidden={view.hidden} density={view.density} onToggle={view.toggle} onDensity={view.setDensity} />
          {mayChange && !gone && shown && shown.total > 0 && (
            <RedriveButton
              filter={query.filter}
              asked={asked ?? null}
              asof={state.asof}
              total={shown.exact ? shown.total : null}
              onOrdered={(id) => setJobs((old) => [id, ...old])}
            />
          )}
          {mayExport && shown && shown.total > 0 && (
            <ExportButton filter={query.filter} order={state.order} total={shown.total} exact={shown.exact} />
          )}
        </Box>
        {jobs.length > 0 && (
          <Suspense>
            <OrderedJobs ids={jobs} />
          </Suspense>
        )}
        <ThinBar busy={page.isFetching} />
        {gone ? (
          <Nothing kind="search" onClear={() => change(noFilter)} />
        ) : page.error && !shown ? (
          <Box sx={{ p: 2 }}>
            <ErrorNotice error={page.error} retry={() => void page.refetch()} />
          </Box>
        ) : (
          <>
            {page.error && <ErrorNotice error={page.error} retry={() => void page.refetch()} />}
            <Box
              ref={box}
              onPointerEnter={() => void drawer().catch(() => undefined)} // soon wanted
              sx={{
                height: { xs: 560, md: 'max(420px, calc(100vh - 510px))' },
                display: rows.length || !data ? 'block' : 'none',
              }}
            >
              <Table
                rows={rows}
                order={state.order}
                cursor={keys.cursor}
                open={state.id}
                loading={!shown}
                density={view.density}
                hidden={view.model}
                onOrder={setOrder}
                onOpen={open}
              />
            </Box>
            {data && data.state !== 'counting' && rows.length === 0 && (
              <Nothing
                kind={state.page > 1 ? 'page' : filtered ? 'filter' : 'all'}
                onClear={() => (state.page > 1 ? goTo(1) : change(noFilter))}
              />
            )}
          </>
        )}
        <Box
          sx={{ borderTop: 1, borderColor: 'divider', p: 1, display: 'flex', justifyContent: 'center', minHeight: 49 }}
        >
          {shown && <Pager page={state.page} pages={shown.pages} more={!shown.exact} onPage={goTo} />}
        </Box>
      </Paper>
      {state.id !== null && (
        <Suspense>
          <PushDrawer id={state.id} onClose={keys.close} onPrevious={keys.previous} onNext={keys.next} />
        </Suspense>
      )}
    </Page>
  );
}

/** What is asked of the API; the same object as long as it is the same question. */
function useQueryOf(state: LogState, now: number): PageQuery {
  const filter = filterOf(state, now);
  const text = JSON.stringify(filter);
  return useMemo(
    () => ({ filter: JSON.parse(text), page: state.page, order: state.order, asof: state.asof, at: now }),
    [text, state.page, state.order, state.asof, now],
  );
}
