import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { memo } from 'react';
import { formatNumber } from '../i18n/texts';
import { formatSpan } from '../time/format';
import { Link } from '../ui/Link';
import { Time } from '../ui/Time';
import { logLink } from '../url/log';
import { FilterText } from './FilterText';
import { type BulkJob, isOpen, logFilterOf, outcomesOf, progressOf } from './job';
import { useJobText } from './text';

const colours = {
  waiting: 'text.secondary',
  running: 'primary.main',
  interrupted: 'warning.main',
  done: 'success.main',
  cancelled: 'text.secondary',
  failed: 'error.main',
} as const;

type Props = {
  job: BulkJob;
  /** Ends it; absent if the reader may not. */
  onStop?: (job: BulkJob) => void;
};

/** A bulk job: what it does, who ordered it and why, how far it is, and what became of what it met. */
export const JobProgress = memo(function JobProgress({ job, onStop }: Props) {
  const t = useJobText();
  const inLog = logFilterOf(job.filter);
  const stopping = isOpen(job) && Boolean(job.cancelled_at);
  const what = t(`${job.kind}.kind`);
  return (
    <Box component="article" aria-label={what} data-job={job.id} sx={{ py: 1.5, display: 'grid', gap: 0.75 }}>
      <Stack direction="row" sx={{ alignItems: 'center', gap: 1.5, flexWrap: 'wrap', minHeight: 32 }}>
        <Typography component="span" sx={{ fontWeight: 700, color: colours[job.state] }}>
          {stopping ? t('stopping') : t(`state.${job.state}`)}
        </Typography>
        <Typography component="span" sx={{ fontWeight: 700 }}>
          {what}
        </Typography>
        <Box component="span" sx={{ flex: 1, minWidth: 200 }}>
          <FilterText filter={job.filter} />
        </Box>
        {inLog && (
          <Link to={logLink(inLog)} variant="body2">
            {t('inLog')}
          </Link>
        )}
        {onStop && isOpen(job) && !stopping && (
          <Button
            size="small"
            color="inherit"
            variant="outlined"
            aria-label={t('stopJob', { what })}
            onClick={() => onStop(job)}
          >
            {t('stop')}
          </Button>
        )}
      </Stack>
      {isOpen(job) && <Bar job={job} />}
      <Outcomes job={job} />
      <Typography variant="body2" component="div" sx={{ color: 'text.secondary' }}>
        <Time at={job.ordered_at} /> · {t('by', { name: job.by })}
        {job.cancelled_by && ` · ${t('stoppedBy', { name: job.cancelled_by })}`}
        {job.ended_at &&
          ` · ${t('took', { span: formatSpan(Date.parse(job.ended_at) - Date.parse(job.started_at ?? job.ordered_at)) })}`}
        {' · '}
        {t('why')}: {job.reason}
      </Typography>
      {job.state === 'interrupted' && <Alert severity="warning">{t('interrupted')}</Alert>}
      {(job.state === 'failed' || job.error) && (
        <Alert severity="error">
          {t('failed')}
          {job.error && (
            <Typography variant="body2" lang="en">
              {job.error}
            </Typography>
          )}
        </Alert>
      )}
    </Box>
  );
});

/** How far it is; it moves without a number if that was not counted. */
function Bar({ job }: { job: BulkJob }) {
  const t = useJobText();
  const at = progressOf(job);
  const known = at !== null && job.state !== 'waiting';
  return (
    <LinearProgress
      aria-label={t('progress')}
      variant={known ? 'determinate' : 'indeterminate'}
      value={known ? Math.floor(at * 100) : undefined}
      color={job.state === 'interrupted' ? 'warning' : 'primary'}
      sx={{ height: 6, borderRadius: 3 }}
    />
  );
}

/** What became of the pushes, in words. */
function Outcomes({ job }: { job: BulkJob }) {
  const t = useJobText();
  const outcomes = outcomesOf(job);
  const done =
    job.of > 0 && (isOpen(job) || job.matched < job.of)
      ? t('doneOf', { done: job.matched, of: job.of })
      : t('done', { count: job.matched });
  return (
    <Stack direction="row" sx={{ flexWrap: 'wrap', columnGap: 2, rowGap: 0.25 }}>
      <span>
        <b>{job.state === 'done' && job.matched === 0 ? t('nothing') : done}</b>
        {job.looked > job.matched && (
          <Box component="span" sx={{ color: 'text.secondary' }}>{` (${t('looked', { looked: job.looked })})`}</Box>
        )}
      </span>
      {outcomes.map(({ word, change, count, good }) => (
        <Box component="span" key={change} sx={{ color: good ? 'success.main' : 'text.secondary' }}>
          {word ? t(`change.${word}`) : change} <b>{formatNumber(count)}</b>
        </Box>
      ))}
    </Stack>
  );
}
