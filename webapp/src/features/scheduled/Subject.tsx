import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { Schemas } from '../../api/client';
import { type Refusal, useRefusalText } from '../../push/refusal';
import { StatusChip } from '../../push/status';
import { Time } from '../../ui/Time';
import { useScheduledText } from './text';

/** The push that a dialog is about; and why nothing was done, if it had changed before. */
export function Subject({ due, refusal }: { due: Schemas['Due']; refusal: Refusal | null }) {
  const t = useScheduledText();
  const refused = useRefusalText();
  const { push, due_at } = due;
  return (
    <>
      <Box sx={{ p: 1.5, border: 1, borderColor: 'divider', borderRadius: 1 }}>
        <Box sx={{ display: 'flex', gap: 1.5, flexWrap: 'wrap', alignItems: 'center' }}>
          <StatusChip status={push.status} />
          <Time at={due_at} />
        </Box>
        <Typography className="mono" sx={{ fontSize: '0.8125rem' }}>
          {push.id}
        </Typography>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {[push.msg_title, push.D_servicename, push.push_grp_id].filter(Boolean).join(' · ')}
        </Typography>
      </Box>
      {refusal && (
        <Alert severity="warning">
          {t('refused')} {refused(refusal)}
        </Alert>
      )}
    </>
  );
}
