import CloseIcon from '@mui/icons-material/Close';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { useEffect, useRef } from 'react';
import { api, type Schemas } from '../../api/client';
import { useLive, useLiveState } from '../../live/LiveProvider';
import { useCodeText } from '../../push/codes';
import { isTerminal, StatusChip } from '../../push/status';
import { Timeline } from '../../push/Timeline';
import { reservedAt } from '../../time/reserve';
import { useTime } from '../../time/useTime';
import { CopyButton } from '../../ui/CopyButton';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Link } from '../../ui/Link';
import { logLink } from '../../url/log';
import { tokensPath, useComposeText } from './text';

/** How often it is asked for, in ms, if nothing is told of it. */
const every = 3_000;

type Props = { id: string; answer?: Schemas['TestReceipt']['answer']; onDismiss: () => void };

/** What becomes of a push that was sent, until it has ended. */
export function SentPush({ id, answer, onDismiss }: Props) {
  const t = useComposeText();
  const time = useTime();
  const meaning = useCodeText();
  const { paused } = useLiveState();
  const read = api.useQuery(
    'get',
    '/api/v1/pushes/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state: { data } }) => (paused || (data && isTerminal(data.status)) ? false : every) },
  );
  useLive('pushes', ({ changes }) => {
    if (changes.some((c) => c.id === id)) void read.refetch();
  });
  const record = read.data;
  const here = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (answer) here.current?.scrollIntoView?.({ block: 'nearest' }); // below the form on a narrow page
  }, [answer]);
  return (
    <Paper
      ref={here}
      variant="outlined"
      component="section"
      aria-labelledby="sent"
      sx={{ p: 2, display: 'grid', gap: 1 }}
    >
      <Stack direction="row" sx={{ alignItems: 'center', justifyContent: 'space-between' }}>
        <Typography variant="h2" id="sent">
          {t('sent')}
        </Typography>
        <IconButton size="small" aria-label={t('dismiss')} onClick={onDismiss}>
          <CloseIcon fontSize="small" />
        </IconButton>
      </Stack>
      {answer && <Typography role="status">{t(`answer.${answer}`)}</Typography>}
      <Box sx={{ display: 'flex', alignItems: 'center', minWidth: 0 }}>
        <Typography className="mono" sx={{ fontSize: '0.78rem', overflowWrap: 'anywhere' }}>
          {id}
        </Typography>
        <CopyButton text={id} what={t('sent')} />
      </Box>
      {read.isPending && <Skeleton variant="rounded" height={72} />}
      {read.error && !record && <ErrorNotice error={read.error} retry={() => void read.refetch()} />}
      {record && (
        <>
          <Stack direction="row" sx={{ justifyContent: 'space-between', gap: 1, flexWrap: 'wrap' }}>
            <StatusChip status={record.status} />
            <Link to={logLink({ id })}>{t('openLog')}</Link>
          </Stack>
          {record.status === 'failed' && record.error_code && (
            <Typography variant="body2">
              {meaning(record.error_code)} {meaning(`${record.error_code}.do`)}{' '}
              {record.error_code === 'SUPPRESSED' && <Link to={tokensPath}>{t('toTokens')}</Link>}
            </Typography>
          )}
          <Timeline
            record={record}
            dueAt={
              record.status === 'scheduled'
                ? (reservedAt(record.sndn_rsev_hour ?? '', time.zone) ?? undefined)
                : undefined
            }
          />
        </>
      )}
    </Paper>
  );
}
