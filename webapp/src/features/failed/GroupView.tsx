import BackIcon from '@mui/icons-material/ArrowBack';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import Stack from '@mui/material/Stack';
import { keepPreviousData } from '@tanstack/react-query';
import { type ReactNode, Suspense, useMemo, useState } from 'react';
import { api, type Schemas } from '../../api/client';
import { lazily } from '../../api/load';
import { useMay } from '../../api/session';
import type { Code } from '../../push/codes';
import { useBecame } from '../../push/useBecame';
import { Empty } from '../../ui/Empty';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Link } from '../../ui/Link';
import { Pager } from '../../ui/Pager';
import { RefreshButton } from '../../ui/RefreshButton';
import { ThinBar } from '../../ui/ThinBar';
import { useToast } from '../../ui/Toast';
import { GroupHead } from './GroupHead';
import { PushTable } from './PushTable';
import { RedriveDialog } from './RedriveDialog';
import { Selection } from './Selection';
import { failedLink, hasLeft, type Period, useFailedState } from './state';
import { useFailedText } from './text';
import { useRedrive } from './useRedrive';

const BulkDialog = lazily(() => import('../../jobs/BulkDialog').then((m) => ({ default: m.BulkDialog })));

const size = 50;
const none: Schemas['Record'][] = [];

type Props = {
  code: Code;
  /** Its count, if known. */
  group?: Schemas['CodeCount'];
  /** Of which pushes are shown, and redriven. */
  period: Period;
  /** By how many the failed pushes have changed since they were counted. */
  news: number;
  /** Has the failures counted anew. */
  onRefresh: () => void;
  /** Shows all of the log; absent if it is shown. */
  onShowAll?: () => void;
  onOrdered: (job: string) => void;
  /** What stands between the head and the pushes. */
  children: ReactNode;
};

/** The pushes that failed with one error code: looked at, and redriven one by one, some, or all. */
export function GroupView(props: Props) {
  const { code, group, period, news, onRefresh, onShowAll, onOrdered, children } = props;
  const t = useFailedText();
  const say = useToast();
  const mayChange = useMay('change') && code !== 'INVALID_JOB';
  const [state, setState] = useFailedState();
  const { page, asof } = state;
  const query = { status: ['failed' as const], error_code: code, ...period, page, size, asof: asof ?? undefined };
  const pushes = api.useQuery('get', '/api/v1/pushes', { params: { query } }, { placeholderData: keepPreviousData });
  const items = pushes.data?.items ?? none;
  const ids = useMemo(() => items.map((r) => r.id), [items]);
  const { became, note } = useBecame(ids, pushes.dataUpdatedAt);
  const { results, run, redrive, stop } = useRedrive(note);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<readonly string[] | null>(null);
  const [all, setAll] = useState(false);
  const chosen = ids.filter((id) => selected.has(id) && !hasLeft(became, id));

  const refresh = () => {
    setSelected(new Set());
    void setState({ asof: null });
    void pushes.refetch();
    onRefresh();
  };
  const confirmed = async (reason: string) => {
    const which = asked ?? [];
    setAsked(null);
    setSelected(new Set());
    const { done, bad } = await redrive(which, reason);
    if (bad === 0) say(t('redriven', { count: done }));
    else say(t('mixed', { ok: done - bad, bad }), 'warning');
  };
  const goTo = (to: number) => {
    setSelected(new Set());
    void setState({ page: to, asof: pushes.data?.asof ?? null });
  };

  return (
    <section aria-labelledby="group">
      <Link to={failedLink(state, null)} sx={{ display: 'inline-flex', alignItems: 'center', gap: 0.5, mb: 1 }}>
        <BackIcon fontSize="inherit" />
        {t('back')}
      </Link>
      <GroupHead code={code} group={group}>
        {mayChange && (
          <Button variant="contained" title={t('redriveAllHelp')} onClick={() => setAll(true)}>
            {t('redriveAll')}
          </Button>
        )}
      </GroupHead>
      {children}
      <ThinBar busy={pushes.isFetching && !pushes.isPending} />
      {pushes.error && !pushes.data ? (
        <ErrorNotice error={pushes.error} retry={() => void pushes.refetch()} />
      ) : (
        <Paper variant="outlined">
          <Stack
            direction="row"
            sx={{ alignItems: 'center', flexWrap: 'wrap', gap: 1, px: 1.5, py: 0.75, minHeight: 52 }}
          >
            {chosen.length > 0 || run ? (
              <Selection
                count={chosen.length}
                run={run}
                onRedrive={() => setAsked(chosen)}
                onClear={() => setSelected(new Set())}
                onStop={stop}
              />
            ) : (
              <Stack direction="row" sx={{ alignItems: 'center', gap: 1, minWidth: 0 }}>
                <Box component="span" sx={{ flexShrink: 0 }}>
                  {pushes.data && items.length > 0 && <Showing page={pushes.data} />}
                </Box>
                <RefreshButton news={news > 0 ? t('changed', { count: news }) : ''} onRefresh={refresh} />
              </Stack>
            )}
            <Box sx={{ flex: 1 }} />
            <Pager page={page} pages={pushes.data?.pages ?? 1} more={pushes.data?.exact === false} onPage={goTo} />
          </Stack>
          {pushes.data && items.length === 0 ? (
            <Empty
              title={t(page > 1 ? 'beyond' : onShowAll ? 'noneHerePeriod' : 'noneHere')}
              hint={page > 1 ? undefined : t('noneHereHint')}
              action={
                page > 1 ? (
                  <Button onClick={() => goTo(1)}>{t('firstPage')}</Button>
                ) : (
                  onShowAll && <Button onClick={onShowAll}>{t('showAllTime')}</Button>
                )
              }
            />
          ) : (
            <PushTable
              code={code}
              items={pushes.data ? items : undefined}
              became={became}
              results={results}
              selected={mayChange ? selected : undefined}
              onSelect={setSelected}
              onRedrive={setAsked}
            />
          )}
        </Paper>
      )}
      {asked && (
        <RedriveDialog
          code={code}
          pushes={items.filter((r) => asked.includes(r.id))}
          onConfirm={(why) => void confirmed(why)}
          onClose={() => setAsked(null)}
        />
      )}
      {all && (
        <Suspense>
          <BulkDialog
            kind="redrive"
            filter={{ status: ['failed'], error_code: code, ...period }}
            onClose={() => setAll(false)}
            onOrdered={onOrdered}
          />
        </Suspense>
      )}
    </section>
  );
}

/** Which of how many are shown. */
function Showing({ page: { page, size: of, items, total, exact, newer } }: { page: Schemas['Page'] }) {
  const t = useFailedText();
  const from = (page - 1) * of + 1;
  return (
    <>
      {t(exact ? 'showing' : 'showingLeast', { total, from, to: from + items.length - 1 })}
      {newer > 0 && page > 1 && (
        <Box component="span" sx={{ color: 'text.secondary', ml: 1 }}>
          {t('newer', { count: newer })}
        </Box>
      )}
    </>
  );
}
