import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { clockError } from '../../time/clock';
import { Empty } from '../../ui/Empty';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { groupsOf, hasHeir, isLast } from './model';
import { ProcessCard } from './ProcessCard';
import { useWorkersText } from './text';
import type { useWorkers } from './useWorkers';
import { WebServerCard } from './WebServerCard';

/** The cards of all processes. */
export function Processes({ workers }: { workers: ReturnType<typeof useWorkers> }) {
  const t = useWorkersText();
  const { data, error, dataUpdatedAt, refetch } = workers;
  if (error && !data) return <ErrorNotice error={error} retry={() => void refetch()} />;
  const groups = groupsOf(data?.items ?? []);
  const allPaused = data?.desired === 'paused';
  return (
    <Stack sx={{ gap: 2 }}>
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {allPaused && (
        <Alert severity="warning" variant="outlined" sx={{ bgcolor: 'background.paper' }}>
          <Typography sx={{ fontWeight: 700 }}>{t('allPaused')}</Typography>
          <Typography variant="body2">{t('allPausedHelp')}</Typography>
        </Alert>
      )}
      {data && !groups.some((g) => g.processes.length > 0) && (
        <Box sx={{ border: 1, borderColor: 'divider', borderRadius: 1, bgcolor: 'background.paper' }}>
          <Empty
            title={t('empty')}
            hint={
              <>
                {t('emptyHint')}
                <Box
                  component="pre"
                  sx={{
                    m: 0,
                    mt: 1,
                    p: 1.5,
                    bgcolor: 'background.default',
                    borderRadius: 1,
                    textAlign: 'left',
                    whiteSpace: 'pre-wrap',
                  }}
                >
                  REDIS_URL=redis://… CONSUMER_NAME=consumer-1 consumer
                </Box>
              </>
            }
          />
        </Box>
      )}
      <Box
        sx={{
          display: 'grid',
          gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 330px), 1fr))',
          alignItems: 'start',
          gap: 2,
        }}
      >
        {!data && [0, 1].map((i) => <Skeleton key={i} variant="rounded" height={318} />)}
        {groups.map((group) => (
          <ProcessCard
            key={group.name}
            group={group}
            allPaused={allPaused}
            last={isLast(groups, group.name)}
            heir={hasHeir(groups)}
            readAt={dataUpdatedAt - clockError()}
          />
        ))}
        <WebServerCard />
      </Box>
    </Stack>
  );
}
