import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { api } from '../../api/client';
import { useTime } from '../../time/useTime';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import type { Job } from './job';
import { useComposeText } from './text';

type Props = {
  job: Job;
  /** When it is to be sent, in ms; null is now. */
  at: number | null;
  busy: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before a push is sent, and says whether a phone will show it. */
export function SendDialog({ job, at, busy, error, onConfirm, onClose }: Props) {
  const t = useComposeText();
  const time = useTime();
  const summary = api.useQuery('get', '/api/v1/summary');
  const simulated = summary.data?.simulator === true; // as long as it is not known, it is real
  return (
    <ConfirmDialog
      open
      danger={!simulated}
      title={t('confirm')}
      verb={t('verb')}
      busy={busy}
      error={error}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <Box sx={{ p: 1.5, border: 1, borderColor: 'divider', borderRadius: 1, minWidth: 0 }}>
        <Typography sx={{ fontWeight: 700 }}>{job.msg_title || job.msg_contents}</Typography>
        <Typography
          variant="body2"
          className="mono"
          sx={{ color: 'text.secondary', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
        >
          {job.device_id}
        </Typography>
      </Box>
      <Typography>{at === null ? t('confirmNow') : t('confirmAt', { at: time.format(at) })}</Typography>
      <Alert severity={simulated ? 'info' : 'warning'}>{t(simulated ? 'confirmSimulator' : 'confirmReal')}</Alert>
      {summary.data?.desired === 'paused' && <Alert severity="info">{t('confirmPaused')}</Alert>}
    </ConfirmDialog>
  );
}
