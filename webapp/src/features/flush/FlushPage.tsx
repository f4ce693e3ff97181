import SweepIcon from '@mui/icons-material/DeleteSweepOutlined';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQueryStates } from 'nuqs';
import { useMemo, useState } from 'react';
import type { Status } from '../../push/status';
import { Empty } from '../../ui/Empty';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Page } from '../../ui/Page';
import { ThinBar } from '../../ui/ThinBar';
import { logLink } from '../../url/log';
import { Consequences } from './Consequences';
import { FlushConditions } from './FlushConditions';
import { FlushCounts, type Plan } from './FlushCounts';
import { FlushState } from './FlushState';
import { type FlushFilter, flushParsers, isFiltered, noFilter } from './filter';
import { StartDialog } from './StartDialog';
import { StopDialog } from './StopDialog';
import { useFlushText } from './text';
import { useFlush } from './useFlush';
import { usePlan } from './usePlan';

/** Removes from the log what has ended. */
export default function FlushPage() {
  const t = useFlushText();
  const [open, setOpen] = useQueryStates(flushParsers);
  const [csno, setCsno] = useState<string | null>(null);
  const filter = useMemo<FlushFilter>(() => ({ ...open, csno }), [open, csno]);
  const [asked, setAsked] = useState<Plan | null>(null);
  const [asking, setAsking] = useState<'start' | 'stop' | null>(null);
  const current = useFlush();
  const { plan, error, isFetching, isStale, refetch } = usePlan(filter);

  const change = ({ csno: customer, ...rest }: Partial<FlushFilter>) => {
    if (customer !== undefined) setCsno(customer);
    if (Object.keys(rest).length > 0) void setOpen(rest);
  };
  const linkOf = useMemo(() => {
    const { since, until, service, group, code } = open;
    return (status: Status) => logLink({ status: [status], since, until, service, group, code });
  }, [open]);
  const flush = current.data?.flush;
  const running = flush?.state === 'running';
  const filtered = isFiltered(filter);
  const nothing = plan && plan.removedSum === 0 && plan.exact;

  return (
    <Page title={t('title')}>
      <Typography sx={{ color: 'text.secondary', mt: -1, mb: 2, maxWidth: 720 }}>{t('intro')}</Typography>
      {current.isPending && <Skeleton variant="rounded" height={120} sx={{ mb: 2 }} />}
      {current.error && !current.data && <ErrorNotice error={current.error} retry={() => void current.refetch()} />}
      {flush && <FlushState flush={flush} onStop={() => setAsking('stop')} />}
      <Box sx={{ maxWidth: 1080 }}>
        <ThinBar busy={isFetching} />
        {error ? <ErrorNotice error={error} retry={refetch} /> : <FlushCounts plan={plan} linkOf={linkOf} />}
        <Paper variant="outlined" component="section" aria-label={t('some')} sx={{ p: 2, mt: 2 }}>
          <Typography variant="h2" sx={{ mb: 1 }}>
            {t('some')}
          </Typography>
          <FlushConditions filter={filter} onChange={change} onClear={() => change(noFilter)} />
        </Paper>
        <Paper variant="outlined" component="section" aria-label={t('consequences')} sx={{ p: 2, mt: 2 }}>
          <Typography variant="h2" sx={{ mb: 1.5 }}>
            {t('consequences')}
          </Typography>
          <Consequences linked />
          {nothing && !isStale ? (
            <Empty
              title={t('nothing')}
              hint={t(filtered ? 'nothingFiltered' : 'nothingHint')}
              action={filtered && <Button onClick={() => change(noFilter)}>{t('clear')}</Button>}
            />
          ) : (
            <Box sx={{ mt: 2, display: 'flex', alignItems: 'center', gap: 2, flexWrap: 'wrap' }}>
              <Button
                variant="contained"
                color="error"
                startIcon={<SweepIcon />}
                disabled={!plan || isStale || running}
                onClick={() => {
                  setAsked(plan ?? null);
                  setAsking('start');
                }}
              >
                {plan ? t('ask', { count: plan.removedSum }) : t('title')}
              </Button>
              {running && (
                <Alert severity="info" sx={{ py: 0 }}>
                  {t('oneAtATime')}
                </Alert>
              )}
            </Box>
          )}
        </Paper>
      </Box>
      <StartDialog open={asking === 'start'} plan={asked} filter={filter} onClose={() => setAsking(null)} />
      <StopDialog open={asking === 'stop'} onClose={() => setAsking(null)} />
    </Page>
  );
}
