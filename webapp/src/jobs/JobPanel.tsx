import Box from '@mui/material/Box';
import Divider from '@mui/material/Divider';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { useId, useState } from 'react';
import { useMay } from '../api/session';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { ErrorNotice } from '../ui/ErrorNotice';
import { useToast } from '../ui/Toast';
import { FilterText } from './FilterText';
import { JobProgress } from './JobProgress';
import { type BulkJob, isOpen } from './job';
import { useJobs, useStopJob } from './queries';
import { useJobText } from './text';

type Props = {
  /** Which of the jobs the page is about; all if absent. */
  of?: (job: BulkJob) => boolean;
  /** How many of those that have ended are shown. */
  most?: number;
};

/** The bulk jobs that run and those that have ended, with their progress. Nothing if there are none. */
export function JobPanel({ of = () => true, most = 10 }: Props) {
  const t = useJobText();
  const mayStop = useMay('change');
  const titleId = useId();
  const jobs = useJobs();
  const [stopped, setStopped] = useState<BulkJob | null>(null);
  const mine = (jobs.data?.items ?? []).filter(of).filter((job, i) => isOpen(job) || i < most);
  if (jobs.data && mine.length === 0) return null;
  return (
    <Paper variant="outlined" component="section" aria-labelledby={titleId} sx={{ px: 2, pt: 1.5, pb: 0.5 }}>
      <Typography variant="h2" id={titleId}>
        {t('title')}
      </Typography>
      {jobs.isPending && <Skeleton height={84} />}
      {jobs.error && !jobs.data && (
        <Box sx={{ py: 1 }}>
          <ErrorNotice error={jobs.error} retry={() => void jobs.refetch()} />
        </Box>
      )}
      <Stack divider={<Divider />}>
        {mine.map((job) => (
          <JobProgress key={job.id} job={job} onStop={mayStop ? setStopped : undefined} />
        ))}
      </Stack>
      {stopped && <StopDialog job={stopped} onClose={() => setStopped(null)} />}
    </Paper>
  );
}

function StopDialog({ job, onClose }: { job: BulkJob; onClose: () => void }) {
  const t = useJobText();
  const say = useToast();
  const stop = useStopJob();
  return (
    <ConfirmDialog
      open
      danger
      title={t('stopTitle')}
      verb={t('stopVerb')}
      reason="optional"
      busy={stop.isPending}
      error={stop.error}
      onClose={onClose}
      onConfirm={(reason) =>
        stop.mutate(
          { params: { path: { id: job.id } }, body: reason ? { reason } : {} },
          {
            onSuccess: () => {
              say(t('stopped'));
              onClose();
            },
          },
        )
      }
    >
      <FilterText filter={job.filter} />
      <Typography>{t('stopEffect')}</Typography>
    </ConfirmDialog>
  );
}
