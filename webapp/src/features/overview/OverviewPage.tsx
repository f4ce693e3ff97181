import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Skeleton from '@mui/material/Skeleton';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { Link as RouterLink } from 'react-router';
import { useMay } from '../../api/session';
import { StatusChip, statuses } from '../../push/status';
import { WorkerChip } from '../../push/workers';
import { Empty } from '../../ui/Empty';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Link } from '../../ui/Link';
import { Page } from '../../ui/Page';
import { logLink } from '../../url/log';
import { Banners } from './Banners';
import { ChartPanel } from './ChartPanel';
import { CountRows } from './CountRows';
import { Panel } from './Panel';
import { ReasonsPanel } from './ReasonsPanel';
import { Tiles } from './Tiles';
import { useOverviewText } from './text';
import { useSummary } from './useSummary';

/** Skeletons show when the summary takes a while: until then, banners that come with it would move them. */
const patient = {
  visibility: 'hidden',
  animation: 'ps-appear 0s 300ms forwards',
  '@keyframes ps-appear': { to: { visibility: 'visible' } },
} as const;

const workerStates = ['running', 'draining', 'paused', 'circuit_open', 'lost'] as const;

/** How pushstream is, at a glance; every number leads to what it counts. */
export default function OverviewPage() {
  const t = useOverviewText();
  const { data, error, refetch } = useSummary();
  const total = data && statuses.reduce((sum, s) => sum + (data.statuses[s] ?? 0), 0);
  return (
    <Page title={t('title')}>
      {error && (
        <Box sx={{ mb: 1.5 }}>
          <ErrorNotice error={error} retry={() => void refetch()} />
        </Box>
      )}
      <Banners summary={data} />
      {total === 0 && <FirstPush />}
      <Stack sx={{ gap: 1.5, ...(!data && !error && patient) }}>
        {(data || !error) && <Tiles summary={data} />}
        <ChartPanel />
        <Box
          sx={{
            display: 'grid',
            gridTemplateColumns: { xs: '1fr', md: '1fr 1fr', lg: '2fr 1fr 1fr' },
            gap: 1.5,
            alignItems: 'start',
          }}
        >
          <ReasonsPanel />
          <Panel
            title={t('states')}
            action={
              total !== undefined && (
                <Typography variant="body2" sx={{ color: 'text.secondary' }}>
                  {t('statesTotal', { n: total })}
                </Typography>
              )
            }
          >
            {data ? (
              <CountRows
                rows={statuses.map((s) => ({
                  key: s,
                  name: <StatusChip status={s} />,
                  n: data.statuses[s] ?? 0,
                  to: logLink({ status: [s] }),
                }))}
              />
            ) : (
              !error && <Skeleton variant="rounded" height={244} />
            )}
          </Panel>
          <Panel
            title={t('workers')}
            action={
              <Link to="/workers" variant="body2" underline="hover">
                {t('workersAll')}
              </Link>
            }
          >
            {data ? (
              <CountRows
                rows={workerStates.map((s) => ({
                  key: s,
                  name: <WorkerChip state={s} />,
                  n: data.workers[s] ?? 0,
                  to: '/workers',
                }))}
              />
            ) : (
              !error && <Skeleton variant="rounded" height={139} />
            )}
          </Panel>
        </Box>
      </Stack>
    </Page>
  );
}

/** What to do where nothing has ever been sent. */
function FirstPush() {
  const t = useOverviewText();
  const maySend = useMay('send');
  return (
    <Box sx={{ mb: 1.5, border: 1, borderColor: 'divider', borderRadius: 1, bgcolor: 'background.paper' }}>
      <Empty
        title={t('empty')}
        hint={
          <>
            {t('emptyHint')}
            <Box
              component="pre"
              sx={{ m: 0, mt: 1, p: 1.5, bgcolor: 'background.default', borderRadius: 1, whiteSpace: 'pre-wrap' }}
            >
              producer send --device-id TOKEN --title hello
            </Box>
          </>
        }
        action={
          maySend && (
            <Button variant="contained" component={RouterLink} to="/compose">
              {t('compose')}
            </Button>
          )
        }
      />
    </Box>
  );
}
